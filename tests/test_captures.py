import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ftpdiag.cli import app
from tests.lab.case import CAPTURES, cases

Json = Mapping[str, Any]

FILES = sorted(CAPTURES.glob("*/*.pcap*"))
CASES = {case.name: case for case in cases()}
RECORDED = [path for path in FILES if path.parent.name in CASES]
PLACES = {
    "client": "client-host",
    "client-edge": "client-network",
    "second-edge": "client-network",
    "provider": "path",
    "backbone": "path",
    "server-edge": "server-network",
    "server": "server-host",
}
"""Where the hosts of the lab are."""


def _vantage(path: Path) -> str:
    """A capture is named after the place where it was made: client.pcap, middle.pcap, server.pcap."""
    return path.name.partition(".")[0]


def _replay(path: Path, vantage: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The JSON of a replay."""
    monkeypatch.chdir(path.parent)
    return CliRunner().invoke(app, ["replay", path.name, "--vantage", vantage, "--format", "json"]).stdout


def _expected(path: Path) -> Path:
    """Where the JSON of a replay is kept."""
    elsewhere = f".{_vantage(path)}" if _vantage(path) in {"middle", "server"} else ""
    return path.with_name(f"expected{elsewhere}.json")


def _named(path: Path) -> str:
    return f"{path.parent.name}/{_vantage(path)}"


@pytest.mark.parametrize("path", FILES, ids=_named)
def test_a_capture_tells_what_it_told_before(
    path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The JSON of a replay is the expected.json that a person has read; `--regenerate` writes it."""
    told = _replay(path, _vantage(path), monkeypatch)
    if request.config.getoption("--regenerate"):
        _expected(path).write_text(told)
    assert json.loads(told) == json.loads(_expected(path).read_text())


@pytest.mark.parametrize("path", [path for path in RECORDED if _vantage(path) == "client"], ids=_named)
def test_a_capture_shows_what_the_probe_found(path: Path) -> None:
    """The packets alone lead to the causes that the probe found, or to those that the case says, and why."""
    document: Json = json.loads(_expected(path).read_text())
    case = CASES[path.parent.name]
    assert {(finding["cause"], finding["mode"]) for finding in document["findings"]} == case.replayed


@pytest.mark.parametrize("path", [path for path in RECORDED if _vantage(path) != "client"], ids=_named)
def test_a_capture_from_elsewhere_tells_nothing_that_is_not_so(path: Path) -> None:
    """From the middle and from the server each mode is told as the probe told it, or unknown; no place is wrong."""
    case = CASES[path.parent.name]
    document: Json = json.loads(_expected(path).read_text())
    for mode, judgement in document["modes"].items():
        known = case.elsewhere.get(_vantage(path), {}).get(mode, case.found.modes[mode])
        assert judgement["verdict"] in {known, "unknown", "untested"}
    for finding in document["findings"]:
        assert finding["location"] in _places(path, finding["cause"])


def _places(path: Path, cause: str) -> set[str]:
    """Where what is wrong with a case can be; without a firewall it is the server, or where the client sees it."""
    case = CASES[path.parent.name]
    wrong = {PLACES[host] for host in case.firewall} or {"server-host"}
    at_client: Json = json.loads(path.with_name("expected.json").read_text())
    told = {one["location"] for one in at_client["findings"] if one["cause"] == cause}
    return {"unknown", "server-config"} | wrong | told | case.beyond.get(_vantage(path), frozenset())


@pytest.mark.parametrize("path", RECORDED, ids=_named)
def test_a_vantage_is_inferred_rightly_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packets tell the place where they were captured, and why; the faults are then told as if it had been said."""
    document: Json = json.loads(_replay(path, "unknown", monkeypatch))
    assert document["vantage"] in {_vantage(path), "unknown"}
    assert bool(document["sessions"]) == bool(document["vantage_reason"])
    if document["vantage"] != "unknown":
        assert document["modes"] == json.loads(_expected(path).read_text())["modes"]
    for finding in document["findings"]:
        assert finding["location"] in _places(path, finding["cause"])
