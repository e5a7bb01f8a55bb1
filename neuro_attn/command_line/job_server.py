"""A server beside Snakemake that runs jobs in forks of itself; see `neuro_attn.handover`.

It imports what a script imports, unless an earlier one did, forks, and runs the script in the fork.
It is in Snakemake's group of processes, so both are stopped together, and it ends with Snakemake.

It refuses any process that is not a descendant of this Snakemake process, or whose user, mounts,
control group, Python or copy of this package differs, so that no job leaves its cluster, container
or environment.
"""

import ast
import atexit
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple, NoReturn

from neuro_attn.handover import ACCEPTED, ONE_THREAD, PACKAGE, VARIABLE

_PATIENCE = 10
"""Longest wait for a request to arrive, and for the server to end after Snakemake, s."""


# --- starting it ----------------------------------------------------------------------------------


@contextmanager
def place() -> Iterator[tuple[dict[str, str], socket.socket | None]]:
    """Make the socket of a server; yield it after the variables that Snakemake needs for it.

    On systems other than Linux, and where no socket can be made, there is none.
    """
    if sys.platform != "linux":
        yield {}, None
        return
    with ExitStack() as stack:
        variables: dict[str, str] = {}
        # The disk may be full, and the path of a socket has at most 107 bytes.
        with suppress(OSError):
            temporary = tempfile.TemporaryDirectory(
                prefix="neuro-attn-", ignore_cleanup_errors=True
            )
            address = f"{stack.enter_context(temporary)}/jobs"
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen()
            variables[VARIABLE] = address
        yield variables, listener if variables else None


@contextmanager
def serving(
    listener: socket.socket | None, snakemake: int, environment: dict[str, str]
) -> Iterator[None]:
    """Run the server of a Snakemake process, which has ended when the block ends."""
    if listener is None:
        yield
        return
    server = None
    # It imports what Snakemake imports: in a copy of the repository, the package in this folder.
    command = [sys.executable, "-m", __name__, str(listener.fileno()), str(snakemake)]
    # Snakemake may have ended already.
    with suppress(OSError, subprocess.SubprocessError):
        server = subprocess.Popen(
            command,
            env=environment | ONE_THREAD,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            process_group=snakemake,
        )
    # If the server dies, scripts must not wait here.
    listener.close()
    try:
        yield
    finally:
        if server is not None:
            try:
                server.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


# --- the server -----------------------------------------------------------------------------------


class _Start(NamedTuple):
    """What the server was started with: how it handles SIGINT, and its environment variables."""

    on_interruption: Any
    environment: dict[str, str]


def serve(listener: socket.socket, snakemake: int) -> None:
    """Run jobs until Snakemake has ended."""
    start = _Start(signal.signal(signal.SIGINT, signal.SIG_IGN), dict(os.environ))
    ended = os.pidfd_open(snakemake)
    while True:
        ready = select.select([listener.fileno(), ended], [], [])[0]
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if ended in ready:
            return
        connection, _ = listener.accept()
        # A script that is refused, or whose imports fail in any way, runs itself.
        with connection, suppress(Exception):
            if not _is_job(connection, snakemake):
                continue
            with _received(connection) as (request, files):
                _import(Path(request["script"]))
                if os.fork() == 0:
                    # Scripts must not wait for a fork once the server has died.
                    listener.close()
                    os.close(ended)
                    _run(request, files, connection, start)


def _is_job(connection: socket.socket, snakemake: int) -> bool:
    """Return whether a descendant of Snakemake connected that is confined as this process is."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    process, user, _ = struct.unpack("iII", credentials)
    if user != os.getuid() or _confines(str(process)) != _confines("self"):
        return False
    while process not in (0, 1, snakemake):
        # The parent follows the name, in brackets, and the state.
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        process = int(status.rpartition(")")[2].split()[1])
    return process == snakemake


def _confines(process: str) -> tuple[str, bytes]:
    """Return the mount namespace and the control groups of a process."""
    place = Path("/proc") / process
    return os.readlink(place / "ns/mnt"), (place / "cgroup").read_bytes()


@contextmanager
def _received(connection: socket.socket) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Read a request; yield it with the input, output and error of its script."""
    connection.settimeout(_PATIENCE)
    header, files, *_ = socket.recv_fds(connection, 4, 3)
    try:
        (size,) = struct.unpack("!I", header)
        message = b""
        while len(message) < size:
            part = connection.recv(size - len(message))
            if not part:
                raise EOFError
            message += part
        request = json.loads(message)
        if request["python"] != [sys.prefix, PACKAGE] or len(files) != 3:
            raise ValueError("a process of another Python or package, or without output")
        yield request, files
    finally:
        for file in files:
            os.close(file)


def _import(script: Path) -> None:
    """Import the modules that a script imports at its top level."""
    for node in ast.parse(script.read_bytes()).body:
        if isinstance(node, ast.Import):
            for each in node.names:
                importlib.import_module(each.name)
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            for each in node.names:
                if not hasattr(module, each.name):
                    importlib.import_module(f"{node.module}.{each.name}")


# --- a fork ---------------------------------------------------------------------------------------


def _run(
    request: dict[str, Any], files: list[int], connection: socket.socket, start: _Start
) -> NoReturn:
    """Run a script as if Python had just started it, and send its exit code."""
    code = 1
    try:
        signal.signal(signal.SIGINT, start.on_interruption)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        # Libraries set variables when they are imported, and read them later.
        changed = {k: v for k, v in os.environ.items() if start.environment.get(k) != v}
        os.environ.clear()
        os.environ.update(request["environment"] | changed)
        os.chdir(request["folder"])
        # Libraries keep the time zone that they were started with.
        time.tzset()
        sys.argv = [request["script"]]
        sys.path[:] = request["path"]
        connection.settimeout(None)
        connection.sendall(ACCEPTED)
        # If an interruption ends the script before it ignores them, it does not get ready.
        if not connection.recv(1):
            raise EOFError
        Thread(target=_follow, args=[connection], daemon=True).start()
        code = _exit_code(request["script"])
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        connection.sendall(struct.pack("!i", code))
    finally:
        # Nothing of the server may run here.
        os._exit(code)


def _follow(connection: socket.socket) -> None:
    """End this process when the script that waits for it has ended."""
    with suppress(OSError):
        connection.recv(1)
    os._exit(1)


def _exit_code(script: str) -> int:
    """Run a script; return the code with which Python would exit, negative for a signal."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as done:
        if done.code is None or isinstance(done.code, int):
            return (done.code or 0) & 0xFF
        print(done.code, file=sys.stderr)
        return 1
    except BaseException as error:
        # The traceback begins in the script, not in the server.
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != script:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
