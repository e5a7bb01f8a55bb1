"""GET requests to untrusted servers, over HTTPS only and within limits of time and size.

We use the standard library. Neither it nor requests or urllib3 limits the time of a whole response
(their timeouts restart with every byte), and all of them read the body of a redirect without a
limit. Here, a deadline applies to every byte read from a connection (status line, headers, chunks,
trailers), and the body of a redirect is not read. Compressed responses are never decompressed.
"""

import re
import ssl
import string
import time
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Any
from urllib.error import URLError
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from urllib.request import AbstractHTTPHandler, OpenerDirector, ProxyHandler, Request

from neuro_attn.errors import InputError
from neuro_attn.registry.limits import Limits

_BLOCK = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_HOST_AND_PORT = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_LONGEST_SHOWN = 200
_ALLOWED = "Only https is used, and http on this machine."


class BrokenConnectionError(Exception):
    """Raised if a connection fails or is too slow; another attempt may succeed."""


def shown(text: object) -> str:
    """Return text from a server, shortened for a message."""
    text = str(text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


# --- a response with a deadline ------------------------------------------------------------------


class _Timed(RawIOBase):
    """Bytes of a socket, readable until a deadline, in s of the monotonic clock."""

    def __init__(self, raw: RawIOBase, connection: socket, deadline: float):
        super().__init__()
        self._raw, self._connection, self.deadline = raw, connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class Response(HTTPResponse):
    """Response whose status line, headers and body must arrive before a deadline."""

    def __init__(self, connection: socket, *arguments: Any, deadline: float, **options: Any):
        super().__init__(connection, *arguments, **options)
        self._timed = _Timed(self.fp.detach(), connection, deadline)
        self.fp = BufferedReader(self._timed)

    def allow(self, seconds: float) -> None:
        """Set the deadline to `seconds` from now."""
        self._timed.deadline = time.monotonic() + seconds

    def block(self) -> bytes:
        """Return the next bytes of the body, empty at its end.

        Raises
        ------
        BrokenConnectionError
            If the connection fails or the deadline passes.
        """
        try:
            return self.read1(_BLOCK)
        except (OSError, HTTPException, ValueError) as error:
            raise BrokenConnectionError(_reason(error)) from None


class _Connection(HTTPConnection):
    def __init__(self, *arguments: Any, deadline: float, **options: Any):
        super().__init__(*arguments, **options)
        self.response_class = partial(Response, deadline=deadline)  # type: ignore[assignment]


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Handler(AbstractHTTPHandler):
    """Opens connections with a deadline and returns every response, whatever its status."""

    def __init__(self, context: ssl.SSLContext, deadline: float):
        super().__init__()
        self._context, self._deadline = context, deadline

    http_request = https_request = AbstractHTTPHandler.do_request_

    def http_open(self, request: Request) -> HTTPResponse:
        return self.do_open(partial(_Connection, deadline=self._deadline), request)

    def https_open(self, request: Request) -> HTTPResponse:
        secure = partial(_SecureConnection, deadline=self._deadline, context=self._context)
        return self.do_open(secure, request)


def _reason(error: BaseException) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "no complete answer in time"
    return shown(cause) or type(error).__name__


# --- requests ------------------------------------------------------------------------------------


class Client:
    """HTTP client that sends requests within limits.

    Parameters
    ----------
    limits : Limits
        Limits of time and size.
    """

    def __init__(self, limits: Limits):
        self._limits = limits
        self._context = ssl.create_default_context()

    def get(self, address: str, start: int = 0) -> Response:
        """Send a request and return the response, which the caller must close.

        Parameters
        ----------
        address : str
            HTTPS address, or HTTP address on this machine. The same rule applies to redirects, and
            no other machine may redirect to this one.
        start : int
            First byte to request.

        Raises
        ------
        InputError
            If the address or a redirect is not allowed.
        BrokenConnectionError
            If there is no response.
        """
        if (first := _parts(address)) is None:
            raise InputError(shown(address), "is not an https address.", _ALLOWED)
        deadline = time.monotonic() + self._limits.answer
        current = address
        for _ in range(self._limits.redirects + 1):
            response = self._ask(current, start, deadline)
            if response.status not in _REDIRECTS:
                return response
            with response:
                location = response.headers.get("Location")
            if not location:
                raise InputError(shown(current), "redirects, but does not state where.")
            current = _followed(current, str(location), first)
        raise InputError(shown(address), f"redirects more than {self._limits.redirects} times.")

    def read(self, address: str) -> bytes:
        """Return the body of a response that is not a file, such as a page of a list.

        Raises
        ------
        InputError
            If the server cannot be reached, refuses the request, or exceeds a limit.
        """
        longest = self._limits.answer_bytes
        body = bytearray()
        try:
            with self.get(address) as response:
                if response.status != 200:
                    raise refused(address, response)
                encoding = response.headers.get("Content-Encoding", "identity")
                if encoding != "identity":
                    raise InputError(
                        shown(address),
                        f"answers with {shown(encoding)} encoding, which was not requested.",
                    )
                while block := response.block():
                    body += block
                    if len(body) > longest:
                        raise InputError(
                            shown(address), f"answers with more than {longest} bytes.", "Too long."
                        )
                if response.length:
                    raise BrokenConnectionError(f"{response.length} bytes are missing")
        except BrokenConnectionError as error:
            raise InputError(shown(address), f"cannot be reached ({error}).") from None
        return bytes(body)

    def _ask(self, address: str, start: int, deadline: float) -> Response:
        headers = {"User-Agent": "neuro-attn", "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        # Requests to this machine must not be sent through a proxy.
        local = urlsplit(address).hostname in _LOCAL
        opener = OpenerDirector()
        opener.add_handler(ProxyHandler({} if local else None))
        opener.add_handler(_Handler(self._context, deadline))
        left = min(self._limits.connect, deadline - time.monotonic())
        try:
            if left <= 0:
                raise TimeoutError
            return opener.open(Request(address, headers=headers), timeout=left)
        except (OSError, HTTPException, ValueError) as error:
            raise BrokenConnectionError(_reason(error)) from None


def refused(address: str, response: Response) -> InputError:
    """Return the error for a refused request, with the status of the response."""
    reason = f" ({shown(response.reason)})" if response.reason else ""
    return InputError(shown(address), f"the archive answers {response.status}{reason}.")


def _followed(current: str, location: str, first: SplitResult) -> str:
    """Return the address of a redirect.

    Raises
    ------
    InputError
        If the address is not allowed.
    """
    try:
        address = urljoin(current, quote(location, safe=string.punctuation))
    except ValueError:
        address = location
    parts = _parts(address)
    if parts is None or (parts.scheme == "http" and first.scheme == "https"):
        raise InputError(
            shown(current),
            f"redirects to {shown(address)}, which is not an https address.",
            _ALLOWED,
        )
    if parts.hostname in _LOCAL and first.hostname not in _LOCAL:
        raise InputError(
            shown(current), f"redirects to {shown(address)}, which is on this machine.", _ALLOWED
        )
    return address


def _parts(address: str) -> SplitResult | None:
    """Return the parts of an address, or None if it is not allowed."""
    if not (address.isascii() and address.isprintable() and " " not in address):
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    # User names and backslashes are refused, because parsers can disagree on the host.
    if not _HOST_AND_PORT.fullmatch(parts.netloc):
        return None
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    return parts if secure else None
