"""A path -> a file that is opened in the beginning and written in the end; a text -> standard output.

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


class Destination:
    """A file to be written; enter it, and a file that was made for nothing goes away again on leaving."""

    def __init__(self, path: Path) -> None:
        """OSError where it cannot be written."""
        self.path = path
        self._is_new = not os.path.lexists(path)
        self._descriptor: int | None = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)

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
        """The file, empty now; written when this is left. OSError names the path."""
        assert self._descriptor is not None, "it can be written once"
        descriptor, self._descriptor = self._descriptor, None
        try:
            with os.fdopen(descriptor, "wb") as file:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    file.truncate(0)
                yield file
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error


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
        if path is None or (path.exists() and not path.is_file()):  # a device takes what it is given
            continue
        if use := next((use for other, use in uses if _same(other, path)), None):
            raise ValueError(f"{path} is {use} as well: let {option} write another file.")
        uses.append((path, f"written by {option}"))


def _same(one: Path, other: Path) -> bool:
    return one.absolute() == other.absolute() or (one.exists() and other.exists() and one.samefile(other))


def silence() -> None:
    """The reader of our output has gone (`| head`), or can take no more; Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
