"""An open folder -> the declarations in it, one per file, in the order of their file names."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

T = TypeVar("T")


def declarations(folder: str, kind: type[T]) -> tuple[T, ...]:
    """Every `kind` declared in the package `folder`, such as `ftpdiag.causes`.

    A file that declares none, or more than one, is a mistake of its author: TypeError.
    """
    return tuple(_declaration(f"{folder}.{name}", kind) for name in sorted(_files(folder)))


def declaration(folder: str, name: str, kind: type[T]) -> T:
    """The one declared in the file `name`; KeyError when there is no such file."""
    if name not in _files(folder):
        raise KeyError(name)
    return _declaration(f"{folder}.{name}", kind)


def names(folder: str) -> tuple[str, ...]:
    """The file names of an open folder, without importing them."""
    return tuple(sorted(_files(folder)))


def _files(folder: str) -> set[str]:
    return {info.name for info in iter_modules(import_module(folder).__path__)}


def _declaration(module: str, kind: type[T]) -> T:
    found = [value for value in vars(import_module(module)).values() if isinstance(value, kind)]
    if len(found) != 1:
        raise TypeError(f"{module} must declare exactly one {kind.__name__}, it declares {len(found)}")
    return found[0]
