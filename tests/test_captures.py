import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ftpdiag.cli import app
from tests.lab.case import CAPTURES, Case, cases

FOLDERS = sorted({path.parent for path in CAPTURES.glob("*/*.pcap*")})
RECORDED = [case for case in cases() if case.folder in FOLDERS]


def _replay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The JSON of a replay. A capture is named after the place where it was made: client.pcap, server.pcap."""
    monkeypatch.chdir(folder)
    files = sorted(path.name for path in folder.glob("*.pcap*"))
    vantage = "both" if len(files) > 1 else files[0].partition(".")[0]
    return CliRunner().invoke(app, ["replay", *files, "--vantage", vantage, "--format", "json"]).stdout


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_capture_tells_what_it_told_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The JSON of a replay is the expected.json that a person has read; `--regenerate` writes it."""
    told = _replay(folder, monkeypatch)
    expected = folder / "expected.json"
    if request.config.getoption("--regenerate"):
        expected.write_text(told)
    assert json.loads(told) == json.loads(expected.read_text())


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_a_capture_shows_what_the_probe_found(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packets alone lead to the causes that the probe found, or to those that the case says, and why."""
    document: Mapping[str, Any] = json.loads(_replay(case.folder, monkeypatch))
    assert {(finding["cause"], finding["mode"]) for finding in document["findings"]} == case.replayed
