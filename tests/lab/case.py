"""`captures/CASE/case.toml` -> what is wrong in the network, what is asked, and what must be found."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftpdiag.ftp import CONTROL_PORT
from tests.lab.layout import SERVER, Layout
from tests.lab.server import Encryption, Server

CAPTURES = Path(__file__).parents[2] / "captures"

HABITS = frozenset({"active-source-port-not-20", "control-tls-unsupported"})
"""What the lab's servers do or lack in any network, and is told beside the fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause that must be found. Only what is said counts; no mode: the control connection."""

    cause: str
    mode: str | None = None
    location: str | None = None
    hop: int | None = None
    """0: none may be named."""

    confidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What must be found: these modes and causes, all others forbidden."""

    exit: int
    modes: Mapping[str, str]
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One scenario of the lab."""

    name: str
    title: str
    layout: Layout
    firewall: Mapping[str, str]
    """Rulesets, by host."""
    routes: Mapping[str, Sequence[str]]
    """Changes to the routing tables, by host, in the words of `ip`."""
    proxies: Mapping[str, Mapping[str, str]]
    """Commands that a proxy answers itself, by the host on which it runs."""
    nat64: str | None
    """The router on which a NAT64 runs."""
    names: Mapping[str, tuple[str, ...]]
    """Addresses, by the name that the client looks up."""
    server: Server | None
    """None: nothing listens."""
    second_server: Server | None
    """What listens on the second server; none: nothing."""
    target: str
    options: tuple[str, ...]
    """`{ca}` stands for the file of the authority that signed the server's certificate."""
    without: tuple[str, ...]
    """Capabilities that the probe runs without."""
    found: Found
    fault: frozenset[str]
    """The causes of what is truly wrong, told or not; none: all is open. Those found but for habits, if not said."""
    elsewhere: Mapping[str, Mapping[str, str]]
    """Modes as captures of other vantages tell them, where that is right and not what was found; the case says why."""
    beyond: Mapping[str, frozenset[str]]
    """Places where captures of other vantages see the outcome of what is wrong elsewhere; the case says why."""
    both: tuple[Cause, ...] | None
    """What captures of both ends must tell, all others forbidden; none: no such replay is kept."""
    replayed: frozenset[tuple[str, str | None]]
    """The causes and modes that the packets alone tell: those found, unless the case says which and why."""

    @property
    def port(self) -> int:
        """The control port."""
        return self.server.port if self.server else CONTROL_PORT

    @property
    def needs_both_ends(self) -> bool:
        """No probe tells what is wrong; captures of both ends do."""
        return self.both is not None and not self.fault <= {cause.cause for cause in self.found.causes}

    @property
    def ports(self) -> tuple[int, ...]:
        """All control ports that the probe talks to."""
        asked = dict(zip(self.options, self.options[1:], strict=False)).get("--also-port")
        named = self.target.rpartition(":")[2] if self.target.count(":") in {0, 1} or "]" in self.target else ""
        return tuple({self.port, *(int(port) for port in (asked, named) if port and port.isdecimal())})

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return CAPTURES / self.name


def cases() -> tuple[Case, ...]:
    """Every scenario of the lab."""
    documents = ((path.parent.name, tomllib.loads(path.read_text())) for path in sorted(CAPTURES.glob("*/case.toml")))
    return tuple(case(name, document) for name, document in documents if document["origin"] == "lab")


def case(name: str, document: Mapping[str, Any]) -> Case:
    """What a case file says."""
    network, probe, found = document.get("network", {}), document.get("probe", {}), document["found"]
    replayed = document.get("replayed", found)
    return Case(
        name=name,
        title=document["title"],
        layout=Layout(network.get("layout", "routed")),
        firewall=network.get("firewall", {}),
        routes=network.get("routes", {}),
        proxies=network.get("proxy", {}),
        nat64=network.get("nat64"),
        names={name: tuple(addresses) for name, addresses in network.get("names", {}).items()},
        server=_server(**document["server"]) if "server" in document else None,
        second_server=_server(**document["second-server"]) if "second-server" in document else None,
        target=probe.get("target", SERVER),
        options=tuple(probe.get("options", ())),
        without=tuple(probe.get("without", ())),
        found=Found(
            exit=found["exit"],
            modes=found["modes"],
            causes=tuple(Cause(**cause) for cause in found["causes"]),
        ),
        fault=frozenset(document.get("fault", {cause["cause"] for cause in found["causes"]} - HABITS)),
        elsewhere={vantage: told.get("modes", {}) for vantage, told in document.get("elsewhere", {}).items()},
        beyond={vantage: frozenset(told.get("places", ())) for vantage, told in document.get("elsewhere", {}).items()},
        both=tuple(Cause(**cause) for cause in document["both"]["causes"]) if "both" in document else None,
        replayed=frozenset((cause["cause"], cause.get("mode")) for cause in replayed["causes"]),
    )


def _server(product: str, tls: str = "none", config: str = "", **settings: Any) -> Server:  # noqa: ANN401
    encryption = Encryption(tls)
    return Server(
        product=product,
        port=settings.get("port", 990 if encryption is Encryption.IMPLICIT else 21),
        tls=encryption,
        tls_version=settings.get("tls_version"),
        config=config,
        occupants=settings.get("occupants", 0),
        holders=settings.get("holders", 0),
    )
