import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import run as run_command
from typing import Any

import pytest

from tests.lab.case import Case, Cause, cases
from tests.lab.running import FTPDIAG, staged
from tests.lab.steady import steadily
from tests.lab.tap import tapped

pytestmark = pytest.mark.lab

_ELSEWHERE = {"provider": "middle", "server": "server"}
"""The hosts besides the client at which `--regenerate` records, and what that vantage is called."""


@dataclass(frozen=True, slots=True)
class Run:
    """A case that was probed."""

    case: Case
    exit: int
    live: Mapping[str, Any]
    """The JSON of the probe."""
    capture: Path

    @property
    def replayed(self) -> Mapping[str, Any]:
        """The JSON of the replay of what the probe saved."""
        done = run_command(
            [*FTPDIAG, "replay", str(self.capture), "--vantage", "client", "--format", "json"],
            capture_output=True,
            text=True,
            check=False,
        )
        document: Mapping[str, Any] = json.loads(done.stdout or done.stderr)
        return document


def _all_was_seen(case: Case) -> bool:
    """The probe may sniff, and on every interface."""
    return not case.without and "--interface" not in case.options


@pytest.fixture(params=cases(), ids=lambda case: case.name)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The network of a case, built, and probed from its client as a user would."""
    case: Case = request.param
    return steadily(lambda: _probed(case, tmp_path_factory.mktemp("case"), request.config.getoption("--regenerate")))


def _probed(case: Case, folder: Path, regenerates: object) -> Run:
    capture = (case.folder if regenerates else folder) / "client.pcap"
    with staged(case, folder) as scene, ExitStack() as taps:
        for host, vantage in _ELSEWHERE.items() if regenerates else ():
            taps.enter_context(tapped(scene.hosts[host], case.folder / f"{vantage}.pcap", case.ports))
        saving = () if "net_raw" in case.without else ("--save", str(capture))  # unsniffed: nothing to save
        done = scene.probe("--format", "json", *saving)
    log = scene.site.log
    assert done.stdout, f"{done.stderr}\nthe server said: {log.read_text() if log.exists() else 'nothing'}"
    return Run(case=case, exit=done.returncode, live=json.loads(done.stdout), capture=capture)


def test_the_probe_finds_what_is_wrong_and_nothing_else(run: Run) -> None:
    """Causes, locations, verdicts and exit code are those that case.toml declares; the capture tells the same story."""
    _found_as_declared(run)
    if _all_was_seen(run.case):
        _the_same_story(run)


def _found_as_declared(run: Run) -> None:
    expected = run.case.found
    found = {(finding["cause"], finding["mode"]): finding for finding in run.live["findings"]}
    told = [line for one in found.values() for line in (one["summary"], *(item["text"] for item in one["evidence"]))]
    assert set(found) == {(cause.cause, cause.mode) for cause in expected.causes}, "\n".join(told)
    for cause in expected.causes:
        assert _said(cause) == {key: found[cause.cause, cause.mode][key] for key in _said(cause)}, "\n".join(told)
    assert {mode: judgement["verdict"] for mode, judgement in run.live["modes"].items()} == expected.modes
    assert run.exit == expected.exit


def _the_same_story(run: Run) -> None:
    """Facts derived from sockets and facts derived from packets agree in all that the packets show in the clear."""
    if not run.capture.exists():  # nothing was sniffed, and nothing is saved
        assert not run.live["source"]["sniffed"]
        return
    replayed = {_endpoint(session["client"]): session for session in run.replayed["sessions"]}
    for session in run.live["sessions"]:
        if session["dialogue"] and session["tls"] != "implicit":
            seen = replayed[_endpoint(session["client"])]
            if seen["tls"] == "none":
                assert _commands(seen) == _commands(session)
                told = _but_farewell(session)
                seen, later = _until(_but_farewell(seen), len(told["dialogue"]))
                assert {line["from"] for line in later} <= {"server"}
                assert _story(seen) == _story(told)
            else:
                assert (seen["server"], seen["tls"]) == (session["server"], session["tls"])


def _commands(session: Mapping[str, Any]) -> Sequence[str]:
    return [line["text"] for line in session["dialogue"] if line["from"] == "client"]


def _but_farewell(session: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without QUIT, which the probe says to a server that may be speaking on: the two cross between tap and socket."""
    return {**session, "dialogue": [line for line in session["dialogue"] if line["text"] != "QUIT"]}


def _until(session: Mapping[str, Any], lines: int) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """A session with so many lines, and the others: the tap hears also what the server says when the probe has left."""
    return {**session, "dialogue": session["dialogue"][:lines]}, session["dialogue"][lines:]


def _said(cause: Cause) -> Mapping[str, str | int | None]:
    """What a case says of a cause beyond its name."""
    said = {"location": cause.location, "hop": cause.hop, "confidence": cause.confidence}
    return {key: value or None for key, value in said.items() if value is not None}


def _endpoint(endpoint: Mapping[str, Any]) -> tuple[str, int]:
    return endpoint["host"], endpoint["port"]


def _story(session: Mapping[str, Any]) -> object:
    """What both views of a session in the clear can know."""
    channels = [
        {key: channel[key] for key in ("mode", "method", "verb", "announced", "opener", "answer")}
        for channel in session["channels"]
    ]
    dialogue = "\n".join(f"{line['from']}: {line['text']}" for line in session["dialogue"])
    return dialogue, session["server"], channels
