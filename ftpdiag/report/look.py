"""How the reader sees a text: its width, its colours."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from ftpdiag.vocabulary import Verdict


class Colour(StrEnum):
    """Whether the reader's screen understands ANSI colour."""

    NONE = "none"
    ANSI = "ansi"


class Paint(StrEnum):
    """What a colour says; the values are ANSI SGR codes (ECMA-48 §8.3.117)."""

    GOOD = "32"
    BAD = "31"
    DOUBTFUL = "33"
    STRONG = "1"
    FAINT = "2"


VERDICT_PAINTS: Mapping[str, Paint] = {
    Verdict.WORKS: Paint.GOOD,
    Verdict.BLOCKED: Paint.BAD,
    Verdict.REFUSED: Paint.BAD,
    Verdict.BROKEN: Paint.BAD,
    Verdict.UNKNOWN: Paint.DOUBTFUL,
    Verdict.UNTESTED: Paint.FAINT,
}


class Detail(StrEnum):
    """How much the reader wants to know."""

    VERDICTS = "verdicts"
    """And what explains them."""
    EVERYTHING = "everything"
    """Also the dialogue, and every data connection."""


class Look(Struct, frozen=True, kw_only=True):
    """How the reader sees the text."""

    width: int = 80
    colour: Colour = Colour.NONE
    detail: Detail = Detail.VERDICTS

    def painted(self, text: str, paint: Paint) -> str:
        """The text in a colour, where the reader's screen has any."""
        return f"\x1b[{paint}m{text}\x1b[0m" if self.colour is Colour.ANSI and text else text

    def wrapped(self, text: str, *, first: str = "", rest: str | None = None) -> list[str]:
        """Prose as lines no wider than the screen; `first` leads the first one, `rest` (or `first`) the others.

        A quotation that ends in a full stop ends its sentence as well.
        """
        return textwrap.wrap(
            text.replace(".`.", ".`").replace(".”.", ".”"),
            width=self.width,
            initial_indent=first,
            subsequent_indent=first if rest is None else rest,
            break_on_hyphens=False,  # the names of causes and options stay whole
        )
