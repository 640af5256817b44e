"""A command that tells more -> the same with all that the user typed: nobody has to put target and options together.

Texts write `$target` where the target stands; `$target_implicit` for its port of implicit TLS, `$target_elsewhere` for
another control port, `$target_file` for a file of it. Of a capture these are the server's address and port.
"""

from __future__ import annotations

import re
import shlex
from urllib.parse import quote

from ftpdiag.model import Source, Target, Tls

IN_GENERAL: dict[str, str] = {
    "target": "$host:$port",
    "target_implicit": "ftps://$host",
    "target_elsewhere": "$host:PORT",
    "target_file": "ftp://USER@$host:$port/pub/file",
}
"""What a template has in their place where nothing was typed."""

_COMMAND = re.compile(r"ftpdiag probe(?P<new>[^$\n]*)\$(?P<target>target\w*)(?P<rest>.*)")

_AGAINST = {
    "--ca-file": "--insecure",
    "--insecure": "--ca-file",
    "--save": "--no-sniff",
    "--tls explicit": "--also-port",
    "--tls implicit": "--also-port",
    "target_implicit": "--tls",
    "target_file": "--verb",
}
"""What cannot stand beside it."""

_SCHEMES = {Tls.IMPLICIT: "ftps", Tls.EXPLICIT: "ftpes", None: "ftp"}
_PORTS = {Tls.IMPLICIT: 990, Tls.EXPLICIT: 21, None: 21}

_LONGEST = 300.0
"""Seconds that --timeout may have."""


def completed(text: str, source: Source) -> str:
    """`text`, complete; as it is where nobody typed a target."""
    target = source.target
    return _COMMAND.sub(lambda match: _command(match, target, source.typed), text) if target else text


def _command(match: re.Match[str], target: Target, typed: tuple[tuple[str, ...], ...]) -> str:
    """What is new comes first, then what was typed, as far as that can stay."""
    new, which, rest = match.group("new", "target", "rest")
    gone = {*re.findall(r"--[a-z-]+", new + rest), *(_AGAINST[one] for one in _AGAINST if one in f"{new}{which}{rest}")}
    kept = [word for words in typed if words[0] not in gone for word in words]
    waited = max((float(words[1]) for words in typed if words[0] == "--timeout"), default=0.0)
    longer = re.sub(r"(?<=--timeout )\d+", lambda one: f"{max(float(one[0]), min(4 * waited, _LONGEST)):g}", new)
    return f"ftpdiag probe{longer}{shlex.join([_url(target, which, new), *kept])}{rest}"


def _url(target: Target, which: str, new: str) -> str:
    """The target as it was typed, or changed as `which` says; --tls among what is new says what the scheme said."""
    secured = None if "--tls" in new else target.tls
    if which == "target" and secured is target.tls:
        return target.given
    tls = Tls.IMPLICIT if which == "target_implicit" else secured
    host = f"[{target.host}]" if ":" in target.host else target.host
    port = "" if which == "target_implicit" or target.port == _PORTS[tls] else f":{target.port}"
    port = ":PORT" if which == "target_elsewhere" else port
    path = "path/to/file" if which == "target_file" else quote(target.path or "")
    user = f"{quote(target.user, safe='')}@" if target.user else ""
    return f"{_SCHEMES[tls]}://{user}{host}{port}/{path}".removesuffix("/" if not path else "")
