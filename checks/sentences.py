"""What went wrong, in one plain sentence: exceptions of the machine put into words for a person."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl

from checks.model import CheckError

_ERRNO = {
    errno.ECONNREFUSED: "connection refused: nothing listens there",
    errno.ECONNRESET: "the other side closed the connection in the middle",
    errno.EPIPE: "the other side closed the connection in the middle",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "the network cannot be reached",
    errno.ETIMEDOUT: "the connection timed out",
    errno.EMFILE: "this process has too many files open",
    errno.EACCES: "permission denied",
    errno.ENOENT: "no such file",
}


def explain(reason: BaseException) -> str:
    """One sentence without the names of classes or modules. Its text may still hold secrets: redact it."""
    if isinstance(reason, CheckError):
        return str(reason)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {reason.verify_message}"
    if isinstance(reason, ssl.SSLError):
        return f"TLS failed: {(reason.reason or 'unknown reason').replace('_', ' ').lower()}"
    if isinstance(reason, socket.gaierror):
        return "the host name does not resolve"
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, asyncio.IncompleteReadError):
        return "the other side closed the connection in the middle"
    if isinstance(reason, ExceptionGroup):
        return explain(reason.exceptions[0])
    if isinstance(reason, OSError):
        return _of_os(reason)
    cause = reason.__cause__ or reason.__context__
    if cause is not None and isinstance(cause, OSError):
        return explain(cause)
    return f"the check itself failed: {type(reason).__name__}: {reason}"


def _of_os(reason: OSError) -> str:
    known = _ERRNO.get(reason.errno or 0)
    if known is None:
        return reason.strerror or str(reason) or "the system refused"
    return f"{known}: {reason.filename}" if reason.filename and reason.errno in (errno.ENOENT, errno.EACCES) else known
