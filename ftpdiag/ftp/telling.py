"""What replies tell about the server and about us, beside what was asked."""

from __future__ import annotations

import ipaddress
import re

from ftpdiag.model import Reply

_SEEN_AS = r"[Cc]onnected (?:to|from) +(?:[^\s(]* *\()?([0-9A-Fa-f:.]*[0-9A-Fa-f])"


def client_seen_as(status: Reply) -> str | None:
    """Our address as STAT reports it (vsftpd `Connected to`, ProFTPD `Connected from`); None where it does not.

    pyftpdlib names its own address there, after `Connected to:` with a colon, and is not believed.
    """
    for line in status.lines:
        if found := re.search(_SEEN_AS, line):
            try:
                address = ipaddress.ip_address(found[1])
            except ValueError:
                continue
            mapped = getattr(address, "ipv4_mapped", None)
            return str(mapped or address)
    return None


_PRODUCTS = (
    r"(?i)\b(vsFTPd(?: [\d.]+)?|ProFTPD(?: [\d.]+\w*)?|Pure-FTPd|FileZilla Server(?: (?:version )?[\d.]+\w*)?"
    r"|pyftpdlib(?: [\d.]+)?|Microsoft FTP Service|Serv-U(?: FTP Server)?(?: v?[\d.]+)?|Gene6 FTP Server"
    r"|Bitvise|WU-FTPD?|glFTPd(?: [\d.]+)?|CrushFTP|Wing FTP Server|ftpserverlib|Apache FtpServer|bftpd(?: [\d.]+)?)"
)


def product_in(text: str) -> str | None:
    """The server's name and version where a greeting, SYST or STAT reply tells it."""
    found = re.search(_PRODUCTS, text)
    return found[1] if found else None


def offers_tls(features: Reply) -> bool:
    """Whether FEAT lists AUTH TLS (RFC 4217 §6; some list `AUTH SSL;TLS` or `AUTH TLS-C`, some after `211-`)."""
    return any(re.match(r"(?:211-)?\s*AUTH\b.*\bTLS\b", line, re.IGNORECASE) for line in features.lines)


_OUT_OF_SERVICE = (
    r"(?i)too many (?!(failed|auth|login|bad|invalid))|maximum|max(imum)? (clients|users|connections|number)"
    r"|already (logged|connected)|not available|unavailable|try (again )?later|shut ?ting down|shut ?down"
)


def out_of_service(reply: Reply) -> bool:
    """Whether a refusal speaks of limits, or of the server as a whole, and not of the user."""
    return not reply.positive and bool(re.search(_OUT_OF_SERVICE, reply.text))


_WANTS_TLS = (
    r"(?i)\b(tls|ssl|ftps|encrypt\w*|clear ?text|plain ?text|plain ftp|AUTH first"
    r"|secure (?:control |ftp )?(?:connection|session|channel|login))\b"
)
_LACKS_TLS = (
    r"(?i)\b(?:auth|tls|ssl)\b[^,;.]*\b(?:not|un) ?(?:allow|support|underst|implement|avail|enabl|config|recogni)"
    r"|\b(?:not|n't) (?:allow|support|understand|recogni[sz]e) (?:auth|tls|ssl)\b"
)


def wants_tls(reply: Reply) -> bool:
    """Whether a refusal says that the session must be encrypted first, and not that it cannot be."""
    return not reply.positive and bool(re.search(_WANTS_TLS, reply.text)) and not re.search(_LACKS_TLS, reply.text)
