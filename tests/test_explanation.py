"""What `ftpdiag explain` says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from msgspec.structs import replace

import ftpdiag.causes
from ftpdiag.cause import Cause, Extent
from ftpdiag.discovery import declaration
from ftpdiag.explanation import explain, listing, told
from ftpdiag.model import ControlSession, DataChannel, Facts, Location, Mode, Remedy, Verdict
from ftpdiag.report.look import Look

DROPPED = Cause(
    name="active-dropped-by-client-host",
    title="This machine's own firewall drops the server's call-back",
    text="""The server calls back, its SYN reaches this machine, and this machine's own firewall drops it.

What happens: in active mode the server opens the data connection to the port that the client announced. To a host
firewall that is an unsolicited inbound connection.

How it is told:
- SYN in;
- no SYN-ACK out.""",
    judges=(DataChannel,),
    modes=(Mode.ACTIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.CLIENT_HOST,
    remedies=(
        Remedy(who="server", product="IIS", text="$$site = 'ftp'"),
        Remedy(who="client", product="ufw", text="ufw allow proto tcp from $server to any port 50000:50100"),
    ),
    references=("RFC 959 §3.2",),
    extent=Extent.METHOD,
    overrides=("active-inbound-dropped",),
    rule=lambda _: None,
)
LOGIN = replace(
    DROPPED,
    name="control-login-refused",
    title="The server does not let you in",
    text="The login failed.",
    judges=(Facts, ControlSession),
    verdict=None,
    location=Location.SERVER_CONFIG,
    remedies=(),
    references=(),
    overrides=(),
)


def test_listing() -> None:
    """The list names each cause and its title, in two columns that fit the page."""
    assert (
        listing((DROPPED, LOGIN), Look(width=70))
        == """\
active-dropped-by-client-host  This machine's own firewall drops the
                               server's call-back
control-login-refused          The server does not let you in
"""
    )


def test_explanation() -> None:
    """One cause is told in full: what it is, how it is told, who must do what, what it replaces, where to read on."""
    assert (
        explain(DROPPED)
        == """\
active-dropped-by-client-host
This machine's own firewall drops the server's call-back.

Concerns: the data connection in active mode
Verdict:  blocked
Location: client-host

The server calls back, its SYN reaches this machine, and this machine's own
firewall drops it.

What happens: in active mode the server opens the data connection to the port
that the client announced. To a host firewall that is an unsolicited inbound
connection.

How it is told:
- SYN in;
- no SYN-ACK out.

On the client:
- ufw:
    ufw allow proto tcp from $server to any port 50000:50100
On the server:
- IIS:
    $site = 'ftp'

A report names the addresses of the case where $server and the like stand here.

Where it holds, these are not reported as well: active-inbound-dropped.

References:
  - RFC 959 §3.2
"""
    )


def test_short_explanation() -> None:
    """What a cause does not declare takes no room."""
    assert (
        explain(LOGIN)
        == """\
control-login-refused
The server does not let you in.

Concerns: the target, the control connection
Verdict:  none, information only
Location: server-config

The login failed.
"""
    )


def test_no_causes() -> None:
    """Without causes the list is empty."""
    assert listing(()) == "\n"


def test_what_stands_where_there_is_no_case() -> None:
    """Words of the family and the example of a range are filled in; a name that is nearly right is understood."""
    assert "\n    iptables -t mangle -I FORWARD" in told("data-path-mtu")
    assert "\n    pasv_min_port=50000\n" in told("passive-port-dropped")
    with pytest.raises(
        ValueError, match=r"'passive-port-droped'; did you mean passive-port-dropped\? `ftpdiag explain`"
    ):
        told("passive-port-droped")


def named_as_alternatives() -> set[str]:
    """Every cause that some rule may name as what it could be instead."""
    trees = (ast.parse(file.read_text()) for file in Path(ftpdiag.causes.__path__[0]).glob("*.py"))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    said = (call.keywords for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Alternative")
    values = (word.value for words in said for word in words if word.arg == "cause")
    return {str(value.value) for value in values if isinstance(value, ast.Constant)}


@pytest.mark.parametrize("name", sorted(named_as_alternatives()))
def test_every_alternative_can_be_looked_up(name: str) -> None:
    """Whoever reads that it may be something else can ask what that is."""
    assert told(name).startswith(f"{name}\n")


def test_no_such_cause() -> None:
    """A name that nobody knows is answered by one sentence."""
    with pytest.raises(ValueError, match="There is no cause 'gremlins'"):
        told("gremlins")


def test_a_cause_that_is_information_now_and_a_verdict_then_says_so() -> None:
    """By which port was asked for, for one."""
    assert "Verdict:  none, information only; blocked or refused where the other port" in told("alg-bound-to-port-21")


def test_the_card_fits_the_screen() -> None:
    """A verdict with its exceptions goes on under itself."""
    card = told("passive-address-unroutable").split("\n\n")[1].splitlines()
    assert max(map(len, card)) <= 80
    assert [line[:10] for line in card] == ["Concerns: ", "Verdict:  ", " " * 10, "Location: "]


def bring_another_verdict() -> set[str]:
    """Every cause whose rule may bring another verdict than its card."""
    files = Path(ftpdiag.causes.__path__[0]).glob("*.py")
    return {file.stem for file in files if any(map(_decides, ast.walk(ast.parse(file.read_text()))))}


def _decides(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "Grounds":
        return False
    return any(word.arg == "verdict" for word in node.keywords)


@pytest.mark.parametrize("name", sorted(bring_another_verdict()))
def test_every_other_verdict_is_announced(name: str) -> None:
    """Whoever reads what a cause makes of a data connection reads when that is something else."""
    assert declaration("ftpdiag.causes", name, Cause).or_else
