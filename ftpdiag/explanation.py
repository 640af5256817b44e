"""Causes -> the text of `ftpdiag explain`: the list of them, or all that is known of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from string import Template

from msgspec.structs import replace

from ftpdiag import next_probe
from ftpdiag.cause import Cause
from ftpdiag.diagnosis.merging import IN_GENERAL
from ftpdiag.discovery import declaration, declarations
from ftpdiag.model import ControlSession, DataChannel, Facts, Remedy
from ftpdiag.report.advice import advice
from ftpdiag.report.look import Look

_PLAIN = Look()


def everything() -> str:
    """All that `ftpdiag explain` knows by name."""
    return listing(declarations("ftpdiag.causes", Cause))


def told(name: str) -> str:
    """What is known of the cause `name`; ValueError where nothing is."""
    try:
        return explain(declaration("ftpdiag.causes", name.replace("-", "_"), Cause))
    except KeyError:
        near = get_close_matches(name, (one.name for one in declarations("ftpdiag.causes", Cause)), n=1)
        meant = f"; did you mean {near[0]}?" if near else ";"
        raise ValueError(f"There is no cause {name!r}{meant} `ftpdiag explain` lists them.") from None


def listing(causes: Iterable[Cause], look: Look = _PLAIN) -> str:
    """Every cause with its title, in two columns with two blanks between them."""
    known = [(cause.name, cause.title) for cause in causes]
    longest = max((len(name) for name, _ in known), default=0)
    rest = " " * (longest + 2)
    rows = (look.wrapped(title, first=f"{name:{longest}}  ", rest=rest) for name, title in known)
    return "\n".join(line for row in rows for line in row) + "\n"


def explain(cause: Cause, look: Look = _PLAIN) -> str:
    """What it is, how it is told, who must do what, and where to read on."""
    blocks = [
        [cause.name, *look.wrapped(f"{cause.title}.")],
        list(_card(cause, look)),
        *_paragraphs(cause.text, look),
        list(advice(_as_shown(cause.remedies), look)),
    ]
    if any(set(Template(remedy.text).get_identifiers()) - IN_GENERAL.keys() for remedy in cause.remedies):
        blocks.append(look.wrapped("A report names the addresses of the case where $server and the like stand here."))
    if cause.overrides:
        names = ", ".join(cause.overrides)
        blocks.append(look.wrapped(f"Where it holds, these are not reported as well: {names}."))
    if cause.references:
        blocks.append(["References:", *(f"  - {reference}" for reference in cause.references)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _as_shown(remedies: Iterable[Remedy]) -> Iterator[Remedy]:
    """As for IPv4, and with the example of a range; `$$` stands for a dollar sign that no address replaces."""
    for remedy in remedies:
        yield replace(remedy, text=Template(remedy.text).safe_substitute(IN_GENERAL | next_probe.IN_GENERAL))


def _card(cause: Cause, look: Look) -> Iterator[str]:
    """What it speaks about, what it makes of that, and where it sits."""
    subjects: dict[type, str] = {
        Facts: "the target",
        ControlSession: "the control connection",
        DataChannel: f"the data connection in {' and '.join(cause.modes)} mode",
    }
    otherwise = f"; {cause.or_else}" if cause.or_else else ""
    card = {
        "Concerns: ": ", ".join(subjects[kind] for kind in cause.judges),
        "Verdict:  ": f"{cause.verdict or 'none, information only'}{otherwise}",
        "Location: ": str(cause.location),
    }
    for head, text in card.items():
        yield from look.wrapped(text, first=head, rest=" " * len(head))


def _paragraphs(text: str, look: Look) -> Iterator[list[str]]:
    """Paragraphs are filled anew to the reader's width; one that is indented or a list keeps its lines."""
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").splitlines()
        shaped = any(line.startswith((" ", "- ", "* ")) for line in lines)
        yield lines if shaped else look.wrapped(" ".join(lines))
