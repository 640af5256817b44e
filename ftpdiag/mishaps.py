"""What goes wrong while a command runs -> one sentence on standard error, and how the command ends."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import typer

from ftpdiag.vocabulary import Exit


@contextmanager
def interruptible() -> Iterator[None]:
    """What an interruption finds half done is tidied up. Before and after, it ends the command at once."""
    quiet = signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    try:
        if quiet:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    except KeyboardInterrupt:
        with suppress(OSError, KeyboardInterrupt):
            typer.echo("Interrupted.", err=True)
        os._exit(Exit.INTERRUPTED)  # not waiting for sessions that wait for the server; the kernel closes their sockets
    if quiet:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def usage_errors() -> Iterator[None]:
    """What the user can mend is said in one sentence, with exit code 2."""
    from ftpdiag.recording.captures.stream import Unreadable  # noqa: PLC0415 - for `--help` as well

    try:
        with system_errors():
            yield
    except (ValueError, Unreadable) as error:
        _fail(str(error))


@contextmanager
def contradictions() -> Iterator[None]:
    """Captures that cannot have been made where they are said to be from: one sentence, exit code 2."""
    from ftpdiag.facts.ends import Contradicted  # noqa: PLC0415 - ditto

    try:
        yield
    except Contradicted as error:
        _fail(str(error))


@contextmanager
def system_errors() -> Iterator[None]:
    """What the system declines is said in one sentence, with exit code 2."""
    try:
        yield
    except OSError as error:
        if _too_many_files(error):
            _fail(_MORE_FILES)
        if not error.strerror:
            _fail(str(error))
        advice = f"; {_ADVICE[error.errno]}" if error.filename and error.errno in _ADVICE else ""
        _fail(f"{error.filename or 'The system declined'}: {error.strerror}{advice}.")


_ADVICE = {
    errno.ENOENT: "name a file in a folder that exists",
    errno.ENOTDIR: "name a file in a folder that exists",
    errno.EISDIR: "name a file, not a folder",
    errno.EACCES: "name another, or run ftpdiag as a user who may (sudo)",
    errno.EROFS: "name a file elsewhere",
}
"""What to do about a file that cannot be opened or written; whoever reads one says more himself."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MORE_FILES = "This machine lets ftpdiag open too few files; raise the limit first: ulimit -n 1024"


def unforeseen(error: Exception) -> Exit:
    """What nobody has thought of; the exit code."""
    if _too_many_files(error):
        say(_MORE_FILES)
        return Exit.USAGE
    if isinstance(error, OSError) and error.errno in _FULL:
        say(f"{error.filename or 'Standard output'}: {error.strerror}.")
        return Exit.USAGE
    say(f"an internal error ({type(error).__name__}: {error}). Please report it; FTPDIAG_DEBUG=1 shows where.")
    return Exit.INTERNAL


def unread(gone: BrokenPipeError) -> int:
    """The reader of a help page, or of what was typed wrongly, has left: the exit code is the same."""
    return getattr(gone.__context__, "exit_code", Exit.WORKS)


def _too_many_files(error: Exception) -> bool:
    """Also where somebody else has put the system's words into an error of his own."""
    return any(os.strerror(number) in str(error) for number in (errno.EMFILE, errno.ENFILE))


def say(sentence: str) -> None:
    """For the user, beside the report; where nobody can be told, the exit code has to do."""
    with suppress(OSError):
        typer.echo(f"ftpdiag: {sentence}", err=True)


def _fail(sentence: str) -> NoReturn:
    say(sentence)
    raise typer.Exit(Exit.USAGE)
