"""An archive on this machine, which can be made to misbehave."""

import hashlib
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CERTIFICATE = Path(__file__).with_name("localhost.pem")

CONTENT = {
    "sub-1/sub-1_ses-1.nwb": bytes(range(256)) * 4000,
    "sub-1/sub-1_ses-2.nwb": b"spikes" * 100_000,
    "sub-2/sub-2_ses-2.nwb": b"",
}


@dataclass
class Archive:
    """What the archive holds, how it misbehaves, and what it was asked.

    `breaks` is how many downloads break off in the middle. `acts` replaces the answer of a stage
    (list, digest, file) by anything that a server can send.
    """

    content: dict[str, bytes] = field(default_factory=lambda: dict(CONTENT))
    digests: dict[str, str | None] = field(default_factory=dict)
    breaks: int = 0
    ranges: bool = True
    wrong_range: bool = False
    too_much: bool = False
    status: dict[str, int] = field(default_factory=dict)
    next_page: str | None = None
    page: bytes | None = None
    sent: int = 0
    asked: list[str] = field(default_factory=list)
    acts: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    host: str = "http://127.0.0.1"
    port: int = 0

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}/api"


def _handler(archive: Archive) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            archive.asked.append(f"{self.path} {self.headers.get('Range', '')}".strip())
            paths = list(archive.content)
            asked = self.path.partition("?")[0]
            is_file = re.search(r"/assets/(\d+)/download/$", asked)
            is_digest = re.search(r"/assets/(\d+)/$", asked)
            stage = "file" if is_file else "digest" if is_digest else "list"
            if act := archive.acts.get(stage):
                self.close_connection = True
                # The client leaves when it has had enough.
                with suppress(OSError):
                    act(self)
            elif found := is_file:
                self.file(paths[int(found[1])])
            elif found := is_digest:
                path = paths[int(found[1])]
                digest = hashlib.sha256(archive.content[path]).hexdigest()
                stated = archive.digests.get(path, digest)
                self.answer({"digest": {"dandi:sha2-256": stated} if stated else {}})
            elif "/assets/" in self.path:
                self.page()
            else:
                self.send_error(404)

        def page(self) -> None:
            if code := archive.status.get("list"):
                self.send_error(code)
                return
            if archive.page is not None:
                self.body(archive.page)
                return
            # One file a page, so that there are pages to turn.
            number = int((re.findall(r"page=(\d+)$", self.path) or [0])[0])
            paths = list(archive.content)
            more = f"{archive.address}/assets/?page={number + 1}"
            results = [
                {"asset_id": str(n), "path": path, "size": len(archive.content[path])}
                for n, path in enumerate(paths)
                if n == number
            ]
            following = archive.next_page or (more if number + 1 < len(paths) else None)
            self.answer({"results": results, "next": following})

        def answer(self, value: object) -> None:
            self.body(json.dumps(value).encode())

        def body(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def file(self, path: str) -> None:
            if code := archive.status.get(path):
                self.send_error(code)
                return
            content = archive.content[path]
            start = 0
            if archive.ranges and (asked := self.headers.get("Range")):
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206)
                told = start + 1 if archive.wrong_range else start
                self.send_header("Content-Range", f"bytes {told}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            rest = content[start:] + (b"more" * 1000 if archive.too_much else b"")
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if archive.breaks and rest:
                archive.breaks -= 1
                rest = rest[: len(rest) // 2]
                self.close_connection = True
            archive.sent += len(rest)
            self.wfile.write(rest)

    return Handler


class Server(ThreadingHTTPServer):
    """Silent about clients that leave, as those do that enforce their limits."""

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def serving(archive: Archive, secure: bool = False) -> Iterator[Archive]:
    with Server(("127.0.0.1", 0), _handler(archive)) as server:
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            archive.host = "https://localhost"
        archive.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield archive
        server.shutdown()
        thread.join()


@pytest.fixture
def archive() -> Iterator[Archive]:
    with serving(Archive()) as made:
        yield made
