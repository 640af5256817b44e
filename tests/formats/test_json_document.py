"""The JSON document, held against its schema and against the contract."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from msgspec.structs import replace

from ftpdiag.formats.json_document import json_document
from ftpdiag.model import (
    Answer,
    CaptureFile,
    Carriage,
    ControlSession,
    DataChannel,
    Diagnosis,
    Ending,
    Endpoint,
    Exchange,
    Facts,
    Finding,
    Judgement,
    Line,
    Mode,
    Opening,
    Reply,
    Source,
    Vantage,
    View,
)
from ftpdiag.report.look import Look
from tests.hand_built import (
    BEGAN,
    BLOCKED,
    UNTESTED,
    WORKS,
    active,
    control_finding,
    diagnosis,
    dropped,
    passive,
    session,
    shut_out,
)

SCHEMA = json.loads((files("ftpdiag.formats") / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def document(found: Diagnosis) -> dict[str, Any]:
    """The rendered document, valid by the schema."""
    parsed: dict[str, Any] = json.loads(json_document.render(found, Look()))
    VALIDATOR.validate(parsed)
    return parsed


def test_schema_is_a_schema() -> None:
    """The schema that ships is itself valid JSON Schema 2020-12."""
    Draft202012Validator.check_schema(SCHEMA)


def test_schema_allows_nothing_else() -> None:
    """A name that the contract does not know is an error, as is a missing one."""
    parsed = document(diagnosis((passive(), WORKS)))
    with pytest.raises(ValidationError):
        VALIDATOR.validate(parsed | {"colour": "green"})
    del parsed["sessions"][0]["channels"][0]["opener"]
    with pytest.raises(ValidationError):
        VALIDATOR.validate(parsed)


def test_contract_example() -> None:
    """The document of a blocked call-back says word for word what the contract's example promises."""
    channel = active()
    parsed = document(diagnosis((channel, BLOCKED), (passive(), WORKS), findings=[dropped(channel)]))
    del parsed["sessions"][1:]
    assert parsed == {
        "schema_version": 1,
        "tool": {"name": "ftpdiag", "version": "0.1.0"},
        "source": {
            "kind": "live",
            "target": {"given": "ftp.example.org", "address": "203.0.113.2", "port": 21},
            "interface": "eth0",
            "sniffed": True,
            "reason": None,
            "packets_dropped": 0,
        },
        "vantage": "client",
        "vantage_reason": None,
        "modes": {
            "active": {"verdict": "blocked", "causes": ["active-dropped-by-client-host"]},
            "passive": {"verdict": "works", "causes": []},
        },
        "cells": [
            {
                "mode": "active",
                "method": "PORT",
                "family": 4,
                "tls": "none",
                "verdict": "blocked",
                "causes": ["active-dropped-by-client-host"],
            },
            {"mode": "passive", "method": "EPSV", "family": 4, "tls": "none", "verdict": "works", "causes": []},
        ],
        "findings": [
            {
                "cause": "active-dropped-by-client-host",
                "mode": "active",
                "location": "client-host",
                "hop": None,
                "confidence": "proven",
                "summary": dropped().summary,
                "evidence": [
                    {
                        "text": "The server's SYN arrived here, 3 in all; no SYN-ACK left.",
                        "at": 0.214,
                        "packet": 12,
                        "line": None,
                    },
                    {
                        "text": "The server gave up.",
                        "at": 0.213,
                        "packet": None,
                        "line": "425 Failed to establish connection.",
                    },
                ],
                "remedies": [
                    {"who": "client", "product": "nftables", "text": dropped().remedies[0].text},
                    {"who": "client", "product": "any FTP client", "text": "Use passive mode."},
                ],
                "alternatives": [],
            }
        ],
        "sessions": [
            {
                "client": {"host": "198.51.100.2", "port": 40000},
                "server": {"host": "203.0.113.2", "port": 21},
                "family": 4,
                "tls": "none",
                "product": "vsFTPd 3.0.3",
                "began": "2026-11-20T23:11:00.000000Z",
                "community_id": "1:KU3xQthYsi0869SGjQeaZf3QKAs=",
                "dialogue": [
                    {"at": 0.001, "from": "server", "text": "220 (vsFTPd 3.0.3)"},
                    {"at": 0.002, "from": "client", "text": "USER alice"},
                ],
                "channels": [
                    {
                        "mode": "active",
                        "method": "PORT",
                        "verb": "LIST",
                        "argument": None,
                        "announced": {"host": "198.51.100.2", "port": 46055},
                        "opener": "server",
                        "opened_from": {"host": "203.0.113.2", "port": 20},
                        "answer": "silent",
                        "answered_by": None,
                        "tries": 3,
                        "bytes": {"to_client": 0, "to_server": 0},
                        "replies": [200, 425],
                        "verdict": "blocked",
                        "causes": ["active-dropped-by-client-host"],
                    }
                ],
            }
        ],
    }


def test_capture() -> None:
    """A capture is described by its files, and what it does not show is null."""
    file = CaptureFile(path="a.pcap", packets=3, bytes=300, link_type="ethernet", problems=("cut short",))
    midway = replace(session(None), client=None, product=None)
    parsed = document(diagnosis((midway, UNTESTED), source=Source(files=(file,))))
    assert parsed["source"] == {
        "kind": "capture",
        "files": [{"path": "a.pcap", "packets": 3, "bytes": 300, "link_type": "ethernet", "problems": ["cut short"]}],
    }
    assert [parsed["sessions"][0][name] for name in ("client", "community_id", "product")] == [None, None, None]


def test_nobody_watched() -> None:
    """Where no view watched, the answer is unknown: not silent, not absent."""
    unwatched = replace(active(), openings=(), announced=None, transfer=None)
    (channel,) = document(diagnosis((unwatched, UNTESTED)))["sessions"][0]["channels"]
    assert (channel["answer"], channel["tries"], channel["opened_from"]) == ("unknown", 0, None)
    assert (channel["verb"], channel["announced"]) == (None, None)


def test_watched_and_nobody_came() -> None:
    """Where the wire was watched and no SYN came, the answer is absent, and nobody opened from anywhere."""
    expected, _ = active().openings
    (channel,) = document(diagnosis((replace(active(), openings=(expected,)), BLOCKED)))["sessions"][0]["channels"]
    assert (channel["answer"], channel["opened_from"]) == ("absent", None)


def test_the_wire_outranks_the_socket() -> None:
    """The answer shown is what the wire saw; the socket's word stands in only where nothing was sniffed."""
    at_socket, on_wire = active().openings
    for openings, answer in (((at_socket, on_wire), "silent"), ((at_socket,), "absent")):
        found = diagnosis((replace(active(), openings=openings), BLOCKED))
        assert document(found)["sessions"][0]["channels"][0]["answer"] == answer


def test_no_password() -> None:
    """The password of the target is nowhere in the document."""
    text = json_document.render(diagnosis((passive(), WORKS)), Look())
    assert "alice" in text
    assert "s3cret" not in text


def test_any_banner_survives_any_locale() -> None:
    """The document is plain ASCII, whatever a server says."""
    odd = Line(at=BEGAN, sender=session().lines[0].sender, text='220 "Grüße" \u202e 🖥')
    text = json_document.render(diagnosis((replace(shut_out(), lines=(odd,)), UNTESTED)), Look())
    assert text.isascii()
    assert json.loads(text)["sessions"][0]["dialogue"][0]["text"] == odd.text


def test_microseconds() -> None:
    """Times are seconds since the recording began, without the noise of floating point."""
    late = replace(session().lines[0], at=BEGAN + 0.1 + 0.2)
    parsed = document(diagnosis((replace(session(), lines=(late,)), UNTESTED)))
    assert parsed["sessions"][0]["dialogue"][0]["at"] == 0.3


# --- anything a diagnosis may hold ----------------------------------------------------------------------------------


def test_problems_of_captures() -> None:
    """What puts a file in doubt comes first; that no session fits what the reader asked for is said by the last."""
    file = CaptureFile(path="a.pcap", packets=1, bytes=2, link_type="raw IP", cautions=("Cut.",), problems=("Torn.",))
    found = diagnosis(source=Source(files=(file, replace(file, path="b.pcap"))))
    chosen = replace(found, facts=replace(found.facts, none_left="No session is left."))
    problems = [one["problems"] for one in document(chosen)["source"]["files"]]
    assert problems == [["Cut.", "Torn."], ["Cut.", "Torn.", "No session is left."]]


texts = st.text(max_size=20)
times = st.floats(min_value=BEGAN, max_value=BEGAN + 1e5)
counts = st.integers(min_value=0, max_value=2**40)


endpoints = st.builds(Endpoint, host=st.ip_addresses().map(str), port=st.integers(min_value=0, max_value=65535))
causes = st.from_regex(r"[a-z]+(-[a-z]+)*", fullmatch=True)
judgements = st.builds(Judgement, causes=st.lists(causes, max_size=2).map(tuple))
replies = st.builds(Reply, at=times, code=st.integers(min_value=0, max_value=999), lines=st.tuples(texts))
exchanges = st.builds(Exchange, at=times, verb=texts, replies=st.lists(replies, max_size=2).map(tuple))
openings = st.builds(
    Opening,
    at=times,
    opener=endpoints,
    target=endpoints,
    answer=st.sampled_from(Answer),
    view=st.sampled_from(View),
    answered_by=st.none() | texts,
    tries=counts,
)
sessions = st.builds(
    ControlSession,
    client=st.none() | endpoints,
    server=endpoints,
    family=st.sampled_from((4, 6)),
    began=times,
    lines=st.lists(st.builds(Line, at=times), max_size=3).map(tuple),
    exchanges=st.just(()),
    openings=st.just(()),
    product=st.none() | texts,
    hangup=st.none(),
)
carriages = st.builds(
    Carriage,
    local=endpoints,
    remote=endpoints,
    to_client=counts,
    to_server=counts,
    ending=st.sampled_from(Ending),
)
channels = st.builds(
    DataChannel,
    session=sessions,
    negotiation=exchanges,
    announced=st.none() | endpoints,
    transfer=st.none() | exchanges,
    openings=st.lists(openings, max_size=2).map(tuple),
    carriages=st.lists(carriages, max_size=1).map(tuple),
    strangers=st.just(()),
)
findings = st.builds(
    Finding,
    cause=causes,
    hop=st.none() | st.integers(min_value=1, max_value=64),
    evidence=st.just(dropped().evidence),
    remedies=st.just(dropped().remedies),
    alternatives=st.just(control_finding("control-dropped").alternatives),
    subjects=st.just(()),
)


@st.composite
def diagnoses(draw: st.DrawFn) -> Diagnosis:
    """Any diagnosis that fits together."""
    judged = draw(st.lists(st.tuples(channels, judgements), max_size=3))
    facts = Facts(
        source=Source(),
        vantage=draw(st.sampled_from(Vantage)),
        began=BEGAN,
        sessions=tuple(channel.session for channel, _ in judged),
        channels=tuple(channel for channel, _ in judged),
    )
    return Diagnosis(
        facts=facts,
        findings=tuple(draw(st.lists(findings, max_size=2))),
        channels=tuple(judgement for _, judgement in judged),
        cells=(),
        modes=tuple((mode, draw(judgements)) for mode in Mode),
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(diagnoses())
def test_any_diagnosis_fits_the_schema(found: Diagnosis) -> None:
    """Whatever was seen, the document keeps to the schema."""
    document(found)
