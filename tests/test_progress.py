from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftpdiag.progress import Place

SIZES = (1000, 500, 300)


def test_several_files_at_a_time(tmp_path: Path) -> None:
    """What was read of files side by side is added up, and what was read of those that are closed stays counted."""
    paths = [tmp_path / str(size) for size in SIZES]
    for path, size in zip(paths, SIZES, strict=True):
        path.write_bytes(bytes(size))
    place = Place()
    with paths[0].open("rb", buffering=0) as one, paths[1].open("rb", buffering=0) as other:
        for file in (one, other):
            place.begun(file)  # type: ignore[arg-type]  # a file without a buffer shows its place at once
        one.read(10)
        other.read(20)
        assert place.bytes == 30
        one.read()
        other.read()
    with paths[2].open("rb", buffering=0) as last:
        place.begun(last)  # type: ignore[arg-type]
        last.read(7)
        assert place.bytes == 1507
    place.over()


def test_a_pipe_has_no_place() -> None:
    """How much will come of it nobody knows."""
    reader, writer = os.pipe()
    place = Place()
    with os.fdopen(reader, "rb") as file:
        place.begun(file)
        os.close(writer)
        with pytest.raises(OSError, match="seek"):
            _ = place.bytes
    place.over()
