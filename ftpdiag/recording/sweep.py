"""What a probe has uploaded in, what of it may still be on a server out: one more session has deleted the rest."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import groupby

from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.model import Endpoint, Leftover, Method, Tls
from ftpdiag.recording.plan import Plan, Tell
from ftpdiag.recording.sockets import SocketSession, Upload
from ftpdiag.recording.transfer import Transfer
from ftpdiag.session import log_in

BUDGET = 5.0
"""Seconds for a session that does nothing but delete: a login, and a reply for each file."""


def swept(uploads: Iterable[Upload], plan: Plan, tell: Tell) -> tuple[Leftover, ...]:
    """A session for each server and encryption, for what no session of its own has tried to delete."""
    left = sorted((one for one in uploads if one.transfer.left_behind), key=_whose)
    for (server, tls), those in groupby((one for one in left if one.transfer.deleted is None), key=_whose):
        _delete([one.transfer for one in those], server, tls, plan, tell)
    return left_on_servers(left)


def left_on_servers(uploads: Iterable[Upload]) -> tuple[Leftover, ...]:
    """What may still be there, as far as is known now."""
    return tuple(_leftover(one) for one in uploads if one.transfer.left_behind)


def _whose(one: Upload) -> tuple[Endpoint, Tls]:
    return one.server, one.tls


def _delete(those: Iterable[Transfer], server: Endpoint, tls: Tls, plan: Plan, tell: Tell) -> None:
    session = SocketSession(
        method=Method.PASV,
        servers=(server,),
        tls=tls,
        plan=replace(plan, timeout=min(plan.timeout, BUDGET)),
        watch=None,
        tell=tell,
        unasked=ftp.QUESTIONS,
    )
    session.end_by(time.monotonic() + BUDGET)
    if log_in(session, plan.account):
        for one in those:
            one.deleted = session.command("DELE", one.argument)
    session.close()


def _leftover(one: Upload) -> Leftover:
    answer, path = one.transfer.deleted, one.transfer.argument
    assert path, "an upload has a name"
    return Leftover(server=one.server.host, path=path, answer=answer.lines[0] if answer else None)
