"""Causes and suspects -> the text of `ftpdiag explain`: the list of them, or all that is known of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from string import Template

from ftpdiag.clues.suspects import SUSPECTS, Suspect
from ftpdiag.diagnosis import Cause
from ftpdiag.discovery import declaration, declarations
from ftpdiag.model import ControlSession, DataChannel, Facts, Remedy
from ftpdiag.report.advice import advice
from ftpdiag.report.look import Look

_PLAIN = Look()


def everything() -> str:
    """All that `ftpdiag explain` knows by name."""
    return listing(declarations("ftpdiag.causes", Cause), SUSPECTS)


def told(name: str) -> str:
    """What is known of the cause or suspect `name`; ValueError where nothing is."""
    suspect = next((one for one in SUSPECTS if one.name == name), None)
    if suspect:
        return explain_suspect(suspect)
    try:
        return explain(declaration("ftpdiag.causes", name.replace("-", "_"), Cause))
    except KeyError:
        raise ValueError(f"There is no cause {name!r}; `ftpdiag explain` lists them.") from None


def listing(causes: Iterable[Cause], suspects: Iterable[Suspect] = (), look: Look = _PLAIN) -> str:
    """Every cause with its title, then the suspects."""
    known = [(cause.name, cause.title) for cause in causes]
    suspected = [(suspect.name, suspect.title) for suspect in suspects]
    longest = max((len(name) for name, _ in known + suspected), default=0)
    blocks = [_rows(known, longest, look)]
    if suspected:
        blocks += [look.wrapped("Suspected where a finding is not certain, and not told apart yet:")]
        blocks += [_rows(suspected, longest, look)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _rows(rows: Iterable[tuple[str, str]], longest: int, look: Look) -> list[str]:
    """Two columns, with two blanks between them."""
    rest = " " * (longest + 2)
    return [line for name, title in rows for line in look.wrapped(title, first=f"{name:{longest}}  ", rest=rest)]


def explain(cause: Cause, look: Look = _PLAIN) -> str:
    """What it is, how it is told, who must do what, and where to read on."""
    blocks = [
        [cause.name, *look.wrapped(f"{cause.title}.")],
        list(_card(cause)),
        *_paragraphs(cause.text, look),
        list(advice(_as_shown(cause.remedies), look)),
    ]
    if any("$" in remedy.text for remedy in cause.remedies):
        blocks.append(look.wrapped("A report names the addresses of the case where $server and the like stand here."))
    if cause.overrides:
        names = ", ".join(cause.overrides)
        blocks.append(look.wrapped(f"Where it holds, these are not reported as well: {names}."))
    if cause.references:
        blocks.append(["References:", *(f"  - {reference}" for reference in cause.references)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def explain_suspect(suspect: Suspect, look: Look = _PLAIN) -> str:
    """What it is, and how to find out, because ftpdiag does not."""
    blocks = [
        [suspect.name, *look.wrapped(f"{suspect.title}.")],
        look.wrapped(
            "ftpdiag does not tell this fault apart yet: it never reports it, and names it only where a finding could "
            "be this instead."
        ),
        look.wrapped(suspect.text),
        ["What would tell", *look.wrapped(suspect.settle_with, first="  ")],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _as_shown(remedies: Iterable[Remedy]) -> Iterator[Remedy]:
    """`$$` stands for a dollar sign that no address replaces."""
    for remedy in remedies:
        yield replace(remedy, text=Template(remedy.text).safe_substitute())


def _card(cause: Cause) -> Iterator[str]:
    """What it speaks about, what it makes of that, and where it sits."""
    subjects = {
        Facts: "the target",
        ControlSession: "the control connection",
        DataChannel: f"the data connection in {' and '.join(cause.modes)} mode",
    }
    yield f"Concerns: {', '.join(subjects[kind] for kind in cause.judges)}"
    yield f"Verdict:  {cause.verdict or 'none, information only'}"
    yield f"Location: {cause.location}"


def _paragraphs(text: str, look: Look) -> Iterator[list[str]]:
    """Paragraphs are filled anew to the reader's width; one that is indented or a list keeps its lines."""
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").splitlines()
        shaped = any(line.startswith((" ", "- ", "* ")) for line in lines)
        yield lines if shaped else look.wrapped(" ".join(lines))
