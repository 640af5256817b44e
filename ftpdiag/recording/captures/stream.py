"""A file, compressed or not -> its bytes in order, each portion whole or not at all."""

from __future__ import annotations

import zlib
from contextlib import suppress
from gzip import GzipFile
from importlib import import_module
from io import BufferedReader
from types import ModuleType
from typing import Protocol

_GZIP, _ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ZSTANDARD_MODULES = ("compression.zstd", "zstandard")
"""The first is part of Python from 3.14 on. Both have `open` and `ZstdError`."""


class Unreadable(Exception):  # noqa: N818 - the file is at fault, not the program
    """There is nothing to read. Its text is one sentence: what is wrong, and what to do."""


class Damaged(Exception):  # noqa: N818
    """What was handed out so far is good, what follows is not. Its text is a clause that says why."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def readinto1(self, buffer: memoryview, /) -> int: ...

    def peek(self, size: int, /) -> bytes: ...


class Stream:
    """Hands out what `file` holds, uncompressed."""

    def __init__(self, file: BufferedReader) -> None:
        self._file: _Readable = file
        self._failures: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error)
        self.consumed = 0
        """Bytes handed out."""
        beginning = self.peek(len(_ZSTANDARD))
        if beginning.startswith(_GZIP):
            self._file = GzipFile(fileobj=file)
        elif beginning == _ZSTANDARD:
            zstandard = _zstandard()
            self._failures += (zstandard.ZstdError,)
            self._file = BufferedReader(zstandard.open(file))

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, or as many as are left; they stay. For a few bytes only."""
        try:
            return self._file.peek(size)[:size]
        except self._failures as error:
            raise Damaged(_words(error)) from error

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        try:
            data = self._file.read(size)
        except self._failures as error:
            raise Damaged(_words(error)) from error
        if len(data) < size:
            raise Damaged("the file is cut short")
        self.consumed += size
        return data

    def fill(self, buffer: memoryview) -> int:
        """Put what comes next into `buffer`: how many bytes; 0 at the end."""
        try:
            size = self._file.readinto1(buffer)
        except self._failures as error:
            raise Damaged(_words(error)) from error
        self.consumed += size
        return size


def _words(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the file is cut short"
    if isinstance(error, OSError) and error.strerror:
        return f"reading failed ({error.strerror})"
    return f"its compressed data is damaged ({error})"


def _zstandard() -> ModuleType:
    for name in _ZSTANDARD_MODULES:
        with suppress(ImportError):
            return import_module(name)
    raise Unreadable("it is compressed with zstandard; `pip install zstandard` lets ftpdiag read it")
