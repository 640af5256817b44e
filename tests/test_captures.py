import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ftpdiag.cli import app
from tests.lab.case import CAPTURES, Case, cases

Json = Mapping[str, Any]

FILES = sorted(CAPTURES.glob("*/*.pcap*"))
CASES = {case.name: case for case in cases()}
RECORDED = [path for path in FILES if path.parent.name in CASES]
PLACES = {
    "client": "client-host",
    "client-edge": "client-network",
    "second-edge": "client-network",
    "provider": "path",
    "server-edge": "server-network",
    "server": "server-host",
}
"""Where the hosts of the lab are."""


def _vantage(path: Path) -> str:
    """A capture is named after the place where it was made: client.pcap, middle.pcap, server.pcap."""
    return path.name.partition(".")[0]


def _replay(path: Path, monkeypatch: pytest.MonkeyPatch, vantage: str | None = None) -> str:
    """The JSON of a replay."""
    monkeypatch.chdir(path.parent)
    command = ["replay", path.name, "--vantage", vantage or _vantage(path), "--format", "json"]
    return CliRunner().invoke(app, command).stdout


def _named(path: Path) -> str:
    return f"{path.parent.name}/{_vantage(path)}"


@pytest.mark.parametrize("path", FILES, ids=_named)
def test_a_capture_tells_what_it_told_before(
    path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The JSON of a replay is the expected.json that a person has read; `--regenerate` writes it."""
    told = _replay(path, monkeypatch)
    elsewhere = f".{_vantage(path)}" if _vantage(path) in {"middle", "server"} else ""
    expected = path.with_name(f"expected{elsewhere}.json")
    if request.config.getoption("--regenerate"):
        expected.write_text(told)
    assert json.loads(told) == json.loads(expected.read_text())


@pytest.mark.parametrize("path", [path for path in RECORDED if _vantage(path) == "client"], ids=_named)
def test_a_capture_shows_what_the_probe_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packets alone lead to the causes that the probe found, or to those that the case says, and why."""
    document: Json = json.loads(_replay(path, monkeypatch))
    case = CASES[path.parent.name]
    assert {(finding["cause"], finding["mode"]) for finding in document["findings"]} == case.replayed


@pytest.mark.parametrize("path", [path for path in RECORDED if _vantage(path) != "client"], ids=_named)
def test_a_capture_from_elsewhere_tells_nothing_that_is_not_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the middle and from the server each mode is told as the probe told it, or unknown; no place is wrong."""
    case = CASES[path.parent.name]
    document: Json = json.loads(_replay(path, monkeypatch))
    for mode, judgement in document["modes"].items():
        known = case.elsewhere.get(_vantage(path), {}).get(mode, case.found.modes[mode])
        assert judgement["verdict"] in {known, "unknown", "untested"}
    at_client: Json = json.loads(path.with_name("expected.json").read_text())
    for finding in document["findings"]:
        told = {one["location"] for one in at_client["findings"] if one["cause"] == finding["cause"]}
        seen = case.beyond.get(_vantage(path), frozenset())
        assert finding["location"] in {"unknown", "server-config"} | told | _places(case) | seen


def _places(case: Case) -> set[str]:
    """Where what is wrong with a case can be; without a firewall it is the server."""
    return {PLACES[host] for host in case.firewall} or {"server-host"}


@pytest.mark.parametrize("path", RECORDED, ids=_named)
def test_a_vantage_is_inferred_rightly_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the packets tell of the place where they were captured is right, and the reason is told."""
    document: Json = json.loads(_replay(path, monkeypatch, "unknown"))
    assert document["vantage"] in {_vantage(path), "unknown"}
    assert bool(document["sessions"]) == bool(document["vantage_reason"])
