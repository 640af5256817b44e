"""A user's name as it was typed -> an Account. The password comes from where no other user can see it.

What is wrong with either is a ValueError of one sentence, which shows no password.
"""

from __future__ import annotations

import getpass
import netrc
import os
import sys
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path

from ftpdiag.session import ANONYMOUS, Account

PASSWORD_VARIABLE = "FTPDIAG_PASSWORD"  # noqa: S105  the name of a variable, not a password


def without_password(user: str | None) -> str | None:
    """What may be a password, as in `user:password`, is not taken, and shown to nobody."""
    if user and ":" in user:
        raise ValueError(
            "A password on the command line is visible to every user of this machine; "
            f"use {PASSWORD_VARIABLE}, --password-file, ~/.netrc or the prompt. "
            "A colon that belongs to the user's name is %3A in ftp://USER@HOST."
        )
    return user


def one_line(text: str) -> str:
    """A text that can be an argument of a command."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("A user, a password or a path must be text in UTF-8; this one is not.") from None
    if any(ord(char) < ord(" ") for char in text):
        raise ValueError("A user, a password or a path with control characters cannot be sent on one command line.")
    return text


def account(user: str | None, host: str, password_file: Path | None) -> Account:
    """Who logs in: nobody named is anonymous. A password comes from where no other user can see it."""
    if user is None and password_file:
        raise ValueError("--password-file is for a user, and none is named; add --user, or write ftp://user@host.")
    if user is None or (user == ANONYMOUS and not password_file):
        return Account()
    return Account(user=user, password=_password(user, host, password_file))


def _password(user: str, host: str, file: Path | None) -> str:
    if file:
        return one_line(_first_line(file))
    if PASSWORD_VARIABLE in os.environ:
        return one_line(os.environ[PASSWORD_VARIABLE])
    refused = "~/.netrc"
    try:
        known = _netrc(user, host)
    except ValueError as reason:
        known, refused = None, f"~/.netrc, which was not read: {reason}"
    if known is not None:
        return one_line(known)
    with suppress(EOFError):  # at the prompt
        if sys.stdin and sys.stdin.isatty():
            return one_line(getpass.getpass(f"Password for {user}@{host}: "))
    raise ValueError(f"There is no password for {user}: set {PASSWORD_VARIABLE}, use --password-file or {refused}.")


def _first_line(file: Path) -> str:
    """Without the mark that some editors begin a file with, and the CR that they end a line with.

    A file that cannot be read is a ValueError.
    """
    try:
        content = file.read_bytes()
    except OSError as failure:
        raise ValueError(
            f"--password-file {file} cannot be read ({failure.strerror}): name a file that you may read."
        ) from None
    line = content.removeprefix(BOM_UTF8).partition(b"\n")[0].removesuffix(b"\r")
    return line.decode(errors="surrogateescape")


def _netrc(user: str, host: str) -> str | None:
    """The password in ~/.netrc, if it has one. A file that is there and not to be used is a ValueError."""
    try:
        found = netrc.netrc().authenticators(host)
    except FileNotFoundError:
        return None
    except OSError as failure:
        raise ValueError(failure.strerror) from None
    except UnicodeDecodeError:
        raise ValueError("it is no text") from None
    except netrc.NetrcParseError as wrong:  # its words may hold a password
        reason = f"line {wrong.lineno} makes no sense" if wrong.lineno else "make it yours alone (chmod 600 ~/.netrc)"
        raise ValueError(reason) from None
    return found[2] or "" if found and found[0] == user else None
