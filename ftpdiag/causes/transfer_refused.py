"""The server declines the transfer itself: the file, the folder, or the right to it.

What happens: the data connection was agreed, and the server says no to what it is to carry. There is no such file, or
the user may not read or write there; uploads are switched off; the disk or a quota is full; the command is not known.

How it is told: RETR, STOR or LIST gets a 4yz or 5yz reply about the file system or the command, such as
`550 No such file or directory` or `553 Could not create file`. Where the data connection stood already, that reply
also shows that the network is not in the way.

What it is not: some servers answer LIST of an empty folder with `550 No files found`: that is `data-empty`. 425 and 426
are about the data connection; words about encryption are `data-protection-mismatch`, about the mode
`active-refused-by-server` or `passive-refused-by-server`. vsftpd's `500 OOPS` is told here, too: it broke down at the
command, and another file or folder changes nothing.
"""

from __future__ import annotations

import re

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.clues.refusals import Declined, refusal, vsftpd_died
from ftpdiag.evidence import channel_sighting, command_sighting, quotation
from ftpdiag.model import Confidence, DataChannel, Location, Remedy, Reply, Verdict

_RIGHTS = r"(?i)permission|denied|not allowed|forbidden|privilege|rights|read.?only|create|quota|space|exceed"
"""vsftpd, ProFTPD, Pure-FTPd, FileZilla Server, IIS, pyftpdlib."""

_SETTINGS = frozenset({452, 532, 552, 553})
"""RFC 959 §5.4: storage, an account for storing, an allocation, a name that is not allowed."""


@cause(
    title="The server declines the transfer itself, not the data connection",
    judges=DataChannel,
    verdict=Verdict.REFUSED,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="Name a file that is there to read, or a folder that is yours to write to. ftpdiag takes a file from "
            "its target, such as ftp://USER@$server:$port/pub/file, or a folder, whose name ends in /; without a path "
            "it lists the first folder.",
        ),
        Remedy(
            who="server",
            product="vsftpd",
            text="For listings, downloads, uploads, and uploads of anonymous users:\ndirlist_enable=YES\n"
            "download_enable=YES\nwrite_enable=YES\nanon_upload_enable=YES\n"
            "The folder must be writable to the user's account (anonymous: ftp), and anon_root itself must not be.",
        ),
        Remedy(
            who="server",
            product="ProFTPD",
            text="See that no <Limit> of READ, WRITE or STOR and no HideFiles hits this user, and that the folder is "
            "writable to the User of its <Anonymous>.",
        ),
        Remedy(
            who="server",
            product="Pure-FTPd",
            text="See that neither -i (no anonymous uploads) nor a quota (-n) is set, and that the folder is writable "
            "to the user's account.",
        ),
        Remedy(
            who="server",
            product="FileZilla Server",
            text="Configure > Users: mount points: the access mode of the folder must allow what is asked.",
        ),
        Remedy(
            who="server",
            product="IIS",
            text="FTP Authorization Rules: Read, and Write for uploads; and the same in the folder's NTFS permissions.",
        ),
        Remedy(
            who="server",
            product="pyftpdlib",
            text="The user's perm must hold r to read, and w to write: authorizer.add_user(…, perm='elrw')",
        ),
    ),
    references=("RFC 959 §4.2.2", "RFC 959 §5.4"),
    overrides=("data-peer-rejected", "data-reset-midway", "data-stalled", "data-tls-failed"),
)
def transfer_refused(channel: DataChannel) -> Grounds | None:
    """A reply to the transfer command that is about what it asks for."""
    said = refusal(channel)
    if said is None or said.what is not Declined.TRANSFER or channel.transfer is None or not channel.agreed:
        return None
    transfer, reply = channel.transfer, said.reply
    opened = channel.opened
    seen = (
        channel_sighting(channel, "The data connection itself opened: the network is not in its way.")
        if opened
        else command_sighting(
            channel.negotiation,
            "No data connection was opened before the server declined: whether the network lets one through is not "
            "known.",
        )
    )
    broke = vsftpd_died(reply)
    does = "breaks down at" if broke else "declines"
    return Grounds(
        confidence=Confidence.PROVEN,
        location=_location(reply),
        summary=f"The server {channel.session.server} "
        f"{does} {transfer.line}: `{reply.lines[-1]}`." + (" The data connection for it opens." if opened else ""),
        evidence=(
            command_sighting(transfer, "What was asked of the server."),
            quotation(reply, "The server broke down." if broke else "The server declined."),
            seen,
        ),
        remedies=settings.AFTER_A_BREAKDOWN if broke else (),
    )


def _location(reply: Reply) -> Location:
    """A right or room that lacks is the server's to give; a file that is not there may have the wrong name."""
    its_own = reply.code in _SETTINGS or vsftpd_died(reply) or re.search(_RIGHTS, reply.text)
    return Location.SERVER_CONFIG if its_own else Location.UNKNOWN
