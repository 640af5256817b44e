"""What was tried after the first round -> what it settles: where a port is stopped, who keeps a call-back out.

A SYN that expires at a hop has passed all that is before it. Whether what drops it then is that hop on the way out, or
the next on the way in, no SYN can tell: some devices filter before they count the hop, some after it. So a place is
named where it is the same for both.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ftpdiag.clues.hops import place
from ftpdiag.clues.ports import is_alike
from ftpdiag.model import (
    PAST_FIRST_ROUTER,
    Confidence,
    DataChannel,
    Evidence,
    Fate,
    HopWalk,
    Location,
    OpenedCall,
    Opening,
    View,
    Walk,
)


class Gap(Struct, frozen=True, kw_only=True):
    """Between which hops the SYN to a passive port gets lost."""

    last: int
    """The last hop where it was seen; 0: none."""
    first: int
    """The next hop where one to the control port was seen."""
    hops: int
    """The server's."""
    told: str
    """In words, "it" being the SYN."""
    location: Location
    confidence: Confidence
    """Of the location, where there is one."""
    hop: int | None
    """The device, where there is a location; else the last hop that it passes, if any."""

    @property
    def at_the_end(self) -> bool:
        """No router on the way is known to miss it: its answer may be lost as well."""
        return self.first == self.hops


def walked(channel: DataChannel) -> HopWalk | None:
    """The walk that was made for it, or for another of its mode and family."""
    return next((trial for trial in channel.trials if isinstance(trial, HopWalk)), None)


def gap(channel: DataChannel) -> Gap | None:
    """Where the walk stops short; none: there was no walk, or it does not tell."""
    walk = walked(channel)
    if walk is None or walk.control.hops is None or _other_way(walk) or _farther(walk) or _followed(walk):
        return None
    if not is_alike(channel, walk.data.target.port):
        return None
    hops = walk.control.hops
    if any(step.fate not in {Fate.EXPIRED, Fate.SILENT} for step in walk.data.steps):
        return None
    seen, passed = _expired(walk.control) | {hops: walk.control.target.host}, _expired(walk.data)
    last = max(passed, default=0)
    first = min(ttl for ttl in seen if ttl > last)
    places = {place(View.CLIENT_WIRE, hop, hops) for hop in range(max(last, 1), first + 1)}
    # With no router to be seen between, what answers as the server may be the first router just as well.
    confidence, hop = Confidence.PROVEN if hops > 1 else Confidence.LIKELY, last or None
    if len(places) == 1:
        location, hop = next(iter(places)), first if max(last, 1) == first else None
    elif (last, first) == (1, 2) and places == {Location.CLIENT_NETWORK, Location.PATH}:
        # Who runs hop 2 cannot be told; but no provider filters high ports right behind its customer's router.
        location, confidence, hop = Location.CLIENT_NETWORK, Confidence.LIKELY, None
    elif seen[first] == walk.control.target.host and first < hops:
        location, confidence, hop = Location.SERVER_NETWORK, Confidence.LIKELY, first  # a NAT speaks as the server
    else:
        location = Location.UNKNOWN
    return Gap(
        last=last,
        first=first,
        hops=hops,
        told=_between(last, first, hops, seen),
        location=location,
        confidence=confidence,
        hop=hop,
    )


def answered_at_last(channel: DataChannel) -> bool:
    """The last SYN of the walk, which may go all the way, was answered by a passive port."""
    walk = walked(channel)
    return walk is not None and any(step.fate is Fate.ACCEPTED for step in walk.data.steps)


def refused_early(channel: DataChannel) -> Evidence | None:
    """A SYN of the walk that was refused, though it expires before the server: so it was not the server that did."""
    walk = walked(channel)
    if walk is None or walk.control.hops is None or _other_way(walk) or not is_alike(channel, walk.data.target.port):
        return None
    refused = (step.ttl for step in walk.data.steps if step.fate is Fate.REFUSED)
    first = min(refused, default=walk.control.hops)
    if first >= walk.control.hops:
        return None
    text = (
        f"A SYN that expires at hop {first} is reset as well: it never gets to the server at hop {walk.control.hops}."
    )
    return Evidence(text=text, at=walk.at)


def _expired(walk: Walk) -> dict[int, str]:
    return {step.ttl: step.by or "" for step in walk.steps if step.fate is Fate.EXPIRED}


def _other_way(walk: HopWalk) -> bool:
    """The two ports take different ways (ECMP): what one shows is not so for the other."""
    control, data = _expired(walk.control), _expired(walk.data)
    return any(control.get(ttl, by) != by for ttl, by in data.items())


def _farther(walk: HopWalk) -> bool:
    """The data port lies behind what answers for the control port: a SYN proxy, or a proxy that nobody asked for."""
    return walk.control.hops is not None and max(_expired(walk.data), default=0) >= walk.control.hops


def _not_the_server(walk: HopWalk) -> Evidence:
    text = f"What answers on port {walk.control.target.port} at hop {walk.control.hops} is not the server: the way to "
    return Evidence(text=f"{text}port {walk.data.target.port} goes on behind it.", at=walk.at)


def in_the_servers_place(channel: DataChannel) -> tuple[int, Evidence] | None:
    """The hop that answers for the control port, where the walk goes on behind it; none: the walk does not say so."""
    walk = walked(channel)
    if walk is None or walk.control.hops is None or _other_way(walk) or not _farther(walk):
        return None
    return walk.control.hops, _not_the_server(walk)


def _followed(walk: HopWalk) -> bool:
    """A single SYN gets farther than many: a firewall lets through what it has read of, once."""
    return walk.alone is not None and walk.alone.fate is Fate.EXPIRED


def _between(last: int, first: int, hops: int, seen: dict[int, str]) -> str:
    passes = f"passes hop {last} ({seen.get(last)})" if last else "leaves this machine"
    if first == hops:
        by = f"hop {last} drops it on its way out, or the server itself does" if last else "the server drops it"
        if not last and hops > 1:
            by = "the server drops it, or a router that tells nothing"
        by += ", or the server's answer is lost on its way back"
        return f"It {passes}, the last before the server: {by}." if last == hops - 1 else f"It {passes}: {by}."
    lost = f"is not seen at hop {first} ({seen[first]})"
    if seen[first] == seen[hops]:
        return f"It {passes} and {lost}, a NAT that speaks as the server: most likely that does not forward it."
    if first == 1:
        return f"It {passes} and {lost}: that first router drops it."
    return f"It {passes} and {lost}: one of these two drops it, or something in between."


def walk_evidence(channel: DataChannel) -> Iterator[Evidence]:
    """What the walk showed, whether or not it settles anything."""
    walk = walked(channel)
    if walk is None:
        return
    if not walk.control.steps or not walk.data.steps:
        text = "A hop walk could not be made: no router on the way says when a packet expires."
        yield Evidence(text=text, at=walk.at)
        return
    yield Evidence(text=f"Hop walk to port {walk.control.target.port}: {_told(walk.control)}.", at=walk.at)
    yield Evidence(text=f"Hop walk to port {walk.data.target.port}: {_told(walk.data)}.", at=walk.at)
    if _other_way(walk):
        yield Evidence(text="The two ports take different ways, so one does not show what the other should meet.")
    elif _farther(walk):
        yield _not_the_server(walk)
    elif walk.alone and _followed(walk):
        text = f"A single SYN to a port that was announced anew gets to hop {walk.alone.ttl} ({walk.alone.by}): what "
        yield Evidence(text=f"{text}lets one connection through for each announcement stopped the others.")
    elif walk.control.hops is None:
        yield Evidence(text="How far away the server is could not be told, so the place is not.")


def _told(walk: Walk) -> str:
    words = {Fate.ACCEPTED: "open", Fate.REFUSED: "refused", Fate.REJECTED: "rejected", Fate.SILENT: "nothing"}
    shown = [step for step in walk.steps if walk.hops is None or step.ttl <= walk.hops]
    return ", ".join(
        f"{step.ttl} {step.by}" if step.fate is Fate.EXPIRED else f"{step.ttl} {words[step.fate]}" for step in shown
    )


CALLS_FIRST = "pyftpdlib"
"""It calls back before it answers PORT, from any port; all others answer first, and call for the transfer."""


def may_be_opened(channel: DataChannel, opening: Opening) -> bool:
    """A SYN sent ahead could let the call in: it comes from the default data port, to an address that is ours there."""
    seen_as = channel.session.client_seen_as
    hidden = seen_as is not None and channel.announced is not None and channel.announced.host != seen_as
    product = channel.session.product or ""
    return opening.view is not View.MIDDLE_WIRE and not hidden and CALLS_FIRST not in product


class Opened(Struct, frozen=True, kw_only=True):
    """What low-TTL openers showed."""

    summary: str
    location: Location | None
    """None: nothing was settled."""
    hop: int | None
    confidence: Confidence | None
    evidence: tuple[Evidence, ...]
    in_vain: bool = False
    """It was on its way, and did not let in what the server calls from: which may be another port."""


_NOT_OPENED = "A SYN sent ahead from that port came to nothing, so it is not told whether that would let the call in."


def opened(channel: DataChannel) -> Opened | None:
    """None: no opener was sent."""
    trials = [trial for trial in channel.trials if isinstance(trial, OpenedCall)]
    if not trials:
        return None
    evidence = tuple(Evidence(text=_opener_told(trial), at=trial.at) for trial in trials)
    helped = [trial.ttl for trial in trials if trial.call.established]
    if not helped:
        if not trials[0].expired_by:
            return Opened(summary=_NOT_OPENED, location=None, hop=None, confidence=None, evidence=evidence)
        summary = (
            "A SYN sent ahead from that port did not let it in: it is stopped at the server's side, by a NAT or a "
        )
        summary += "filter without state, or it comes from another port."
        return Opened(summary=summary, location=None, hop=None, confidence=None, evidence=evidence, in_vain=True)
    summary = "After a SYN sent ahead from that port the call comes in: a stateful firewall or NAT drops what is not "
    summary += "asked for"
    if channel.wire is None:
        summary += ", here or on the way."
        return Opened(summary=summary, location=None, hop=None, confidence=Confidence.LIKELY, evidence=evidence)
    if min(helped) > PAST_FIRST_ROUTER:
        return Opened(
            summary=summary + f", between your first router and hop {min(helped)}.",
            location=None,
            hop=None,
            confidence=Confidence.LIKELY,
            evidence=evidence,
        )
    return Opened(
        summary=summary + ", at the first router from here or right behind it.",
        location=Location.CLIENT_NETWORK,
        hop=None,
        confidence=Confidence.LIKELY,
        evidence=evidence,
    )


def _opener_told(trial: OpenedCall) -> str:
    outcome = "the server's call came" if trial.call.established else "no call came either"
    sent = f"a SYN from {trial.opener} to port {trial.towards.port} of the server that expires at hop {trial.ttl}"
    expired = f", said {trial.expired_by}" if trial.expired_by else ""
    return f"After {sent} (of {trial.hops}{expired}), {outcome}."
