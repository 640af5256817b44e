"""What the README promises in words."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest
from typer.main import get_command

from ftpdiag.cli import app
from ftpdiag.vocabulary import Confidence, Exit, Location, Verdict

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.parametrize("word", [*Verdict, *Confidence, *Location])
def test_every_word_of_a_report_is_explained(word: str) -> None:
    """Whoever meets a verdict, a confidence or a place in a report finds it here."""
    assert f"**{word}**" in README


def test_exit_codes() -> None:
    """The table has every code that the command ends with, and no other."""
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert told == {*Exit}


def test_options() -> None:
    """Every option that the README shows is one of the command's."""
    commands = get_command(app).commands.values()  # type: ignore[attr-defined]  # it is a group of them
    known = set(chain.from_iterable(option.opts for command in commands for option in command.params))
    shown = {
        word for line in README.splitlines() if "ftpdiag probe" in line for word in re.findall(r" (--[a-z-]+)", line)
    }
    assert shown
    assert shown <= known | {"--help"}
