"""A diagnosis -> one JSON document for scripts; `report.schema.json` beside this file describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ftpdiag import __version__
from ftpdiag.community_id import community_id
from ftpdiag.model import (
    Announcement,
    Answer,
    CaptureFile,
    Carriage,
    ControlSession,
    DataChannel,
    Diagnosis,
    Difference,
    Endpoint,
    Evidence,
    Facts,
    Finding,
    Judgement,
    Opening,
)
from ftpdiag.report.format import report_format
from ftpdiag.report.judged import Judged, judged
from ftpdiag.report.look import Look
from ftpdiag.report.requirements import Requirement

Json = str | int | float | None | Sequence["Json"] | Mapping[str, "Json"]

SCHEMA_VERSION = 1
"""Names are never renamed within a version."""


@report_format(name="json")
def json_document(diagnosis: Diagnosis, _look: Look, _required: tuple[Requirement, ...] = (), /) -> str:
    """All that is known; how the reader sees it does not matter to a script."""
    import json  # noqa: PLC0415 - every command loads this file, few use it

    facts = diagnosis.facts
    document: Json = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "ftpdiag", "version": __version__},
        "source": _source(facts),
        "vantage": facts.vantage,
        "vantage_reason": facts.vantage_reason,
        "modes": {mode: _judgement(judgement) for mode, judgement in diagnosis.modes},
        "cells": [
            {"mode": cell.mode, "method": cell.method, "family": cell.family, "tls": cell.tls, **_judgement(judgement)}
            for cell, judgement in diagnosis.cells
        ],
        "findings": [_finding(finding, facts.began) for finding in diagnosis.findings],
    }
    # One line each: without indents the encoder in C does it, and there may be thousands.
    sessions = ",\n  ".join(json.dumps(_session(one, facts.began)) for one in judged(diagnosis))
    # Escaped to ASCII, so that no locale of the standard output can refuse a banner.
    return f'{json.dumps(document, indent=1)[:-2]},\n "sessions": [\n  {sessions}\n ]\n}}\n'


def _source(facts: Facts) -> Json:
    source = facts.source
    if source.target is None:
        said = {len(source.files) - 1: facts.none_left}  # as what is said of them all: by the last
        return {"kind": "capture", "files": [_file(file, said.get(at)) for at, file in enumerate(source.files)]}
    return {
        "kind": "live",
        "target": {"given": source.target.given, "address": source.address, "port": source.target.port},
        "interface": source.interface,
        "sniffed": source.sniffed,
        "reason": source.reason,
        "packets_dropped": source.packets_dropped,
        **({"left_behind": [one.path for one in facts.left_behind]} if facts.left_behind else {}),
    }


def _file(file: CaptureFile, none_left: str | None) -> Json:
    return {
        "path": file.path,
        "packets": file.packets,
        "bytes": file.bytes,
        "link_type": file.link_type,
        "problems": [*file.cautions, *file.problems, *([none_left] if none_left else [])],
        **({"view": file.view.place, "shift": round(file.shift, 6)} if file.view else {}),
    }


def _judgement(judgement: Judgement) -> dict[str, Json]:
    return {"verdict": judgement.verdict, "causes": judgement.causes}


def _finding(finding: Finding, began: float) -> Json:
    return {
        "cause": finding.cause,
        "mode": finding.mode,
        "location": finding.location,
        "hop": finding.hop,
        "confidence": finding.confidence,
        "summary": finding.summary,
        "evidence": [_evidence(item, began) for item in finding.evidence],
        "remedies": [{"who": one.who, "product": one.product, "text": one.text} for one in finding.remedies],
        "alternatives": [{"cause": one.cause, "settle_with": one.settle_with} for one in finding.alternatives],
    }


def _evidence(item: Evidence, began: float) -> Json:
    at = None if item.at is None else _since(began, item.at)
    document: dict[str, Json] = {"text": item.text, "at": at, "packet": item.packet, "line": item.line}
    return document | ({"view": item.view.place} if item.view else {})


def _session(one: Judged, began: float) -> Json:
    session = one.session
    return {
        "client": _endpoint(session.client),
        "server": _endpoint(session.server),
        "family": session.family,
        "tls": session.tls,
        "product": session.product,
        "began": datetime.fromtimestamp(session.began, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "community_id": community_id(session.client, session.server) if session.client else None,
        "dialogue": [{"at": _since(began, line.at), "from": line.sender, "text": line.text} for line in session.lines],
        "channels": [_channel(channel, judgement) for channel, judgement in one.channels],
        **(_ends(session, began) if session.sights else {}),
    }


def _ends(session: ControlSession, began: float) -> dict[str, Json]:
    """What several taps saw of a session: its addresses there, and what was said and not heard so."""
    return {
        "views": [
            {"view": one.view.place, "client": _endpoint(one.client), "server": _endpoint(one.server)}
            for one in session.sights
        ],
        "differences": [_difference(one, began) for one in session.differences],
    }


def _difference(one: Difference, began: float) -> Json:
    said, heard = (line.text if line else None for line in (one.said, one.heard))
    line = one.said or one.heard
    return {"from": one.sender, "said": said, "heard": heard, "at": _since(began, line.at) if line else None}


def _channel(channel: DataChannel, judgement: Judgement) -> Json:
    # The wire decides: it shows what arrived here even where this host's own firewall then dropped it.
    opening = channel.wire or channel.socket
    return {
        "mode": channel.mode,
        "method": channel.method,
        "verb": channel.transfer.verb if channel.transfer else None,
        "argument": channel.transfer.argument if channel.transfer else None,
        "announced": _endpoint(channel.announced),
        "opener": channel.mode.opener,
        "opened_from": _opened_from(opening),
        "answer": opening.answer if opening else Answer.UNKNOWN,
        "answered_by": opening.answered_by if opening else None,
        "tries": opening.tries if opening else 0,
        "bytes": _bytes(channel.carriage),
        "replies": [reply.code for reply in channel.replies],
        **({"inferred": True} if channel.inferred else {}),
        **({"views": [_view(one, channel) for one in channel.announcements]} if channel.announcements else {}),
        **_judgement(judgement),
    }


def _view(announcement: Announcement, channel: DataChannel) -> Json:
    """What one of several taps saw. Hosts bear the names that the first tap knows them by; ports do not."""
    opening = channel.seen_at(announcement.view)
    return {
        "view": announcement.view.place,
        "announced": _endpoint(announcement.endpoint),
        "opened_from": _opened_from(opening),
        "answer": opening.answer if opening else Answer.UNKNOWN,
        "tries": opening.tries if opening else 0,
    }


def _opened_from(opening: Opening | None) -> Json:
    known = opening is not None and opening.answer is not Answer.ABSENT and opening.opener.port
    return _endpoint(opening.opener) if opening and known else None


def _bytes(carriage: Carriage | None) -> Json:
    return {
        "to_client": carriage.to_client if carriage else 0,
        "to_server": carriage.to_server if carriage else 0,
    }


def _endpoint(endpoint: Endpoint | None) -> Json:
    return {"host": endpoint.host, "port": endpoint.port} if endpoint else None


def _since(began: float, at: float) -> float:
    """Seconds since the recording began, to the microsecond: captures hold no more, and it keeps the text short."""
    return round(at - began, 6)
