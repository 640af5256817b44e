"""Rows of words -> aligned lines, one for each row; made for thousands of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from ftpdiag.model import Endpoint
from ftpdiag.report.look import Look, Paint

_WIDEST_HOST = 15
"""Columns of the longest IPv4 address: an IPv6 address gets no more."""


def columns(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    look: Look,
    paints: Mapping[str, Paint],
    *,
    giving_way: str | None = None,
) -> list[str]:
    """Two spaces apart, or one where the screen is too narrow; the last column takes what is left.

    Words that `paints` knows are painted. `giving_way`: the head of the column that is cut where nothing is left.
    """
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    if giving_way is not None:
        least = sum(widths[:-1]) + len(heads[-1]) + len(widths) - 1
        given, place = max(0, least - look.width), heads.index(giving_way)
        widths[place] = max(len(giving_way), widths[place] - given)
    # Whatever is the last column, its head must fit.
    gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= look.width else " "
    room = look.width - sum(widths[:-1]) - len(gap) * (len(widths) - 1)
    widths[-1] = min(widths[-1], max(room, len(heads[-1])))
    lines = [gap.join(map(str.ljust, heads, widths)), gap.join("-" * width for width in widths)]
    for row in rows:
        cells = [
            look.painted(shortened(cell, width).ljust(width), paints[cell])
            if cell in paints
            else shortened(cell, width).ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        lines.append(gap.join(cells))
    return [line.rstrip() for line in lines]


def shortened(text: str, width: int) -> str:
    """At most so many characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def host(address: str) -> str:
    """An address in the columns of an IPv4 one: of a long IPv6 address, its network's beginning and its own end."""
    if len(address) <= _WIDEST_HOST:
        return address
    groups = ip_address(address.partition("%")[0]).exploded.split(":")
    first, second, last = (group.lstrip("0") or "0" for group in (groups[0], groups[1], groups[-1]))
    return f"{first}:{second}…{last}"


def endpoint(end: Endpoint | None, *, usual: int = 0) -> str:
    """An address, and its port unless that is the usual one."""
    if end is None:
        return ""
    name = host(end.host)
    if end.port == usual:
        return name
    return f"[{name}]:{end.port}" if ":" in name else f"{name}:{end.port}"
