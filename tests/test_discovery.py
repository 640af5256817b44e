"""An open folder holds exactly one declaration per file, and a file added is a declaration found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftpdiag.cause import Cause
from ftpdiag.discovery import declaration, declarations, names
from ftpdiag.report.format import Format
from ftpdiag.session import Handshake

FOLDERS: list[tuple[str, type]] = [
    ("ftpdiag.handshakes", Handshake),
    ("ftpdiag.causes", Cause),
    ("ftpdiag.formats", Format),
]


@pytest.mark.parametrize(("folder", "kind"), FOLDERS)
def test_open_folders(folder: str, kind: type) -> None:
    """Every file of an open folder declares exactly one thing, in the order of the file names."""
    assert list(names(folder)) == sorted(names(folder)) != []
    assert len(declarations(folder, kind)) == len(names(folder))


def test_causes_have_the_names_of_their_files() -> None:
    """A cause is found under the name that reports call it by."""
    files = [name.replace("_", "-") for name in names("ftpdiag.causes")]
    assert [cause.name for cause in declarations("ftpdiag.causes", Cause)] == files


def test_handshakes_have_the_names_of_their_files() -> None:
    """A handshake is found under the name of its method."""
    assert [one.method.lower() for one in declarations("ftpdiag.handshakes", Handshake)] == list(
        names("ftpdiag.handshakes")
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty open folder that can be imported as `an_open_folder`."""
    package = tmp_path / "an_open_folder"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for name in [name for name in sys.modules if name.startswith("an_open_folder")]:
        del sys.modules[name]


def test_added_file(folder: Path) -> None:
    """Adding a file adds its declaration; nothing else is touched."""
    (folder / "second.py").write_text("number = 2\nname = 'second'\n")
    (folder / "first.py").write_text("number = 1\n_text = 'not a number'\n")
    assert declarations("an_open_folder", int) == (1, 2)
    assert declaration("an_open_folder", "second", int) == 2
    assert names("an_open_folder") == ("first", "second")


@pytest.mark.parametrize("source", ["", "one, two = 1, 2\n"])
def test_not_exactly_one(folder: Path, source: str) -> None:
    """A file that declares nothing, or two things, is its author's mistake, and is named."""
    (folder / "wrong.py").write_text(source)
    with pytest.raises(TypeError, match=r"an_open_folder\.wrong must declare exactly one int"):
        declarations("an_open_folder", int)


def test_no_such_file(folder: Path) -> None:
    """What is not in the folder is a KeyError, also where something outside has the name."""
    assert folder.is_dir()
    with pytest.raises(KeyError):
        declaration("an_open_folder", "os", int)
