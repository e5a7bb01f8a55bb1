"""Whatever a server sends, the command ends with one message and touches nothing else.

Every behaviour meets the real command over a real connection. The limits are those of a download,
only smaller.
"""

import gzip
import itertools
import json
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import registry
from neuro_attn.command_line import main
from neuro_attn.errors import PREFIX, InputError
from neuro_attn.registry import listing, transfer
from neuro_attn.registry.client import BrokenConnectionError, Client
from neuro_attn.registry.limits import Limits
from tests.registry.conftest import CERTIFICATE, Archive, serving

Act = Callable[[BaseHTTPRequestHandler], None]

STAGES = ("list", "digest", "file")
FILE = "sub-1/a.nwb"
CONTENT = bytes(range(256)) * 40
PATIENT = Limits(
    connect=200,
    answer=200,
    window=200,
    answer_bytes=20_000,
    entries=50,
    attempts=2,
    progress=1000,
    pause=0,
)
"""For behaviours that are seen at once: the time does not matter."""
HASTY = Limits(connect=0.2, answer=0.2, listing=1, window=0.2, attempts=2, progress=20_000, pause=0)
"""For those that only time ends."""
HANGS = 300
"""Seconds after which a test fails rather than wait."""


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    def fail(*_: object) -> None:
        raise AssertionError(f"this does not end within {HANGS} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(HANGS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def said(tmp_path: Path, archive: Archive, monkeypatch, capsys) -> Callable[..., str]:
    """Return a function that downloads, holds what must hold of any failure, and returns it."""
    (tmp_path / "outside.nwb").write_bytes(b"mine")
    folder = tmp_path / "data"

    def run(limits: Limits) -> str:
        monkeypatch.setattr(transfer, "LIMITS", limits)
        arguments = ["download", "steinmetz", "--data", str(folder), "--archive", archive.address]
        assert main(arguments) == 1
        out, message = capsys.readouterr()
        assert out == ""
        assert message.startswith(PREFIX)
        assert message.count("\n") == 1
        assert message.rstrip("\n").isprintable()
        assert len(message) < 1500
        # Beside what was there, there is at most the beginning of a file, under no file's name.
        outside = [path for path in tmp_path.iterdir() if path != folder]
        assert [path.read_bytes() for path in outside] == [b"mine"]
        for path in filter(Path.is_file, folder.rglob("*")):
            assert path.parent == folder / "steinmetz/sub-1"
            assert path.name.startswith(".partial-")
            assert path.read_bytes()
            assert CONTENT.startswith(path.read_bytes())
        return message

    archive.content = {FILE: CONTENT}
    return run


# --- connections ---------------------------------------------------------------------------------


def raw(*parts: bytes) -> Act:
    """Send these bytes, then close the connection."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        for part in parts:
            handler.wfile.write(part)

    return act


def held_open(*parts: bytes) -> Act:
    """Send these bytes, then nothing more until the client leaves."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        raw(*parts)(handler)
        handler.connection.recv(1)

    return act


def endless(begin: bytes, repeated: bytes) -> Act:
    """Send bytes as long as the client reads them."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        while True:
            handler.wfile.write(repeated)

    return act


def dripping(begin: bytes, repeated: bytes) -> Act:
    """Send a byte now and then: every wait is short, the whole has no end."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        handler.connection.settimeout(0.02)
        for byte in itertools.cycle(repeated):
            handler.wfile.write(bytes([byte]))
            try:
                if not handler.connection.recv(1):
                    return
            except TimeoutError:
                pass

    return act


def reset(handler: BaseHTTPRequestHandler) -> None:
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.shutdown(socket.SHUT_RD)
    handler.connection.close()


def redirect(location: bytes, body: Act | None = None) -> Act:
    def act(handler: BaseHTTPRequestHandler) -> None:
        raw(b"HTTP/1.1 302 Found\r\nLocation: ", location, b"\r\n\r\n")(handler)
        if body:
            body(handler)

    return act


def to_itself(handler: BaseHTTPRequestHandler) -> None:
    redirect(handler.path.encode())(handler)


def ever_on(handler: BaseHTTPRequestHandler) -> None:
    redirect(f"{handler.path}?x".encode())(handler)


def status(code: bytes, reason: bytes = b"Reason") -> Act:
    return raw(b"HTTP/1.1 ", code, b" ", reason, b"\r\nContent-Length: 0\r\n\r\n")


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"8000\r\n" + bytes(0x8000) + b"\r\n"
BOMB = gzip.compress(bytes(50_000_000))

SEEN_AT_ONCE: dict[str, tuple[Act, str]] = {
    "closes": (raw(), "the connection fails repeatedly|cannot be reached"),
    "resets": (reset, "the connection fails repeatedly|cannot be reached"),
    "speaks another protocol": (
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        "the connection fails repeatedly|cannot be reached",
    ),
    "a status line without an end": (endless(b"HTTP/1.1 200 ", b"O" * 4096), "status line"),
    "a status that is no number": (status(b"abc"), "abc"),
    "a header without an end": (endless(OK, b"X: " + b"x" * 4096), "header line"),
    "headers without an end": (endless(OK, b"X: x\r\n" * 100), "more than 100 headers"),
    "a body without an end": (
        endless(OK + b"\r\n", bytes(4096)),
        "more than 20000 bytes|sends more bytes",
    ),
    "chunks without an end": (endless(CHUNKED, CHUNK), "more than 20000 bytes|sends more bytes"),
    "a chunk of a size that is no number": (raw(CHUNKED, b"zz\r\nabc\r\n"), "IncompleteRead"),
    "a chunk of a negative size": (raw(CHUNKED, b"-5\r\n"), "IncompleteRead"),
    "a chunk that is cut off": (
        raw(CHUNKED, b"8000\r\n", CONTENT[:3]),
        "IncompleteRead|bytes arrived",
    ),
    "an extension of a chunk without an end": (endless(CHUNKED, b";x" * 2048), "chunk size"),
    "a body shorter than stated": (
        raw(OK, b"Content-Length: 10240\r\n\r\n", CONTENT[:100]),
        "bytes are missing|of 10240 bytes arrived",
    ),
    "a body longer than stated": (
        raw(OK, b"Content-Length: 20\r\n\r\n", CONTENT),
        "in JSON|states no SHA-256|sends 20 bytes",
    ),
    "a negative length": (raw(OK, b"Content-Length: -1\r\n\r\n"), "in JSON|no SHA-256|0 of 10240"),
    "a length of 5000 digits": (
        raw(OK, b"Content-Length: ", b"9" * 5000, b"\r\n\r\n"),
        "in JSON|no SHA-256|0 of 10240",
    ),
    "a length beyond 64 bits": (
        raw(OK, b"Content-Length: ", b"9" * 40, b"\r\n\r\n"),
        "bytes are missing|sends 9999",
    ),
    "a gzip bomb": (
        raw(OK, b"Content-Encoding: gzip\r\n\r\n", BOMB),
        "gzip encoding, which was not requested|sends more bytes",
    ),
    "a redirect to http elsewhere": (redirect(b"http://example.org/x"), "not an https address"),
    "a redirect to a file": (redirect(b"file:///etc/passwd"), "not an https address"),
    "a redirect to FTP": (redirect(b"ftp://127.0.0.1/x"), "not an https address"),
    "a redirect to data": (redirect(b"data:application/json,{}"), "not an https address"),
    "a redirect without an address": (redirect(b""), "does not state where"),
    "a redirect to a broken address": (redirect(b"http://[::1"), "not an https address"),
    "a redirect to a port beyond all": (redirect(b"http://127.0.0.1:99999/"), "not an https"),
    "a redirect that looks local": (redirect(b"http://127.0.0.1@example.org/"), "not an https"),
    "a redirect with a backslash": (redirect(b"http://example.org\\@127.0.0.1/"), "not an https"),
    "a redirect to a name that begins so": (redirect(b"http://127.0.0.1.example.org/"), "not an"),
    "a redirect with line ends": (redirect(b"http://127.0.0.1:1/\x0bGET /"), "cannot be|fails"),
    "a redirect to nobody": (redirect(b"http://127.0.0.1:1/"), "cannot be reached|fails"),
    "a redirect to an address of 60 kB": (redirect(b"http://a" + b"x" * 60_000), "not an https"),
    "a redirect to itself": (to_itself, "redirects more than 5 times"),
    "redirects without an end": (ever_on, "redirects more than 5 times"),
    "redirects whose bodies have no end": (
        lambda handler: redirect(handler.path.encode(), endless(b"", bytes(4096)))(handler),
        "redirects more than 5 times",
    ),
    "a reason that steers the terminal": (status(b"404", b"\x1b[2J\x07 gone"), "404"),
    "a reason of 60 kB": (status(b"404", b"x" * 60_000), "404"),
    **{
        f"status {code}": (status(str(code).encode()), f"{code} ")
        for code in (101, 103, 204, 206, 300, 304, 401, 403, 404, 410, 416, 418, 429, 500, 503, 999)
    },
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("behaviour", SEEN_AT_ONCE)
def test_a_server_that_misbehaves_is_one_message(archive, said, stage, behaviour):
    archive.acts[stage], expected = SEEN_AT_ONCE[behaviour]
    message = said(PATIENT)
    assert any(part in message for part in expected.split("|")), message
    assert archive.address in message


ENDED_BY_TIME: dict[str, Act] = {
    "silence": held_open(),
    "a status line in drops": dripping(b"", b"HTTP/1.1 200 " + b"O" * 10**5),
    "headers in drops": dripping(OK, b"X: x\r\n"),
    "a body that stops": held_open(OK, b"Content-Length: 10240\r\n\r\n", CONTENT[:100]),
    "a body in drops": dripping(OK + b"Content-Length: 10240\r\n\r\n", CONTENT),
    "chunks in drops": dripping(CHUNKED + b"1\r\n\0\r\n", b"0"),
    "trailers without an end": endless(CHUNKED + b"1\r\n\0\r\n0\r\n", b"X: x\r\n" * 1000),
    "answers that announce an answer": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("behaviour", ENDED_BY_TIME)
def test_a_server_that_takes_its_time_is_given_up(archive, said, stage, behaviour):
    archive.acts[stage] = ENDED_BY_TIME[behaviour]
    message = said(HASTY)
    assert "no complete answer in time" in message
    assert archive.address in message


# --- what is stated ------------------------------------------------------------------------------


def page(**changes: object) -> bytes:
    entry = {"asset_id": "0", "path": FILE, "size": len(CONTENT)} | changes
    return json.dumps({"results": [entry], "next": None}).encode()


LISTS: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>",
    "half a list": page()[:30],
    "another type": b"[]",
    "no keys": b"{}",
    "results of another type": b'{"results": 5, "next": null}',
    "an entry without keys": b'{"results": [{}], "next": null}',
    "an entry of another type": b'{"results": [[]], "next": null}',
    "no next page stated": b'{"results": []}',
    "a next page that is a number": b'{"results": [], "next": 5}',
    "bytes that are not UTF-8": page().replace(b"sub", b"\xff\xfe"),
    "half a character": page().replace(b"sub", b"\\ud800"),
    "lists in lists": b"[" * 19_000,
    "lists in lists in an unknown key": b'{"x": ' + b"[" * 9000 + b"]" * 9000 + b"}",
    "a size in text": page(size="5"),
    "a size with a fraction": page(size=5.5),
    "a size that is true": page(size=True),
    "no size": page(size=None),
    "a negative size": page(size=-1),
    "a size that is not a number": page(size=float("nan")),
    "an infinite size": page(size=float("inf")),
    "a size of 10^400": page().replace(str(len(CONTENT)).encode(), b"1e400"),
    "a size of 5000 digits": page().replace(str(len(CONTENT)).encode(), b"9" * 5000),
    "a size beyond all disks": page(size=10**17),
    "an identifier that climbs": page(asset_id="../../x"),
    "an identifier with a line end": page(asset_id="0\r\nHost: x"),
    "an identifier that is a number": page(asset_id=5),
    "a path that is a number": page(path=5),
    "no path": page(path=""),
    "a list that is too long": b" " * 20_000 + page(),
}


@pytest.mark.parametrize("content", LISTS)
def test_a_list_that_is_wrong_is_one_message(archive, said, content):
    archive.page = LISTS[content]
    message = said(PATIENT)
    assert not (archive.asked[1:])
    assert any(
        part in message
        for part in ("list of files of steinmetz", "more than", "states a size", "no file of")
    ), message


@pytest.mark.parametrize(
    "digest",
    [
        {},
        [],
        {"digest": None},
        {"digest": {}},
        {"digest": {"dandi:sha2-256": None}},
        {"digest": {"dandi:sha2-256": 5}},
        {"digest": {"dandi:sha2-256": "../../x"}},
        {"digest": {"dandi:sha2-256": "0" * 63}},
        {"digest": {"dandi:sha2-256": "0" * 64 + "\n"}},
        {"digest": {"dandi:sha2-256": float("nan")}},
        {"digest": {"dandi-etag": "x"}},
    ],
)
def test_a_digest_that_is_none_is_one_message(archive, said, digest):
    body = json.dumps(digest).encode()
    archive.acts["digest"] = raw(OK, b"\r\n", body)
    assert "states no SHA-256 digest" in said(PATIENT)


def pages(following: Callable[[str, int], object], results: str = "[]") -> Act:
    """Answer every page with a page that names another."""
    numbers = itertools.count(1)

    def act(handler: BaseHTTPRequestHandler) -> None:
        address = f"http://{handler.headers['Host']}{handler.path}"
        more = json.dumps(following(address, next(numbers)))
        raw(OK, b"\r\n", f'{{"results": {results}, "next": {more}}}'.encode())(handler)

    return act


def with_number(address: str, number: int) -> str:
    return f"{address.split('&n=')[0]}&n={number}"


@pytest.mark.parametrize(
    ("following", "expected"),
    [
        (lambda address, number: address, "returns to this page"),
        (lambda address, number: with_number(address, number % 5), "returns to this page"),
        (with_number, "more than 50 files"),
        (lambda address, number: "http://127.0.0.1:1/", "continues on another server"),
        (lambda address, number: "file:///etc/passwd", "continues on another server"),
        (lambda address, number: "http://[::1", "continues on another server"),
        (lambda address, number: "", "continues on another server"),
        (lambda address, number: address.replace("/api", "/a pi\x1b"), "is not an https"),
        (lambda address, number: address + "x" * 70_000, "more than 20000"),
    ],
)
def test_pages_that_lead_nowhere_are_one_message(archive, said, following, expected):
    archive.acts["list"] = pages(following)
    assert expected in said(PATIENT)


def test_a_list_that_takes_too_long_is_given_up(archive, said):
    """Each page comes at once: only the whole has no end."""
    archive.acts["list"] = pages(with_number)
    assert "does not end within 0 s" in said(Limits(listing=0))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ENTRY = st.fixed_dictionaries(
    {}, optional={"asset_id": st.just("0") | JSON, "path": st.text() | JSON, "size": JSON}
)
PAGE = st.fixed_dictionaries(
    {}, optional={"results": st.lists(ENTRY) | JSON, "next": st.none() | st.text() | JSON}
)


class Answering(Client):
    """A client whose every answer is the same."""

    def __init__(self, body: bytes):
        self.body = body

    def read(self, address: str) -> bytes:
        return self.body


@settings(max_examples=60)
@given(st.binary() | PAGE.map(lambda value: json.dumps(value).encode()))
def test_any_list_is_assets_or_one_message(body):
    dataset = registry.known("steinmetz")
    with suppress(InputError):
        for asset in listing.matching(
            Answering(body), "https://x.org/assets", dataset, pattern="*", limits=PATIENT
        ):
            assert isinstance(asset.path, str)
            assert 0 <= asset.size <= PATIENT.file_bytes


# --- the file ------------------------------------------------------------------------------------


def test_other_bytes_of_the_same_length_are_removed(archive, said, tmp_path):
    archive.acts["file"] = raw(OK, b"\r\n", bytes(len(CONTENT)))
    assert "does not have the SHA-256 digest" in said(PATIENT)
    assert not list((tmp_path / "data").rglob(".partial-*"))


def test_a_file_that_changes_between_two_attempts_is_removed(archive, said, tmp_path):
    head = f"Content-Length: {len(CONTENT)}\r\n\r\n".encode()
    first = raw(OK, head, CONTENT[:5000])
    rest = len(CONTENT) - 5000
    told = f"Content-Range: bytes 5000-{len(CONTENT) - 1}/{len(CONTENT)}\r\n\r\n".encode()
    second = raw(b"HTTP/1.1 206 Partial Content\r\n", told, bytes(rest))
    answers = iter([first, second])
    archive.acts["file"] = lambda handler: next(answers)(handler)
    assert "does not have the SHA-256 digest" in said(PATIENT)
    assert not list((tmp_path / "data").rglob(".partial-*"))


@pytest.mark.parametrize(
    "told", ["bytes 5001-10239/10240", "bytes 5000-10239/10241", "bytes */10240", "lines 1-2/3", ""]
)
def test_a_rest_of_another_file_is_not_appended(archive, said, told):
    """The next attempt asks for the whole file."""
    first = raw(OK, b"Content-Length: 10240\r\n\r\n", CONTENT[:5000])
    second = raw(
        f"HTTP/1.1 206 Partial Content\r\nContent-Range: {told}\r\n\r\n".encode(), CONTENT[5000:]
    )
    answers = iter([first, second])
    archive.acts["file"] = lambda handler: next(answers, status(b"404"))(handler)
    assert "404" in said(PATIENT)
    assert archive.asked[-1].endswith("/download/")
    assert archive.asked[-2].endswith("/download/ bytes=5000-")


def test_every_attempt_that_brings_little_counts(archive, said):
    """A server that sends one byte and breaks, again and again, is given up."""

    def a_byte(handler: BaseHTTPRequestHandler) -> None:
        start = int((handler.headers["Range"] or "bytes=0-")[6:-1])
        head = f"206 x\r\nContent-Range: bytes {start}-10239/10240" if start else "200 x"
        raw(f"HTTP/1.1 {head}\r\n\r\n".encode(), CONTENT[start : start + 1])(handler)

    archive.acts["file"] = a_byte
    assert "the connection fails repeatedly (2 of 10240 bytes arrived)" in said(PATIENT)
    assert sum("download" in asked for asked in archive.asked) == PATIENT.attempts


def test_a_file_is_compared_with_what_the_list_states(archive, said):
    """A server that states a small size cannot send a large file, nor the reverse."""
    archive.page = page(size=100)
    assert "sends 10240 bytes of sub-1/a.nwb, but the archive states 100" in said(PATIENT)
    archive.page = page(size=20_000)
    assert "sends 10240 bytes of sub-1/a.nwb, but the archive states 20000" in said(PATIENT)


# --- where requests go ---------------------------------------------------------------------------


def fetched(archive: Archive, folder: Path) -> bool:
    arguments = ["download", "steinmetz", "--data", str(folder), "--archive", archive.address]
    return main(arguments) == 0 and (folder / "steinmetz" / FILE).read_bytes() == CONTENT


def test_files_may_be_on_another_server(archive, tmp_path):
    """As those of DANDI are: its answer to a download is a redirect."""
    archive.content = {FILE: CONTENT}
    with serving(Archive(content=archive.content)) as other:
        there = f"{other.address}/assets/0/download/".encode()
        archive.acts["file"] = redirect(there)
        assert fetched(archive, tmp_path)
    assert other.asked == ["/api/assets/0/download/"]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_within_the_server_are_followed(archive, tmp_path, code):
    archive.content = {FILE: CONTENT}

    def act(handler: BaseHTTPRequestHandler) -> None:
        del archive.acts["file"]
        raw(f"HTTP/1.1 {code} x\r\nLocation: /x/assets/0/download/\r\n\r\n".encode())(handler)

    archive.acts["file"] = act
    assert fetched(archive, tmp_path)


@pytest.fixture
def secure(monkeypatch) -> Iterator[Archive]:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with serving(Archive(content={FILE: CONTENT}), secure=True) as made:
        yield made


def test_https_is_spoken(secure, tmp_path):
    assert fetched(secure, tmp_path)


def test_an_unknown_certificate_is_refused(secure, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert not fetched(secure, tmp_path)
    assert "certificate verify failed" in capsys.readouterr().err


def test_a_certificate_of_another_host_is_refused(secure, tmp_path, capsys):
    secure.host = "https://127.0.0.1"
    assert not fetched(secure, tmp_path)
    assert "certificate is not valid for '127.0.0.1'" in capsys.readouterr().err


def test_a_server_without_https_is_one_message(archive, tmp_path, capsys):
    archive.host = "https://127.0.0.1"
    assert not fetched(archive, tmp_path)
    assert "cannot be reached" in capsys.readouterr().err


def test_https_is_not_redirected_to_http(secure, archive, tmp_path, capsys):
    """Not even on this machine."""
    archive.content = secure.content
    secure.acts["file"] = redirect(f"{archive.address}/assets/0/download/".encode())
    assert not fetched(secure, tmp_path)
    assert "which is not an https address" in capsys.readouterr().err
    assert archive.asked == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_another_machine_cannot_redirect_to_this_one(monkeypatch, host):
    class Answer:
        status = 302
        headers = {"Location": f"https://{host}/"}

        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    asked = []
    monkeypatch.setattr(Client, "_ask", lambda self, address, *_: asked.append(address) or Answer())
    with pytest.raises(InputError, match="which is on this machine"):
        Client(PATIENT).get("https://example.org/")
    assert asked == ["https://example.org/"]


def test_requests_to_this_machine_avoid_the_proxy(archive, tmp_path, monkeypatch):
    """Plain HTTP is only safe here, so it does not go elsewhere either."""
    archive.content = {FILE: CONTENT}
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    assert fetched(archive, tmp_path)


def test_requests_to_other_machines_go_through_the_proxy(archive, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{archive.port}")
    with pytest.raises(BrokenConnectionError, match="Tunnel connection failed"):
        Client(PATIENT).get("https://example.org/")


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/api",
        "http://127.0.0.1@example.org/api",
        "http://127.0.0.1:x/api",
        "https://user:word@example.org/api",
        "https://exa mple.org/api",
        "https://exämple.org/api",
        "https://example.org\\@x/api",
        "https:///api",
        "HTTPS//example.org",
        "file:///etc/passwd",
        "ftp://example.org/",
        "//example.org/",
        "",
    ],
)
def test_only_plain_https_addresses_are_asked(tmp_path, address, capsys):
    # An empty option means the archive's own address, so the path to it is tested directly.
    with pytest.raises(InputError, match="is not an https address"):
        Client(PATIENT).get(address)
    if address:
        assert main(["download", "steinmetz", "--data", str(tmp_path), "--archive", address]) == 1
        assert "is not an https address" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_list_of_data_sets_asks_nobody(monkeypatch, capsys):
    """`datasets` needs no network: what it prints is in the package."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection is opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert main(["datasets"]) == 0
    assert main(["datasets", "steinmetz"]) == 0
    for name in ("../steinmetz", "", "\x1b[2J", "x" * 10_000, "/etc/passwd"):
        assert main(["datasets", name] if name else ["download", name]) == 1
        assert capsys.readouterr().err.count("\n") == 1
