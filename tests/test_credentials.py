"""Who logs in, and where the password comes from."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import pytest

from ftpdiag.credentials import PASSWORD_VARIABLE, account
from ftpdiag.session import Account


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own, no password in the environment, and nobody at the terminal."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    return tmp_path


def netrc(home: Path, text: str, mode: int = 0o600) -> None:
    """Write ~/.netrc."""
    file = home / ".netrc"
    file.write_text(text)
    file.chmod(mode)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("user", [None, "anonymous"])
def test_anonymous_needs_no_password(user: str | None) -> None:
    """Nobody is asked for a password that nobody has."""
    assert account(user, "host", None) == Account()


@pytest.mark.usefixtures("home")
def test_password_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line of the file, without its end, comes before the environment."""
    file = tmp_path / "password"
    file.write_text("s3cret words\nnot this\n")
    monkeypatch.setenv(PASSWORD_VARIABLE, "other")
    assert account("alice", "host", file).password == "s3cret words"


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"\xef\xbb\xbfs3cret\n", "s3cret"),
        (b"s3cret\r\nnot this\r\n", "s3cret"),
        ("s3\u2028cr\u0085et \n".encode(), "s3\u2028cr\u0085et "),
    ],
    ids=["byte order mark", "CR", "other ends of lines"],
)
def test_password_file_of_some_editor(content: bytes, password: str, tmp_path: Path) -> None:
    """What an editor puts around a line is none of the password; only LF ends it."""
    file = tmp_path / "password"
    file.write_bytes(content)
    assert account("alice", "host", file).password == password


def test_password_file_of_nobody(tmp_path: Path) -> None:
    """A password without a user would be ignored: the user hears of it instead."""
    with pytest.raises(ValueError, match="--password-file is for a user, and none is named"):
        account(None, "h", tmp_path / "secret")


def test_password_file_of_anonymous(tmp_path: Path) -> None:
    """Some servers know anonymous users by what they give as a password."""
    (tmp_path / "secret").write_text("me@example.org\n")
    assert account("anonymous", "h", tmp_path / "secret").password == "me@example.org"


@pytest.mark.usefixtures("home")
def test_password_file_of_another_encoding(tmp_path: Path) -> None:
    """A password that is no UTF-8 is said to be so, and not shown."""
    file = tmp_path / "password"
    file.write_bytes(b"s3cr\xe9t\n")
    with pytest.raises(ValueError, match="must be text in UTF-8") as caught:
        account("alice", "host", file)
    assert "s3cr" not in str(caught.value)


def test_password_file_that_cannot_be_read(tmp_path: Path) -> None:
    """The option is named, and what to do."""
    with pytest.raises(ValueError, match=r"^--password-file .* cannot be read \(Is a directory\): name a file that"):
        account("alice", "host", tmp_path)


def test_empty_password_file(tmp_path: Path) -> None:
    """An empty file is an empty password."""
    file = tmp_path / "password"
    file.touch()
    assert account("alice", "host", file).password == ""


@pytest.mark.usefixtures("home")
def test_password_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is asked before ~/.netrc."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "s3cret")
    assert account("alice", "host", None).password == "s3cret"


def test_netrc(home: Path) -> None:
    """The entry of the host counts, and only for its own user."""
    netrc(home, "machine host login alice password s3cret\n")
    assert account("alice", "host", None).password == "s3cret"
    with pytest.raises(ValueError, match="There is no password for bob"):
        account("bob", "host", None)


@pytest.mark.parametrize("text", [None, "", "machine other login alice password s3cret\n"])
def test_netrc_that_does_not_help(home: Path, text: str | None) -> None:
    """Where ~/.netrc is about other hosts, or not there, the sentence says what to use."""
    if text is not None:
        netrc(home, text)
    with pytest.raises(ValueError, match="There is no password for alice") as caught:
        account("alice", "host", None)
    sentence = str(caught.value)
    assert sentence.endswith(f": set {PASSWORD_VARIABLE}, use --password-file or ~/.netrc.")


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("machine host login alice password s3cret\n", 0o644, "make it yours alone (chmod 600 ~/.netrc)."),
        ("machine host login alice\ns3cret\n", 0o600, "line 3 makes no sense."),
        ("machine", 0o600, "line 1 makes no sense."),
    ],
)
def test_netrc_that_is_refused(text: str, mode: int, reason: str, home: Path) -> None:
    """A ~/.netrc that is not used is not passed over in silence, and nothing in it is shown."""
    netrc(home, text, mode)
    with pytest.raises(ValueError, match="There is no password for alice") as caught:
        account("alice", "host", None)
    sentence = str(caught.value)
    assert sentence.endswith(f"use --password-file or ~/.netrc, which was not read: {reason}")
    assert "s3cret" not in sentence


def test_netrc_that_is_no_file(home: Path) -> None:
    """What the system says of it is said."""
    (home / ".netrc").mkdir()
    with pytest.raises(ValueError, match="which was not read: Is a directory"):
        account("alice", "host", None)


@pytest.mark.usefixtures("home")
def test_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody at the terminal is asked, by user and host."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "s3cret"

    monkeypatch.setattr(getpass, "getpass", answer)
    assert account("alice", "host", None).password == "s3cret"
    assert asked == ["Password for alice@host: "]


@pytest.mark.usefixtures("home")
def test_password_that_would_be_two_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password with a line end in it would be two commands; it is not shown either."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "s3cret\r\nDELE a")
    with pytest.raises(ValueError, match="control characters") as caught:
        account("alice", "host", None)
    assert "s3cret" not in str(caught.value)
