"""Captures of both ends of one transfer, as the lab recorded them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ftpdiag.cli import app
from tests.lab.case import Case, cases
from tests.test_captures import PLACES

Json = Mapping[str, Any]

RECORDED = [case for case in cases() if (case.folder / "server.pcap").exists()]
KEPT = [case for case in RECORDED if case.both is not None]
README = Path(__file__).parents[1] / "README.md"
BOTH = ("--client", "client.pcap", "--server", "server.pcap")
ALL = (*BOTH, "--middle", "middle.pcap")


def _replay(case: Case, monkeypatch: pytest.MonkeyPatch, files: Sequence[str]) -> str:
    monkeypatch.chdir(case.folder)
    return CliRunner().invoke(app, ["replay", *files, "--format", "json"]).stdout


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.name)
def test_two_ends_tell_what_they_told_before(
    case: Case, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The JSON is the expected.both.json that a person has read; `--regenerate` writes it."""
    told = _replay(case, monkeypatch, BOTH)
    expected = case.folder / "expected.both.json"
    if request.config.getoption("--regenerate"):
        expected.write_text(told)
    assert json.loads(told) == json.loads(expected.read_text())


@pytest.mark.parametrize("files", [BOTH, ALL], ids=["both", "with-the-middle"])
@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.name)
def test_two_ends_prove_what_one_cannot(case: Case, files: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The causes are those that the case declares for both ends, no others; a middle capture may place them nearer."""
    document: Json = json.loads(_replay(case, monkeypatch, files))
    found = {(finding["cause"], finding["mode"]): finding for finding in document["findings"]}
    assert case.both is not None
    assert set(found) == {(one.cause, one.mode) for one in case.both}
    nearer = {PLACES[host] for host in case.firewall} if files is ALL else set()
    for one in case.both:
        told = found[one.cause, one.mode]
        assert one.confidence in {None, told["confidence"]}
        assert one.location is None or told["location"] in {one.location, *nearer}


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_what_works_between_two_ends_works(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every case of the lab: no session is lost, none stands twice, and nothing that worked is called a fault."""
    document: Json = json.loads(_replay(case, monkeypatch, BOTH))
    expected: Json = json.loads((case.folder / "expected.json").read_text())
    assert document["vantage"] == "both"
    assert [file["view"] for file in document["source"]["files"]] == ["client", "server"]
    at_client = [session["client"] for session in expected["sessions"]]
    seen_there = [one["client"] for one in document["sessions"] if one["views"][0]["view"] == "client"]
    assert sorted(map(str, seen_there)) == sorted(map(str, at_client))
    for mode, verdict in case.found.modes.items():
        assert verdict != "works" or document["modes"][mode]["verdict"] in {"works", expected["modes"][mode]["verdict"]}


def test_the_readme_shows_a_real_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report in the README's section on two captures is the one that its captures lead to."""
    section = README.read_text().partition("## Two captures, one truth")[2].partition("\n## ")[0]
    case = next(one for one in KEPT if f"captures/{one.name}`" in section)
    monkeypatch.chdir(case.folder)
    report = CliRunner().invoke(app, ["replay", *BOTH]).stdout
    shown = section[section.index("    The server's call-back") :].partition("\n\nSessions are matched")[0]
    assert textwrap.dedent(shown).rstrip() in report


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (("--client", "server.pcap", "--server", "client.pcap"), "--client and --server are the wrong way round"),
        (("--client", "client.pcap", "--server", "client.pcap"), "name captures of one place"),
        (("--client", "client.pcap"), "One capture is not two ends"),
        ((*BOTH, "client.pcap"), "not both ways"),
        (("--client", "client.pcap", "--server", "absent.pcap"), "There is no file absent.pcap"),
    ],
)
def test_what_cannot_be_both_ends_is_refused(
    files: Sequence[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, exit code 2, and no report."""
    monkeypatch.chdir(KEPT[0].folder)
    done = CliRunner().invoke(app, ["replay", *files])
    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in done.stderr
