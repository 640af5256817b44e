"""A file that is opened early and written late."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftpdiag.destination import Destination


def test_what_was_there_stays_until_something_new_comes(tmp_path: Path) -> None:
    """Opening empties nothing; writing leaves nothing of the old, even where it was longer."""
    path = tmp_path / "kept"
    path.write_bytes(b"something old and long")
    with Destination(path) as destination:
        assert path.read_bytes() == b"something old and long"
        with destination.writing() as file:
            file.write(b"new")
    assert path.read_bytes() == b"new"


def test_nothing_written_leaves_no_trace(tmp_path: Path) -> None:
    """A file that was made for nothing is gone, an old one is as it was."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"old")
    for path in (old, new):
        with Destination(path):
            assert path.exists()
    assert old.read_bytes() == b"old"
    assert not new.exists()


def test_a_wrong_path_shows_at_once(tmp_path: Path) -> None:
    """A folder that is not there is an error before any work is done."""
    with pytest.raises(FileNotFoundError):
        Destination(tmp_path / "nowhere" / "file")


def test_a_full_disk_names_the_file() -> None:
    """What fails in the end says where."""
    with Destination(Path("/dev/full")) as destination:
        with pytest.raises(OSError, match="No space left") as caught, destination.writing() as file:
            file.write(b"x")
        assert caught.value.filename == "/dev/full"


def test_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    """What cannot be emptied need not be."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with Destination(path) as destination, destination.writing() as file:
        file.write(b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """A pipe is written as far as somebody reads it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with Destination(path) as destination, destination.writing() as file:
        os.close(reader)
        file.write(b"to nobody")
