"""An archive on this machine, which can be made to misbehave."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CONTENT = {
    "sub-1/sub-1_ses-1.nwb": bytes(range(256)) * 4000,
    "sub-1/sub-1_ses-2.nwb": b"spikes" * 100_000,
    "sub-2/sub-2_ses-2.nwb": b"",
}


@dataclass
class Archive:
    """What the archive holds, how it misbehaves, and what it was asked.

    `breaks` is how many downloads break off in the middle.
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
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"


def _handler(archive: Archive) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            archive.asked.append(f"{self.path} {self.headers.get('Range', '')}".strip())
            paths = list(archive.content)
            if found := re.search(r"/assets/(\d+)/download/$", self.path):
                self.file(paths[int(found[1])])
            elif found := re.search(r"/assets/(\d+)/$", self.path):
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


@pytest.fixture
def archive() -> Iterator[Archive]:
    made = Archive()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
