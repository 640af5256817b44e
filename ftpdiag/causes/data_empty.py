"""There was nothing to transfer: a success without a byte.

What happens: a folder is empty, or the user sees none of what is in it; the path is not the one that was meant; a file
has no content; a client has closed the data connection before it read anything. The server says 226 all the same. Some
servers answer LIST of an empty folder with `450 No files found` instead, and open no data connection for it.

How it is told: the transfer ends in order, with its 226, and no byte of it has come. That is no fault, and information
only; but what breaks a data connection may break it at the first byte, so it shows less than a transfer that moved
something. Where the server said that it found nothing, the verdict is unknown.

What it is not: a connection on which nothing comes and that nobody ends is `data-stalled`, even where the server says
that it is done. A file or folder that is not there is `transfer-refused`.
"""

from __future__ import annotations

import re

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.evidence import channel_sighting, command_sighting, quotation
from ftpdiag.model import (
    Carriage,
    Confidence,
    DataChannel,
    Ending,
    Exchange,
    Location,
    Remedy,
    Reply,
    Verdict,
)

_NOTHING_THERE = r"(?i)\bno (such )?(files?|data ?sets?|members)\b(?! or)|\b(directory|folder) (is )?empty"
_LISTINGS = ftp.DOWNLOADS - {"RETR"}
_DECLINING = frozenset({450, 550})
"""RFC 959 §5.4: the file is not available."""


@cause(
    title="There was nothing to transfer",
    judges=DataChannel,
    verdict=None,
    or_else="unknown where the server says so in place of a transfer",
    location=Location.SERVER_HOST,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="Ask for something that is not empty. ftpdiag takes a file or a folder from its target, such as\n"
            "ftpdiag probe $target_file",
        ),
    ),
    references=("RFC 959 §5.4",),
    overrides=("transfer-refused", "data-peer-rejected", "data-reset-midway", "data-stalled", "data-tls-failed"),
)
def data_empty(channel: DataChannel) -> Grounds | None:
    """A download that ended well without a byte; or the server says that it found nothing."""
    transfer, carriage = channel.transfer, channel.carriage
    if transfer is None or transfer.verb not in ftp.DOWNLOADS or not channel.agreed:
        return None
    declined = channel.refusal
    if declined:
        return _found_nothing(channel, transfer, declined) if _is_empty(transfer, declined) else None
    if carriage is None or carriage.to_client or carriage.uncaptured or carriage.lost:
        return None
    if carriage.ending is not Ending.FINISHED or (channel.wire and not channel.wire.packets):
        return None  # of a connection whose beginning was not captured, nobody knows what it had carried
    final = transfer.final
    return _without_a_byte(channel, transfer, carriage, final) if channel.completed and final else None


def _is_empty(transfer: Exchange, reply: Reply) -> bool:
    listing = transfer.verb in _LISTINGS and reply in transfer.replies
    return listing and reply.code in _DECLINING and bool(re.search(_NOTHING_THERE, reply.text))


def _found_nothing(channel: DataChannel, transfer: Exchange, reply: Reply) -> Grounds:
    return Grounds(
        confidence=Confidence.PROVEN,
        verdict=Verdict.UNKNOWN,
        summary=f"The server {channel.session.server} has nothing to list ({transfer.line}): `{reply.lines[-1]}`."
        + (" The data connection for it opens." if channel.opened else "")
        + " Whether data would move is not known.",
        evidence=(
            command_sighting(transfer, "What was asked of the server."),
            quotation(reply, "It found nothing."),
            channel_sighting(channel, "The data connection itself opened.")
            if channel.opened
            else command_sighting(channel.negotiation, "No data connection was opened before the server said so."),
        ),
    )


def _without_a_byte(channel: DataChannel, transfer: Exchange, carriage: Carriage, final: Reply) -> Grounds:
    early = carriage.ended_by is not None and carriage.ended_by != channel.session.server.host
    who = "The client closed the data connection of" if early else "There was nothing to transfer for"
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{who} {transfer.line}, and not one byte of it came: the data connection works as far as that "
        "shows. A file or folder that is not empty would show more.",
        evidence=(
            channel_sighting(channel, "The data connection opened, and ended in order."),
            quotation(final, "The server says that it is done."),
        ),
    )
