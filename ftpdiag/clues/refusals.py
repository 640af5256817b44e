"""The dialogue of a data connection that did not come -> what the server declines, or that the network decided.

The words looked for are those of vsftpd, ProFTPD, Pure-FTPd, FileZilla Server, IIS and pyftpdlib.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from ftpdiag.model import DataChannel, Ending, Method, Mode, Reply
from ftpdiag.senseless import senseless


class Declined(StrEnum):
    """What a server declines."""

    ADDRESS = "address"
    """The address or port that PORT or EPRT names."""
    RIGHT_ADDRESS = "right-address"
    """The same, though the server sees the client at that address: to be called at all, or what arrived is another."""
    METHOD = "method"
    """The command itself, or its network protocol: it does not know it."""
    MODE = "mode"
    """To open data connections this way: switched off, forbidden, or no socket to be had."""
    CONNECTION = "connection"
    """It tried, and the data connection did not come to be."""
    TRANSFER = "transfer"
    """The transfer itself: the file, the folder, the right to it."""
    OTHER = "other"
    """Something else: encryption, the session, the caller's address."""


class Refusal(Struct, frozen=True, kw_only=True):
    """A reply and what it declines."""

    reply: Reply
    what: Declined
    after: float
    """Seconds between the command and this reply."""


RESERVED_PORTS = 1024
"""RFC 2577 §3: a server should not connect to a well-known port, whoever asks."""


LONG_ENOUGH = 3.0
"""Seconds in which every TCP repeats its SYN at least once: what took longer than that to come was not on its way."""


def refusal(channel: DataChannel) -> Refusal | None:
    """The first reply that declines, to the negotiation or to the transfer."""
    for exchange, reading in ((channel.negotiation, _of_negotiation), (channel.transfer, _of_transfer)):
        reply = (
            next((one for one in exchange.replies if one.code and channel.declines(one)), None) if exchange else None
        )
        if exchange and reply:
            what = reading(channel, reply)
            if what is Declined.ADDRESS and _address_is_right(channel):
                what = Declined.RIGHT_ADDRESS
            return Refusal(reply=reply, what=what, after=reply.at - exchange.at)
    return None


def address_declined(channel: DataChannel) -> bool:
    """The server takes what PORT or EPRT names for another's."""
    said = refusal(channel)
    return said is not None and said.what is Declined.ADDRESS


def data_declined(channel: DataChannel) -> bool:
    """The server declines the data connection, for whatever reason; not the transfer, nor the client."""
    said = refusal(channel)
    return said is not None and said.what not in {Declined.TRANSFER, Declined.OTHER}


_LOST = frozenset({Ending.FINISHED, Ending.RESET, Ending.TLS_FAILED, Ending.UNTRUSTED})


def left_to_the_network(channel: DataChannel) -> bool:
    """Nothing that was said or done on the control connection keeps the data connection from being opened."""
    hangup = channel.session.hangup
    if channel.announced is None or (hangup and hangup.ending in _LOST):
        return False
    final = channel.transfer.final if channel.transfer else None
    if final and final.positive:
        return False  # the data moved, wherever it went by
    declined = refusal(channel)
    return declined is None or declined.what is Declined.CONNECTION


def awaited(channel: DataChannel) -> bool:
    """And the side that was to open it was asked to, and given the time."""
    if not left_to_the_network(channel):
        return False
    if refusal(channel):
        return True  # the server's own word that it did not come
    asked = channel.transfer is not None or channel.negotiation.final is None or channel.mode is Mode.PASSIVE
    return asked and not channel.left_out and (channel.session.method is not None or _outlasted(channel))


def transient(reply: Reply) -> bool:
    """RFC 959 §4.2: 4yz, the same command may be accepted later."""
    return reply.code // 100 == 4


def vsftpd_died(reply: Reply) -> bool:
    """`500 OOPS: …` is what vsftpd says when it ends itself, whatever was asked of it."""
    return reply.lines[-1].startswith("500 OOPS:")


def blames_the_network(reply: Reply) -> bool:
    """The server names an error that only a failed attempt to connect brings."""
    return bool(re.search(_NETWORK, reply.text))


def _outlasted(channel: DataChannel) -> bool:
    """In a capture: nobody gave up, and nothing was cut off, before `LONG_ENOUGH`."""
    latest = channel.transfer or channel.negotiation
    if channel.transfer and channel.transfer.replies:
        return False  # 150 and no more: most servers say so when the data connection stands
    later = (one.at for one in channel.session.later(latest.at))
    until = next(later, channel.session.last_seen)
    return until is not None and until - latest.at >= LONG_ENOUGH


_UNKNOWN = (
    r"(?i)unknown|not (understood|implemented|recogni[sz]ed|supported)|unrecogni[sz]ed|invalid command"
    r"|network protocol|bad e\w\w\w (protocol|command)|only ipv4"
)
_DISABLED = (
    r"(?i)disabled|not (allowed|permitted|enabled)|permission denied|denied|forbidden|unable to service|(?-i:OOPS:)"
    r"|address already in use|cannot assign|no more ports|ports are busy"
)
_SOCKET = r"(?i)bind|socket|listen|\bports?\b|already in use|\b(active|passive) mode"
_NO_SOCKET = (
    r"(?i)address already in use|cannot assign|permission denied|operation not permitted"
    r"|(?-i:OOPS:).*(bind|sock|listen|port)|active mode|passive mode (is )?(disabled|not)|ports are busy|cannot prepare"
)
_ADDRESS = (
    r"(?i)illegal (port|eprt)|foreign|won'?t (open|connect)|not yours|accept argument|privileged|address|mismatch"
    r"|bounce"
)
_CALLER = r"(?i)bad ip|foreign|does ?n[o']t match|differs?\b|mismatch|\brejected\b"
_ENCRYPTION = r"(?i)\btls\b|\bssl\b|\bprot\b|protection level|encrypt|cached session|handshake|cipher"
_NETWORK = r"(?i)connection refused|timed? ?out|no route|unreachable|can't connect to specified"
_ORDER = r"(?i)use (port|pasv|eprt|epsv)|no data connection"
_DATA = r"(?i)\bdata\b"
_TOO_EARLY = frozenset({332, 503, 530, 532})
"""The session has not come so far: log in, or secure it, first."""


def _of_negotiation(channel: DataChannel, reply: Reply) -> Declined:
    if reply.code in _TOO_EARLY or re.search(_ENCRYPTION, reply.text) or senseless(channel):
        return Declined.OTHER
    if reply.code == 421:
        return Declined.CONNECTION if re.search(_DATA, reply.text) else Declined.OTHER
    if reply.code in {502, 522} or re.search(_UNKNOWN, reply.text):
        return Declined.METHOD
    if channel.mode is Mode.ACTIVE:
        return _of_call_back(channel.method, reply)
    if channel.method is Method.EPSV and reply.code in {500, 501, 504} and not re.search(_DISABLED, reply.text):
        return Declined.METHOD
    return Declined.MODE


def _of_call_back(method: Method, reply: Reply) -> Declined:
    """PORT, EPRT, LPRT."""
    if reply.code == 425 or reply.code == 426:  # noqa: PLR1714  pyftpdlib calls back before it answers
        return Declined.MODE if re.search(_NO_SOCKET, reply.text) else Declined.CONNECTION
    if re.search(_ADDRESS, reply.text) and not re.search(_DISABLED, reply.text):
        return Declined.ADDRESS
    if re.search(_DISABLED, reply.text):
        return Declined.MODE
    if reply.code in {501, 504}:  # RFC 959 §4.2: the argument; RFC 2577 §3 asks for 504 to a reserved port
        return Declined.ADDRESS
    return Declined.METHOD if method is Method.EPRT and reply.code == 500 else Declined.MODE


_FILE_CODES = frozenset({450, 451, 452, 500, 501, 502, 504, 530, 532, 550, 551, 552, 553})
"""RFC 959 §5.4: what a transfer command may be declined with, beside the data connection's 425 and 426."""


def _of_transfer(channel: DataChannel, reply: Reply) -> Declined:
    text = reply.text
    if reply.code not in {421, 425, 426}:
        # "Permission denied" is about the file then (RFC 959 §4.2.1: x5z is the file system), unless it names a socket.
        if re.search(_NO_SOCKET, text) and re.search(_SOCKET, text):
            return Declined.MODE
        about_file = reply.code in _FILE_CODES and not re.search(_ENCRYPTION, text)
        return Declined.TRANSFER if about_file and not _timed_out(channel, text) else Declined.OTHER
    if re.search(_ENCRYPTION, text) or re.search(_CALLER, text) or re.search(_ORDER, text):
        return Declined.OTHER
    if re.search(_NO_SOCKET, text):
        # ProFTPD says "Operation not permitted" of a data connection that did not resume the TLS session.
        return Declined.OTHER if channel.opened else Declined.MODE
    if reply.code == 421 and not re.search(_DATA, text):
        return Declined.OTHER
    return Declined.CONNECTION


def _timed_out(channel: DataChannel, text: str) -> bool:
    """A transfer that stood still until the server had waited long enough: Pure-FTPd's 451."""
    stalled = channel.carriage is not None and channel.carriage.ending is Ending.STALLED
    return stalled and bool(re.search(r"(?i)timed? ?out", text))


def _address_is_right(channel: DataChannel) -> bool:
    """The server itself says that it sees the client at the address that was announced."""
    announced, seen_as = channel.announced, channel.session.client_seen_as
    return announced is not None and announced.host == seen_as and announced.port >= RESERVED_PORTS
