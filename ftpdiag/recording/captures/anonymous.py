"""Addresses -> others in their place; what is said on a control connection -> what a stranger may read of it.

Addresses by Crypto-PAn (Xu, Fan, Ammar, Moon 2002), with a key of this run alone: two that share n leading bits share n
afterwards. Networks of a kind of their own (private, loopback, documentation …) stay themselves, and nothing else
comes to lie in them: what a fault is depends on it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address, ip_network

from ftpdiag.ftp import NAMELESS
from ftpdiag.recording.captures.rewriting import Edit
from ftpdiag.recording.frames.blanking import echoes

_KEY_SIZE = 32
_BITS = {4: 32, 16: 128}

_KINDS = tuple(
    ip_network(one)
    for one in (
        *("0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
        *("0.0.0.0/8", "255.255.255.255/32"),
        *("::/128", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "2001:db8::/32", "2002::/16", "fc00::/7"),
        *("fe80::/10", "ff00::/8"),
    )
)
"""RFC 6890 and its successors."""

_MAPPED = bytes(10) + b"\xff\xff"
"""How an IPv6 address that stands for an IPv4 one begins (RFC 4291 §2.5.5.2)."""

_PLAIN = frozenset(one.encode() for one in (*NAMELESS, "PASS"))
"""Commands whose arguments need no other words: the password is blanked."""
_NOBODY = frozenset({b"anonymous", b"ftp"})
_LISTED = (b"212", b"213", b"230", b"250")
"""Replies whose lines in the middle hold names of files, or a welcome."""

_COMMAND = re.compile(rb"(?m)^([A-Za-z]{3,4})[ \t]+([^\r\n]+)")
_REPLY = re.compile(rb"(?ms)^(\d{3})-[^\n]*\n(.*?)(?=^\1 |\Z)")
_QUOTED = re.compile(rb'"([^"\r\n]{0,1024})"')
_NAME = re.compile(rb"(?<![\w.+-])(?:[\w.+-]{1,64}@)?(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,9}[A-Za-z]{2,63}\b")
_V4 = re.compile(rb"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
_V6 = re.compile(rb"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{0,44}[0-9A-Fa-f:]")
"""All bounded, and begun at the beginning of a word: a server may say a megabyte without a space."""
_LONG_V4 = re.compile(rb"(?<!\d)4,4,((?:\d{1,3},){3}\d{1,3}),2,")
_LONG_V6 = re.compile(rb"(?<!\d)6,16,((?:\d{1,3},){15}\d{1,3}),2,")
"""RFC 1639: family, length, address, length of the port."""
_COMMAS = re.compile(rb"(?<![\d,])(\d{1,3}(?: ?, ?\d{1,3}){3})(?=(?: ?, ?\d{1,3})*(?!\d))")
_WORD = re.compile(rb"[^\s\"'()<>,;]+")
_KEPT = re.compile(rb"[^/.\s]")
_TLS = re.compile(rb"(?:\A|(?<=\n))[\x14-\x17]\x03")
_TLS_HEAD = 6
"""A record's header, and what kind of handshake message it holds (RFC 8446 §5.1): enough to know it for TLS."""


class Anonymous:
    """One run's other names for addresses."""

    def __init__(self, key: bytes | None = None) -> None:
        from yacryptopan import CryptoPAn  # noqa: PLC0415 - seldom needed

        self._crypto = CryptoPAn(key or secrets.token_bytes(_KEY_SIZE))
        self.packed = lru_cache(maxsize=None)(self._packed)

    def _packed(self, address: bytes) -> bytes:
        """The other address, both as packets hold them."""
        if address[:12] == _MAPPED:
            return address[:12] + self.packed(address[12:])
        bits, number = _BITS[len(address)], int.from_bytes(address)
        version = 4 if bits == 32 else 6
        flips = number ^ int(self._crypto.anonymize_bin(number, version))
        kept = max(_kept(number, bits, net) for net in _networks(version))
        return (number ^ (flips & ((1 << (bits - kept)) - 1))).to_bytes(len(address))

    def text(self, address: bytes) -> bytes:
        """The other address, both as people write them; what is no address stays."""
        try:
            packed = self.packed(ip_address(address.decode()).packed)
        except ValueError:
            return address
        if packed[:12] == _MAPPED and b"." in address:
            return b"::ffff:" + str(ip_address(packed[12:])).encode()
        return str(ip_address(packed)).encode()

    def asked(self, text: bytes) -> list[Edit]:
        """What to change of what a client said."""
        return self._changed(text, _of_commands)

    def answered(self, text: bytes, names: Iterable[bytes]) -> list[Edit]:
        """What to change of what a server said to a client that gave `names`."""
        return self._changed(text, lambda clear: _of_replies(clear, names))

    def _changed(self, text: bytes, hidden: Callable[[bytes], Iterable[tuple[int, int]]]) -> list[Edit]:
        tls = _TLS.search(text)
        end = tls.start() if tls else len(text)
        clear = text[:end]
        edits = [*self._addresses(clear), *(Edit(*span, _masked(clear[slice(*span)])) for span in hidden(clear))]
        if tls:
            head = min(end + _TLS_HEAD, len(text))
            edits.append(Edit(head, len(text), bytes(len(text) - head)))
        return edits

    def _addresses(self, text: bytes) -> Iterator[Edit]:
        for pattern in (_V4, _V6):
            for match in pattern.finditer(text):
                yield Edit(*match.span(), self.text(match[0]))
        long = [match.span(1) for pattern in (_LONG_V4, _LONG_V6) for match in pattern.finditer(text)]
        short = (match.span(1) for match in _COMMAS.finditer(text))
        alone = [one for one in short if not any(one[0] < stop and start < one[1] for start, stop in long)]
        for span in (*long, *alone):
            numbers = [int(one) for one in text[slice(*span)].split(b",")]
            if max(numbers) <= 255:
                yield Edit(*span, ",".join(map(str, self.packed(bytes(numbers)))).encode())


def names(commands: bytes) -> set[bytes]:
    """What a client named: users, files. A reply may repeat it."""
    found = {commands[start:stop].strip() for start, stop in _of_commands(commands)}
    return found | {one.rpartition(b"/")[2] for one in found} - {b""}


def _networks(version: int) -> list[tuple[int, int]]:
    return [(int(one.network_address), one.prefixlen) for one in _KINDS if one.version == version]


def _kept(number: int, bits: int, network: tuple[int, int]) -> int:
    """How many leading bits stay, so that a network stays itself: as far as the address follows it, and one more."""
    address, length = network
    shared = bits - (number ^ address).bit_length()
    return min(shared + 1, length)


def _of_commands(text: bytes) -> Iterator[tuple[int, int]]:
    for match in _COMMAND.finditer(text):
        if match[1].upper() not in _PLAIN and match[2].strip().lower() not in _NOBODY:
            argument = match.start(2)
            # Options of LIST stay: `-la` names no file.
            options = re.match(rb"(?:-\w+\s*)*", match[2])
            yield argument + (options.end() if options else 0), match.end(2)


def _of_replies(text: bytes, names: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    known = {one for one in names if len(one) > 1}
    yield from echoes(text, {one for one in known if not _WORD.fullmatch(one)})
    for match in _WORD.finditer(text):
        if match[0] in known or match[0].rstrip(b".:") in known:
            yield match.span()
    for match in _QUOTED.finditer(text):
        yield match.span(1)
    for match in _NAME.finditer(text):
        if not match[0].lower().endswith(b".conf"):
            yield match.span()
    for match in _REPLY.finditer(text):
        if match[1] in _LISTED:
            yield match.span(2)


def _masked(name: bytes) -> bytes:
    return _KEPT.sub(b"x", name)
