"""Facts -> that a probe ended transfers whose data were still moving."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Ending, Facts


def still_moving(facts: Facts) -> Iterator[str]:
    """One sentence: the longest of them stands for all."""
    live = (one.carriage for one in facts.channels if one.session.method)
    ended = [one for one in live if one and one.ending is Ending.SUFFICED]
    if ended:
        most = max(one.to_client + one.to_server for one in ended)
        yield f"{ended[0].error} The probe ended it then, after {most} bytes: what breaks later was not seen."
