"""A path -> a file that is opened in the beginning and written in the end, `-` for standard output; a text -> there.

The right to write may be gone by the end, and a wrong path is to show at once; but what the file held must stay until
there is something to put in its place.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

STANDARD_OUTPUT = Path("-")


class Destination:
    """A file to be written; enter it, and a file that was made for nothing goes away again on leaving."""

    def __init__(self, path: Path) -> None:
        """OSError where it cannot be written."""
        self.path = path
        self.name = "standard output" if path == STANDARD_OUTPUT else str(path)
        self._is_new = path != STANDARD_OUTPUT and not os.path.lexists(path)
        self._descriptor: int | None = (
            os.dup(sys.stdout.fileno()) if path == STANDARD_OUTPUT else os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is None:
            return
        os.close(self._descriptor)
        if self._is_new:
            with suppress(OSError):
                self.path.unlink()

    @property
    def is_terminal(self) -> bool:
        """Whether somebody looks at it as it is written."""
        return self._descriptor is not None and os.isatty(self._descriptor)

    @contextmanager
    def writing(self) -> Iterator[BinaryIO]:
        """The file, empty now; written when this is left, as far as its reader wants it. OSError names it."""
        assert self._descriptor is not None, "it can be written once"
        descriptor, self._descriptor = self._descriptor, None
        try:
            with os.fdopen(descriptor, "wb") as file:
                if self.path != STANDARD_OUTPUT and stat.S_ISREG(os.fstat(descriptor).st_mode):
                    file.truncate(0)
                yield file
        except BrokenPipeError:
            return
        except OSError as error:
            raise OSError(error.errno, error.strerror, self.name) from error


def packets_to(option: str, path: Path, report: Path | None) -> Destination:
    """Where packets go. ValueError where that is a screen, or among the words of the report."""
    destination = Destination(path)
    if path != STANDARD_OUTPUT:
        return destination
    if report in {None, STANDARD_OUTPUT}:
        raise ValueError(f"{option} - writes packets where the report goes; send that to a file with --output FILE.")
    if destination.is_terminal:
        raise ValueError(f"{option} - would write packets to your terminal; name a file, or pipe them to a command.")
    return destination


def shown(text: str) -> None:
    """Written to standard output, as far as its reader wants to see. OSError where it can take no more."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except OSError as error:
        silence()
        raise OSError(error.errno, error.strerror, "Standard output") from error


def kept_apart(read: Iterable[Path | None], written: Mapping[str, Path | None]) -> None:
    """ValueError where a file would be overwritten that is read, or written by another option, too.

    `written`: by the option that names it.
    """
    uses = [(path, "read") for path in read if path]
    for option, path in written.items():
        if path in {None, STANDARD_OUTPUT} or (path.exists() and not path.is_file()):  # a device takes what it is given
            continue
        if use := next((use for other, use in uses if _same(other, path)), None):
            raise ValueError(f"{path} is {use} as well: let {option} write another file.")
        uses.append((path, f"written by {option}"))


def _same(one: Path, other: Path) -> bool:
    return one.absolute() == other.absolute() or (one.exists() and other.exists() and one.samefile(other))


def silence() -> None:
    """The reader of our output has gone (`| head`), or can take no more; Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
