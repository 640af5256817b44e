"""Small diagnoses, built by hand: a client behind its own firewall, a server that greets as vsftpd."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec.structs import replace

from ftpdiag.model import (
    Alternative,
    Answer,
    Carriage,
    Cell,
    Confidence,
    ControlSession,
    DataChannel,
    Diagnosis,
    Ending,
    Endpoint,
    Evidence,
    Exchange,
    Facts,
    Finding,
    Flag,
    Judgement,
    Line,
    Location,
    Method,
    Mode,
    Opening,
    Packet,
    Party,
    Remedy,
    Reply,
    Segment,
    Source,
    Target,
    Tls,
    Vantage,
    Verdict,
    View,
)
from ftpdiag.verdicts import mode_judgement

BEGAN = datetime(2026, 11, 20, 23, 11, tzinfo=UTC).timestamp()
HOSTS = {4: ("198.51.100.2", "203.0.113.2"), 6: ("2001:db8:1::2", "2001:db8:2::2")}
LIVE = Source(
    target=Target(given="ftp.example.org", host="ftp.example.org", port=21, user="alice"),
    address="203.0.113.2",
    interface="eth0",
    sniffed=True,
)
WORKS = Judgement(verdict=Verdict.WORKS)
BLOCKED = Judgement(verdict=Verdict.BLOCKED, causes=("active-dropped-by-client-host",))
UNTESTED = Judgement(verdict=Verdict.UNTESTED)


def reply(text: str, *, at: float) -> Reply:
    """A reply `at` seconds after the recording began."""
    lines = tuple(text.split("\n"))
    return Reply(at=BEGAN + at, code=int(lines[-1][:3]), lines=lines)


def exchange(command: str, *replies: str, at: float) -> Exchange:
    """A command and its replies, a millisecond apart."""
    verb, _, argument = command.partition(" ")
    answers = tuple(reply(text, at=at + 0.001 * count) for count, text in enumerate(replies, 1))
    return Exchange(at=BEGAN + at, verb=verb, argument=argument or None, replies=answers)


def segment(number: int, at: float, source: Endpoint, destination: Endpoint, flags: int) -> Segment:
    """A segment without payload; its TTL tells of three routers."""
    return Segment(
        number=number,
        at=BEGAN + at,
        source=source,
        destination=destination,
        flags=flags,
        seq=1,
        ack=0,
        window=64240,
        ttl=61,
        length=0,
        payload=b"",
    )


def session(method: Method | None = Method.EPSV, *, family: int = 4, tls: Tls = Tls.NONE) -> ControlSession:
    """A session that logged in."""
    client, server = HOSTS[family]
    here, there = Endpoint(host=client, port=40000), Endpoint(host=server, port=21)
    opening = Opening(
        at=BEGAN, opener=here, target=there, answer=Answer.ACCEPTED, view=View.CLIENT_SOCKET, tries=1, established=True
    )
    return ControlSession(
        method=method,
        client=here,
        server=there,
        family=family,
        tls=tls,
        began=BEGAN,
        lines=(
            Line(at=BEGAN + 0.001, sender=Party.SERVER, text="220 (vsFTPd 3.0.3)"),
            Line(at=BEGAN + 0.002, sender=Party.CLIENT, text="USER alice"),
        ),
        exchanges=(
            exchange("", "220 (vsFTPd 3.0.3)", at=0.0),
            exchange("USER alice", "230 Login successful.", at=0.002),
        ),
        openings=(opening,),
        logged_in=True,
        product="vsFTPd 3.0.3",
    )


def shut_out(method: Method = Method.EPSV, *, family: int = 4, tls: Tls = Tls.NONE) -> ControlSession:
    """A session that was refused at the login."""
    return replace(session(method, family=family, tls=tls), logged_in=False)


def passive(control: ControlSession | None = None) -> DataChannel:
    """An EPSV data connection that carried 20 bytes to the end."""
    control = control or session(Method.EPSV)
    client, server = HOSTS[control.family]
    here, there = Endpoint(host=client, port=40001), Endpoint(host=server, port=50001)
    packets = (segment(8, 0.104, here, there, Flag.SYN), segment(9, 0.105, there, here, Flag.SYN | Flag.ACK))
    return DataChannel(
        session=control,
        method=Method.EPSV,
        negotiation=exchange("EPSV", "229 Entering Extended Passive Mode (|||50001|)", at=0.1),
        announced=there,
        transfer=exchange("LIST", "150 Here it comes.", "226 Directory send OK.", at=0.11),
        openings=(
            Opening(
                at=BEGAN + 0.104,
                opener=here,
                target=there,
                answer=Answer.ACCEPTED,
                view=View.CLIENT_WIRE,
                answered_by=server,
                tries=1,
                established=True,
                packets=packets,
            ),
        ),
        carriages=(Carriage(local=here, remote=there, to_client=20, ending=Ending.FINISHED),),
    )


def active(control: ControlSession | None = None) -> DataChannel:
    """A PORT data connection whose SYN reached the client's wire three times and was never answered."""
    control = control or session(Method.PORT)
    client, server = HOSTS[control.family]
    there, here = Endpoint(host=server, port=20), Endpoint(host=client, port=46055)
    packets: tuple[Packet, ...] = tuple(
        segment(number, at, there, here, Flag.SYN) for number, at in ((12, 0.214), (13, 1.22), (15, 3.236))
    )
    return DataChannel(
        session=control,
        method=Method.PORT,
        negotiation=exchange("PORT 198,51,100,2,179,231", "200 PORT command successful.", at=0.21),
        announced=here,
        transfer=exchange("LIST", "425 Failed to establish connection.", at=0.212),
        openings=(
            Opening(at=BEGAN + 0.213, opener=there, target=here, answer=Answer.ABSENT, view=View.CLIENT_SOCKET),
            Opening(
                at=BEGAN + 0.214,
                opener=there,
                target=here,
                answer=Answer.SILENT,
                view=View.CLIENT_WIRE,
                tries=3,
                packets=packets,
            ),
        ),
    )


def dropped(*subjects: ControlSession | DataChannel) -> Finding:
    """The client's own firewall drops the call-back."""
    return Finding(
        cause="active-dropped-by-client-host",
        title="This machine's own firewall drops the server's call-back",
        verdict=Verdict.BLOCKED,
        mode=Mode.ACTIVE,
        location=Location.CLIENT_HOST,
        hop=None,
        confidence=Confidence.PROVEN,
        summary="The server's SYN from 203.0.113.2:20 reaches this machine, which never answers it: "
        "the firewall of this machine drops it.",
        evidence=(
            Evidence(text="The server's SYN arrived here, 3 in all; no SYN-ACK left.", at=BEGAN + 0.214, packet=12),
            Evidence(text="The server gave up.", at=BEGAN + 0.213, line="425 Failed to establish connection."),
        ),
        remedies=(
            Remedy(
                who="client",
                product="nftables",
                text="nft insert rule inet filter input ip saddr 203.0.113.2 tcp sport 20 tcp dport 1024-65535 accept",
            ),
            Remedy(who="client", product="any FTP client", text="Use passive mode."),
        ),
        alternatives=(),
        subjects=subjects,
    )


def control_finding(cause: str, *subjects: ControlSession) -> Finding:
    """A fault of the control connection, with nothing but its name."""
    return Finding(
        cause=cause,
        title=f"The title of {cause}",
        verdict=Verdict.BLOCKED,
        mode=None,
        location=Location.UNKNOWN,
        hop=None,
        confidence=Confidence.LIKELY,
        summary=f"The summary of {cause}.",
        evidence=(),
        remedies=(),
        alternatives=(Alternative(cause="control-refused", settle_with="the same probe from the server"),),
        subjects=subjects,
    )


def diagnosis(
    *judged: tuple[DataChannel | ControlSession, Judgement],
    findings: Iterable[Finding] = (),
    source: Source = LIVE,
    unresolved: str | None = None,
) -> Diagnosis:
    """A diagnosis of data channels, and of sessions that never came to one, each with its judgement."""
    channels = [(subject, judgement) for subject, judgement in judged if isinstance(subject, DataChannel)]
    sessions = {id(control): control for control in (_control(subject) for subject, _ in judged)}
    cells = tuple((_cell(subject), judgement) for subject, judgement in judged if _control(subject).method)
    return Diagnosis(
        facts=Facts(
            source=source,
            vantage=Vantage.CLIENT,
            began=BEGAN,
            sessions=tuple(sessions.values()),
            channels=tuple(channel for channel, _ in channels),
            unresolved=unresolved,
        ),
        findings=tuple(findings),
        channels=tuple(judgement for _, judgement in channels),
        cells=cells,
        modes=tuple((mode, mode_judgement(mode, cells)) for mode in Mode),
    )


def _control(subject: DataChannel | ControlSession) -> ControlSession:
    return subject.session if isinstance(subject, DataChannel) else subject


def _cell(subject: DataChannel | ControlSession) -> Cell:
    control = _control(subject)
    method = subject.method if isinstance(subject, DataChannel) else control.method
    assert method
    return Cell(method=method, family=control.family, tls=control.tls)
