"""A device that packets name, and remedies -> those that can help: what has left the client is not held back there."""

from __future__ import annotations

from collections.abc import Iterable

from ftpdiag.clues.firewalls import Way, nft
from ftpdiag.model import IcmpError, Party, Remedy


def beyond_client(remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Without those for the client's host: a SYN was seen to leave it, and no answer came back to it."""
    return tuple(one for one in remedies if one.who != Party.CLIENT)


def between(remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Those for the network: a device there turned the SYN down, or lost it."""
    return tuple(one for one in remedies if one.who == "network")


def let_through(error: IcmpError, *, ports: str, sender: str | None = None, inner: str = "INNER") -> Remedy:
    """For the device that sent the error: what it is to let through, of the sender that the error quotes, or `sender`.

    One that sent it in the target's name is a NAT: what passes through it goes to the address behind it, `inner`.
    """
    sender, target = sender or error.source.host, error.destination.host
    told = ""
    if error.reporter == target:
        told = f"{inner} is the machine behind {target}: what passes has been translated by then.\n"
        target = inner
    rule = f"$ip saddr {sender} $ip daddr {target} tcp dport {ports} accept"
    return Remedy(
        who="network",
        product=error.reporter,
        text=f"Let TCP from {sender} to {target}, port{'s' * ('-' in ports)} {ports}, through.\n"
        f"{told}{nft(Way.THROUGH, rule)}",
    )
