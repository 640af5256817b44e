from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.make_captures import Made, made

ALL = list(made())


def _told(one: Made) -> Any:  # noqa: ANN401  JSON
    """The sessions and findings in the expected.json of a capture, without times and packet numbers."""
    document = json.loads((one.folder / "expected.json").read_text())
    findings = [{**finding, "evidence": len(finding["evidence"])} for finding in document["findings"]]
    return _untimed(document["sessions"]), findings, document["modes"]


def _untimed(value: Any) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, dict):
        return {key: _untimed(one) for key, one in value.items() if key not in {"at", "began", "tries"}}
    return [_untimed(one) for one in value] if isinstance(value, list) else value


@cache
def _plain(family: int) -> Made:
    return next(one for one in ALL if one.name == {4: "pcap-big-endian", 6: "raw"}[family])


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_generated(one: Made) -> None:
    """What is kept is what the generator makes; `python -m tests.make_captures` writes it."""
    assert (one.folder / one.file).read_bytes() == one.content


@pytest.mark.parametrize("one", [one for one in ALL if one.complete == "yes"], ids=lambda one: one.name)
def test_the_same_whatever_the_wrapping(one: Made) -> None:
    """Link types, tunnels, fragments, order and file formats change nothing of what is told."""
    assert _told(one) == _told(_plain(one.family))


def test_every_capture_is_made() -> None:
    """No synthetic capture is left over from a generator of the past."""
    kept = {folder.name for folder in Path(_plain(4).folder).parent.glob("synthetic-*")}
    assert kept == {one.folder.name for one in ALL}
