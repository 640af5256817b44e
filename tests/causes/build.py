"""Facts for the rules: a client, a server three routers away, their control and their data connection."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.cause import Cause, Grounds, Subject
from ftpdiag.model import (
    Answer,
    Carriage,
    ControlSession,
    DataChannel,
    Ending,
    Endpoint,
    Exchange,
    Flag,
    Hangup,
    IcmpError,
    Line,
    Method,
    Mode,
    Opening,
    Packet,
    Party,
    Reply,
    Segment,
    Tls,
    View,
)

CLIENT = {4: "198.51.100.2", 6: "2001:db8:c::2"}
SERVER = {4: "203.0.113.2", 6: "2001:db8:5::2"}
STRANGER = "203.0.113.77"
SERVER_TTL = 61
"""Three routers decrement the 64 that Linux starts with: the server is the fourth hop."""


def reply(text: str, at: float = 0.0) -> Reply:
    """A reply of one or more lines; what does not begin with a number is none, and has the code 0."""
    lines = tuple(text.split("\n"))
    code = lines[-1][:3]
    return Reply(at=at, code=int(code) if code.isdecimal() else 0, lines=lines)


def exchange(command: str, *replies: str, at: float = 0.0, after: float = 0.01) -> Exchange:
    """A command and its replies, the first `after` seconds later."""
    verb, _, argument = command.partition(" ")
    said = tuple(reply(text, at + after * count) for count, text in enumerate(replies, 1))
    return Exchange(at=at, verb=verb, argument=argument or None, replies=said)


def session(family: int = 4, **changes: Any) -> ControlSession:  # noqa: ANN401  any field of a session
    """A probe's session that has logged in, watched at the client."""
    control = ControlSession(
        method=Method.PASV,
        client=Endpoint(host=CLIENT[family], port=40000),
        server=Endpoint(host=SERVER[family], port=21),
        family=family,
        tls=Tls.NONE,
        began=0.0,
        lines=(),
        exchanges=(),
        openings=(),
        logged_in=True,
        server_ttl=SERVER_TTL,
    )
    return replace(control, **changes)


def captured(family: int = 4, *, last_seen: float = 60.0, **changes: Any) -> ControlSession:  # noqa: ANN401  ditto
    """The same session, read from a capture."""
    return session(family, method=None, last_seen=last_seen, **changes)


def opening(  # noqa: PLR0913  each says one thing that was seen
    view: View,
    answer: Answer,
    *,
    opener: Endpoint,
    target: Endpoint,
    tries: int = 3,
    ttl: int = SERVER_TTL,
    reporter: str | None = None,
    reason: str = "communication administratively prohibited",
    established: bool | None = None,
    error: str | None = None,
    waited: float | None = None,
) -> Opening:
    """An opening; on a wire with its packets. `ttl` is that of the answer."""
    packets: list[Packet] = []
    if view is not View.CLIENT_SOCKET and answer is not Answer.ABSENT:
        syns = repeated(segment(1, opener, target, Flag.SYN, 64), tries)
        packets = [*syns, *_answers(answer, opener, target, tries, ttl, reporter, reason)]
    answers = [packet for packet in packets if not (isinstance(packet, Segment) and packet.flags == Flag.SYN)]
    by = answers[0] if answers else None
    return Opening(
        at=1.0,
        opener=opener,
        target=target,
        answer=answer,
        view=view,
        answered_by=by.reporter if isinstance(by, IcmpError) else by.source.host if by else None,
        tries=0 if answer is Answer.ABSENT else 1 if view is View.CLIENT_SOCKET else tries,
        established=answer is Answer.ACCEPTED if established is None else established,
        error=error,
        waited=waited,
        packets=tuple(packets),
    )


def _answers(  # noqa: PLR0913, PLR0917  as above
    answer: Answer, opener: Endpoint, target: Endpoint, tries: int, ttl: int, reporter: str | None, reason: str
) -> list[Packet]:
    number = 10
    if answer is Answer.ACCEPTED:
        return repeated(segment(number, target, opener, Flag.SYN | Flag.ACK, ttl), tries)
    if answer is Answer.REFUSED:
        return [segment(number, target, opener, Flag.RST | Flag.ACK, ttl)]
    if answer is Answer.REJECTED:
        device = reporter or target.host
        error = IcmpError(
            number=number, at=1.0, reporter=device, ttl=ttl, reason=reason, source=opener, destination=target, seq=1
        )
        return [error]
    return []


def repeated(packet: Segment, tries: int) -> list[Packet]:
    """The same again and again, a second apart."""
    return [packet._replace(number=packet.number + count, at=packet.at + count) for count in range(tries)]


def segment(number: int, source: Endpoint, destination: Endpoint, flags: int, ttl: int) -> Segment:
    """A segment without payload."""
    return Segment(
        number=number,
        at=1.0,
        source=source,
        destination=destination,
        flags=flags,
        seq=1,
        ack=0,
        window=64240,
        ttl=ttl,
        length=0,
        payload=b"",
    )


def control_opening(view: View, ttl: int = 64) -> Opening:
    """The control connection's opening; its SYN has TTL 64, as if the client were no router away."""
    here, there = Endpoint(host=CLIENT[4], port=40000), Endpoint(host=SERVER[4], port=21)
    seen = opening(view, Answer.ACCEPTED, opener=here, target=there, tries=1)
    return replace(seen, packets=(seen.packets[0]._replace(ttl=ttl), *seen.packets[1:]))


# --- the control connection --------------------------------------------------------------------------------------


def knock(view: View, answer: Answer, *, family: int = 4, client: str | None = None, **how: Any) -> Opening:  # noqa: ANN401
    """The client's attempt to open the control connection."""
    opener = Endpoint(host=client or CLIENT[family], port=0 if answer is Answer.ABSENT else 40000)
    return opening(view, answer, opener=opener, target=Endpoint(host=SERVER[family], port=21), **how)


def unopened(*openings: Opening, family: int = 4, **changes: Any) -> ControlSession:  # noqa: ANN401
    """A probe's session whose control connection did not come to be."""
    return session(family, **{"openings": openings, "logged_in": False, "server_ttl": None, "client": None, **changes})


OPEN = (knock(View.CLIENT_SOCKET, Answer.ACCEPTED), knock(View.CLIENT_WIRE, Answer.ACCEPTED, tries=1))
"""The control connection, open, as a probe that sniffs sees it."""


def talk(*exchanges: Exchange, **changes: Any) -> ControlSession:  # noqa: ANN401
    """A probe's session that said this and has not logged in; the greeting is the exchange with an empty command."""
    server = [
        Line(at=reply.at, sender=Party.SERVER, text=text)
        for one in exchanges
        for reply in one.replies
        for text in reply.lines
    ]
    client = [Line(at=one.at, sender=Party.CLIENT, text=one.verb) for one in exchanges if one.verb]
    lines = tuple(sorted(client + server, key=lambda line: line.at))
    return session(**{"openings": OPEN, "logged_in": False, "exchanges": exchanges, "lines": lines, **changes})


GREETING = exchange("", "220 Welcome.")


def hangup(ending: Ending, detail: str = "It ended.", at: float = 2.0) -> Hangup:
    """The end of a control connection before its time."""
    return Hangup(at=at, ending=ending, detail=detail)


def reset(ttl: int, port: int = 21) -> Segment:
    """A RST in the server's name. The server's own has the TTL `SERVER_TTL`."""
    return segment(90, Endpoint(host=SERVER[4], port=port), Endpoint(host=CLIENT[4], port=40000), Flag.RST, ttl)


# --- a data connection that opened -------------------------------------------------------------------------------


def carried(
    ending: Ending,
    *,
    transfer: Exchange | None = None,
    mode: Mode = Mode.PASSIVE,
    control: ControlSession | None = None,
    rst: Segment | None = None,
    **how: Any,  # noqa: ANN401  ditto
) -> DataChannel:
    """A data connection that opened, with what it carried. `transfer`: LIST and its replies."""
    here, there = Endpoint(host=CLIENT[4], port=40001), Endpoint(host=SERVER[4], port=50001)
    channel = (passive if mode is Mode.PASSIVE else active)(
        control=control or session(openings=OPEN), transfer=transfer or exchange("LIST", "150 Here it comes.", at=0.6)
    )
    by = SERVER[4] if ending is Ending.FINISHED else None
    carriage = Carriage(**{"local": here, "remote": there, "ending": ending, "ended_by": by, **how})
    return replace(channel, carriages=(carriage,), reset=rst)


# --- the server calls back ---------------------------------------------------------------------------------------


def call(
    view: View,
    answer: Answer,
    *,
    family: int = 4,
    source: str | None = None,
    port: int = 20,
    **how: Any,  # noqa: ANN401  ditto
) -> Opening:
    """The server's call to the client's announced port."""
    opener = Endpoint(host=source or SERVER[family], port=port)
    if answer is Answer.ABSENT:
        opener = Endpoint(host="" if view is View.CLIENT_SOCKET else opener.host, port=0)
    return opening(view, answer, opener=opener, target=Endpoint(host=CLIENT[family], port=46055), **how)


def active(  # noqa: PLR0913  each is a part of the dialogue
    *openings: Opening,
    control: ControlSession | None = None,
    method: Method = Method.PORT,
    answer: str | None = "200 Command successful.",
    transfer: Exchange | None = None,
    announced: str | None = None,
    strangers: tuple[str, ...] = (),
) -> DataChannel:
    """A data connection that the server is to open. `answer`: to PORT; none: there was no reply."""
    control = control or session(method=method)
    endpoint = Endpoint(host=announced or CLIENT[control.family], port=46055)
    write = ftp.port_argument if method is Method.PORT else ftp.eprt_argument
    accepted = answer is not None and answer.startswith("2")
    return DataChannel(
        session=control,
        method=method,
        negotiation=exchange(f"{method} {write(endpoint)}", *([answer] if answer else []), at=0.5),
        announced=endpoint,
        transfer=transfer or (exchange("LIST", at=0.6) if accepted else None),
        openings=openings,
        strangers=tuple(Endpoint(host=host, port=5000) for host in strangers),
    )


# --- the client dials --------------------------------------------------------------------------------------------


def dial(
    view: View,
    answer: Answer,
    *,
    family: int = 4,
    host: str | None = None,
    **how: Any,  # noqa: ANN401  ditto
) -> Opening:
    """The client's attempt to open to the announced port."""
    opener = Endpoint(host=CLIENT[family], port=0 if answer is Answer.ABSENT else 40001)
    return opening(view, answer, opener=opener, target=Endpoint(host=host or SERVER[family], port=50001), **how)


def passive(
    *openings: Opening,
    control: ControlSession | None = None,
    method: Method = Method.EPSV,
    answer: str = "229 Entering Extended Passive Mode (|||50001|)",
    transfer: Exchange | None = None,
) -> DataChannel:
    """A data connection that the client is to open. `answer`: to PASV or EPSV."""
    control = control or session(method=method)
    return DataChannel(
        session=control,
        method=method,
        negotiation=exchange(method, answer, at=0.5),
        announced=ftp.announced_by(method, answer, control.server.host) if answer.startswith("22") else None,
        transfer=transfer,
        openings=openings,
    )


def pasv_reply(host: str) -> str:
    """A 227 that names `host`, port 50001."""
    return f"227 Entering Passive Mode ({ftp.port_argument(Endpoint(host=host, port=50001))})."


# --- judged ------------------------------------------------------------------------------------------------------


NEVER_ANSWERED = dial(View.CLIENT_SOCKET, Answer.SILENT), dial(View.CLIENT_WIRE, Answer.SILENT)
ANSWERED = dial(View.CLIENT_SOCKET, Answer.ACCEPTED), dial(View.CLIENT_WIRE, Answer.ACCEPTED)
CALLED = call(View.CLIENT_SOCKET, Answer.ACCEPTED), call(View.CLIENT_WIRE, Answer.ACCEPTED)
"""The openings of a data connection, as a probe sees them."""


def grounds_of(cause: Cause, subject: Subject) -> Grounds:
    """Why `cause` holds for `subject`; it must."""
    grounds = cause.rule(subject)
    assert grounds is not None
    return grounds
