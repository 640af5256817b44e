"""Public captures with results taken from tshark, Zeek and Suricata, where their folder is there.

FTPDIAG_PUBLIC_CAPTURES names it; else it is looked for beside the checkout. Its README.md says what is in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from ftpdiag.cli import app
from ftpdiag.facts import derive
from ftpdiag.model import Answer, ControlSession, DataChannel, Endpoint, Facts, Flag, Segment, Vantage
from ftpdiag.recording import replay

FOLDER = Path(os.environ.get("FTPDIAG_PUBLIC_CAPTURES") or Path(__file__).parents[2] / "shared" / "captures")
REFERENCE = FOLDER / "expected.json"
Json = Mapping[str, Any]
CAPTURES: list[Json] = json.loads(REFERENCE.read_text()) if REFERENCE.is_file() else []

OUTCOMES = {
    Answer.ACCEPTED: "established",
    Answer.REFUSED: "refused",
    Answer.REJECTED: "refused",
    Answer.SILENT: "unanswered",
    Answer.ABSENT: "absent",
}

DISPUTED: Mapping[tuple[str, str], tuple[str, str]] = {
    ("OISF__suricata-verify/@438bf751/tests/bug-5443/input.pcap", "192.168.100.16:55153"): (
        "channels",
        "The last 1448 of the 2896 bytes are in a RST, whose text no TCP hands on (RFC 9293 3.5.2); Zeek counts 1448.",
    ),
    ("zeek__zeek/testing/btest/Traces/ftp/cwd-navigation.pcap", "10.3.22.91:58218"): (
        "commands",
        """The tap lost 6 bytes of the client between `TYPE I` and a 227, and 8 more later, each with the reply before.
        The reference gives the next replies to the commands ahead, and notes that the 227 does not fit TYPE.""",
    ),
    ("derived/dev/snap96.pcap", "141.142.220.235:50003"): (
        "commands",
        """The snap length cut off the line that ends the reply to PASS. The reference takes all that follows for a part
        of that reply; but 215, 227, 150, 226, 200 and 221 come each after its command, and answer it.""",
    ),
    ("lab/syn-only-lossy-client.pcap", "10.77.1.2:51058"): (
        "presence",
        "The reference tells of another run of the same scenario: no packet of the file has its ports.",
    ),
}
"""File and client -> what differs, and why ftpdiag is right."""


class Channel(NamedTuple):
    """A negotiated data connection, as either side tells it."""

    mode: str
    announced: str | None
    opener: str | None
    target: str | None
    outcome: str
    to_server: int
    to_client: int


class Session(NamedTuple):
    """A control connection, as either side tells it."""

    client: str
    server: str
    family: int
    commands: list[tuple[str, list[int | None]]]
    channels: list[Channel]


def _of_reference(session: Json) -> Session:
    return Session(
        client=_text(session["client"]) or "",
        server=_text(session["server"]) or "",
        family=session["ip_version"],
        commands=[(one["command"], one["replies"]) for one in session["commands"]],
        channels=[
            Channel(
                mode=one["mode"],
                announced=_text(one["advertised"]),
                opener=_text(one["syn"] and one["syn"]["src"]),
                target=_text(one["syn"] and one["syn"]["dst"]),
                outcome=one["outcome"],
                to_server=one["to_server_bytes"] or 0,
                to_client=one["to_client_bytes"] or 0,
            )
            for one in session["data"]
        ],
    )


def _text(endpoint: Json | None) -> str | None:
    return str(Endpoint(host=endpoint["ip"], port=endpoint["port"])) if endpoint else None


def _of_ftpdiag(session: ControlSession, facts: Facts) -> Session:
    return Session(
        client=str(session.client),
        server=str(session.server),
        family=session.family,
        commands=[(one.verb, [reply.code or None for reply in one.replies]) for one in session.exchanges if one.verb],
        channels=[_channel(one) for one in facts.channels if one.session is session and not one.inferred],
    )


def _channel(channel: DataChannel) -> Channel:
    opening = channel.wire
    packets = opening.packets if opening else ()
    began = any(isinstance(one, Segment) and one.flags & (Flag.SYN | Flag.ACK) == Flag.SYN for one in packets)
    return Channel(
        mode=channel.method,
        announced=str(channel.announced) if channel.announced else None,
        opener=str(opening.opener) if opening and began else None,
        target=str(opening.target) if opening and began else None,
        outcome=OUTCOMES[opening.answer] if opening and channel.agreed else "not_negotiated",
        to_server=channel.carriage.to_server if channel.carriage else 0,
        to_client=channel.carriage.to_client if channel.carriage else 0,
    )


def _captures(kind: str) -> list[Any]:
    return [pytest.param(one, id=one["file"]) for one in CAPTURES if one["expect"] == kind]


def _facts(capture: Json) -> Facts:
    return derive(replay.record([FOLDER / capture["file"]], Vantage.UNKNOWN))


def _without(parts: str, session: Session) -> Session:
    match parts:
        case "commands":
            return session._replace(commands=[])
        case "channels":
            return session._replace(channels=[])
        case _:
            return session


@pytest.mark.parametrize("capture", _captures("sessions"))
def test_sessions(capture: Json) -> None:
    """Every session is told as the other tools tell it, or the table says why not; and no session is invented."""
    facts = _facts(capture)
    told = {(one.client, one.server): one for one in (_of_ftpdiag(session, facts) for session in facts.sessions)}
    for expected in map(_of_reference, capture["sessions"]):
        disputed, _ = DISPUTED.get((capture["file"], expected.client), ("", ""))
        session = told.pop((expected.client, expected.server), None)
        if disputed == "presence":
            assert session is None
            continue
        assert session is not None
        assert _without(disputed, session) == _without(disputed, expected)
        assert (session == expected) is not bool(disputed)
    beyond = set(told) - set(_attempts(capture))
    assert len(beyond) == sum(
        file == capture["file"] and part == "presence" for (file, _), (part, _) in DISPUTED.items()
    )


def _attempts(capture: Json) -> Iterator[tuple[str, str]]:
    for one in capture["control_attempts"]:
        yield _text(one["syn"]["src"]) or "", _text(one["syn"]["dst"]) or ""


@pytest.mark.parametrize("capture", [one for one in _captures("sessions") if one.values[0]["control_attempts"]])
def test_attempts(capture: Json) -> None:
    """A connection to port 21 on which no command was given is a session without dialogue, answered as was seen."""
    openings = [session.wire for session in _facts(capture).sessions if not session.logged_in]
    answers = {(str(one.opener), str(one.target)): OUTCOMES[one.answer] for one in openings if one}
    outcomes = [one["outcome"] for one in capture["control_attempts"]]
    assert [answers.get(one) for one in _attempts(capture)] == outcomes


def _ciphered(capture: Json) -> list[Json]:
    return [one for session in capture["sessions"] for one in session.get("streams_during_tls") or ()]


@pytest.mark.parametrize("capture", [one for one in _captures("sessions") if _ciphered(one.values[0])])
def test_inferred(capture: Json) -> None:
    """What passes between the hosts of an encrypted session is inferred to be its data connections."""
    channels = [_channel(one) for one in _facts(capture).channels if one.inferred]
    assert [(one.opener, one.target, one.outcome, one.to_server, one.to_client) for one in channels] == [
        (
            _text(one["initiator"]),
            _text(one["responder"]),
            one["outcome"],
            one["bytes_initiator_to_responder"],
            one["bytes_responder_to_initiator"],
        )
        for one in _ciphered(capture)
    ]


def _placed() -> list[Any]:
    """Captures that are named after the place where they were made."""
    places = {"client": Vantage.CLIENT, "server": Vantage.SERVER}
    ends = ((one, Path(one.values[0]["file"]).stem.rpartition("-")[2]) for one in _captures("sessions"))
    return [pytest.param(*one.values, places[end], id=one.id) for one, end in ends if end in places]


@pytest.mark.parametrize(("capture", "place"), _placed())
def test_vantage(capture: Json, place: Vantage) -> None:
    """Where a capture was made is inferred rightly, or not at all."""
    assert _facts(capture).vantage in {place, Vantage.UNKNOWN}


@pytest.mark.parametrize("capture", _captures("no_ftp"))
def test_no_ftp(capture: Json) -> None:
    """Mail, news, chat and the web are not taken for FTP."""
    assert not _facts(capture).sessions


@pytest.mark.parametrize("capture", _captures("robustness") + _captures("unreadable_or_empty"))
def test_nothing_raises(capture: Json) -> None:
    """What cannot be told in full ends in a report or in one sentence."""
    result = CliRunner().invoke(app, ["replay", str(FOLDER / capture["file"])])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in ({2} if capture["expect"] == "unreadable_or_empty" else {0, 1, 3, 4})
    assert result.output.strip()


@pytest.mark.skipif(not CAPTURES, reason="the public captures are not here")
def test_table() -> None:
    """The table names sessions of the reference, and nothing else."""
    sessions = {(one["file"], _text(session["client"])) for one in CAPTURES for session in one["sessions"]}
    assert set(DISPUTED) <= sessions
