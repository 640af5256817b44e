"""TLS on a control or data connection: a connected socket in, an encrypted one or the reason why not out."""

from __future__ import annotations

import errno
import os
import socket
import ssl

from ftpdiag.model import Ending
from ftpdiag.recording.connect import seconds, words
from ftpdiag.recording.plan import Plan, Trust


def context_for(plan: Plan) -> ssl.SSLContext:
    """One context for a session's control and data connections: only then can the data resume the control's session."""
    if plan.trust is Trust.NOTHING:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # Whoever asks for no verification wants to reach an old server as well.
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context
    return ssl.create_default_context(cadata=plan.authorities)


def secured(
    context: ssl.SSLContext, sock: socket.socket, name: str, session: ssl.SSLSession | None = None
) -> ssl.SSLSocket:
    """TLS as the client over `sock`. OSError or ValueError where it fails.

    Python loses a socket that was reset before it is wrapped, or whose peer has an impossible name, and takes one that
    is no longer connected for one that is to be: none of them gets there.
    """
    name.encode("idna")
    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))
    try:
        sock.getpeername()
    except OSError as failure:
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)) from failure
    return context.wrap_socket(sock, server_hostname=name, session=session)


def ending(failure: Exception) -> Ending:
    """How a failed TLS handshake ended the connection."""
    match failure:
        case ssl.SSLCertVerificationError():
            return Ending.UNTRUSTED
        case TimeoutError():
            return Ending.STALLED
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return Ending.FINISHED
        case ConnectionError():
            return Ending.RESET
    return Ending.TLS_FAILED


def reason(failure: Exception, wait: float) -> str:
    """What went wrong in a TLS handshake, in one sentence."""
    match failure:
        case ssl.SSLCertVerificationError():
            return f"The server's certificate does not verify: {failure.verify_message}."
        case TimeoutError():
            return f"The TLS handshake was not answered within {seconds(wait)}."
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return "The connection was closed in the middle of the TLS handshake."
        case ConnectionError():
            return "The connection was reset in the middle of the TLS handshake."
    return f"The TLS handshake failed: {words(failure)}."
