"""The same handshake with each of the other addresses of the server's name: whether they are the same server."""

from __future__ import annotations

from functools import partial

from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import Change, Experiment

MOST = 4
"""Addresses that are tried: each is a login at another machine."""


@experiment(name=Experiment.OTHER_ADDRESSES)
def other_addresses(bench: Bench) -> None:
    """Side by side."""
    bench.side_by_side(*(partial(bench.repeat, Change(host=host)) for host in bench.others[:MOST]))
