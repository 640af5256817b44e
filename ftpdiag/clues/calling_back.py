"""A server that was asked to call back -> what its word, and the time it had, tell of a call that did not come."""

from __future__ import annotations

from ftpdiag.clues.refusals import LONG_ENOUGH, Refusal, blames_the_network, refusal
from ftpdiag.clues.trials import CALLS_FIRST
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import ControlSession, DataChannel, Evidence
from ftpdiag.stacks import FIRST_REPETITION

_PATIENCE = 60.0
"""Seconds after which vsftpd, the slowest, says that its call came to nothing."""


def asked(channel: DataChannel) -> Evidence:
    """The command that asked for it."""
    return command_sighting(channel.negotiation, f"The server was told to call {channel.announced}.")


def word(channel: DataChannel) -> tuple[Evidence, ...]:
    """That it could not, and how soon it said so."""
    said = refusal(channel)
    if said is None:
        return ()
    pace = (
        "" if said.after >= LONG_ENOUGH else " If it called at all, somebody rejected the call rather than dropping it."
    )
    return (quotation(said.reply, f"After {said.after:.1f} s the server itself said that it could not.{pace}"),)


def tried(said: Refusal | None) -> bool:
    """By its word it did call: that took a while, or only a call brings such an error."""
    return said is not None and (said.after >= LONG_ENOUGH or blames_the_network(said.reply))


def fate(said: Refusal | None) -> str:
    """For a summary: what is dropped takes a while, what is rejected does not."""
    if said and said.after >= LONG_ENOUGH:
        return f" The server waited {said.after:.0f} s for an answer to its call: that was lost, not turned down."
    if said and blames_the_network(said.reply):
        return f" The server had its answer after {said.after:.1f} s: the call was turned down, not lost."
    return ""


def answers_first(session: ControlSession) -> bool:
    """It is known to answer PORT before it calls."""
    return session.product is not None and CALLS_FIRST not in session.product


def hasty(channel: DataChannel) -> bool:
    """Had its first SYN been lost, it would not have repeated it yet."""
    socket, latest = channel.socket, channel.transfer or channel.negotiation
    return socket is not None and socket.waited is not None and socket.at + socket.waited < latest.at + FIRST_REPETITION


def patient(channel: DataChannel) -> bool:
    """It was given longer than any server takes: --patience was there already."""
    socket = channel.socket
    return socket is not None and socket.waited is not None and socket.waited > _PATIENCE
