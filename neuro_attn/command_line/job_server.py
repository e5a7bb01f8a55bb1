"""A server beside Snakemake that runs jobs in forks of itself; see `neuro_attn.handover`.

It imports what a script imports, unless an earlier one did, forks, and runs the script in the fork.
It is in Snakemake's group of processes, so both are stopped together, and it ends with Snakemake.

It refuses whoever is not a descendant of this Snakemake process, of the same user and the same
Python, so that no job leaves its cluster, container or environment.
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
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

from neuro_attn.handover import ACCEPTED, ONE_THREAD, VARIABLE

_PATIENCE = 10
"""Time in which a request arrives, and in which the server ends once Snakemake has, s."""


# --- starting it ----------------------------------------------------------------------------------


@contextmanager
def place() -> Iterator[tuple[dict[str, str], socket.socket | None]]:
    """Make the socket of a server; yield it after the variables that Snakemake needs for it.

    On systems other than Linux, and where no socket can be made, there is none.
    """
    if sys.platform != "linux":
        yield {}, None
        return
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        try:
            listener.bind(f"{folder}/jobs")
            listener.listen()
        except OSError:
            # The path of a socket has at most 107 bytes.
            yield {}, None
        else:
            yield {VARIABLE: f"{folder}/jobs"}, listener


@contextmanager
def serving(
    listener: socket.socket | None, snakemake: int, environment: dict[str, str]
) -> Iterator[None]:
    """Run the server of a Snakemake process, which has ended when the block ends."""
    if listener is None:
        yield
        return
    server = None
    # Without -P, Python would import modules from the current folder, such as a random.py.
    command = [sys.executable, "-P", "-m", __name__, str(listener.fileno()), str(snakemake)]
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


def serve(listener: socket.socket, snakemake: int) -> None:
    """Run jobs until Snakemake has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = os.pidfd_open(snakemake)
    while True:
        ready = select.select([listener.fileno(), ended], [], [])[0]
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if ended in ready:
            return
        connection, _ = listener.accept()
        # A script that is refused, or cannot be imported here, runs itself.
        with connection, suppress(OSError, ValueError, ImportError):
            if _is_job(connection, snakemake):
                _accept(connection)


def _is_job(connection: socket.socket, snakemake: int) -> bool:
    """Return whether a process of this user below Snakemake connected."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    process, user, _ = struct.unpack("3i", credentials)
    while process not in (0, 1, snakemake):
        # The parent follows the name, in brackets, and the state.
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        process = int(status.rpartition(")")[2].split()[1])
    return process == snakemake and user == os.getuid()


def _accept(connection: socket.socket) -> None:
    """Read a request, import what its script does, and run the script in a fork."""
    connection.settimeout(_PATIENCE)
    header, files, *_ = socket.recv_fds(connection, 4, 3)
    try:
        (size,) = struct.unpack("!I", header)
        message = b""
        while len(message) < size:
            part = connection.recv(size - len(message))
            if not part:
                return
            message += part
        request = json.loads(message)
        if request["python"] != sys.prefix or len(files) != 3:
            return
        _import(Path(request["script"]))
        if os.fork() == 0:
            _run(request, files, connection)
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


def _run(request: dict[str, Any], files: list[int], connection: socket.socket) -> NoReturn:
    """Run a script as if Python had just started it, and send its exit code."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        # Libraries keep the time zone that they were started with.
        time.tzset()
        sys.argv = [request["script"]]
        if not os.environ.get("PYTHONSAFEPATH"):
            sys.path.insert(0, str(Path(request["script"]).parent))
        connection.settimeout(None)
        connection.sendall(ACCEPTED)
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
    """Run a script; return the code with which Python would exit."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as done:
        if done.code is None or isinstance(done.code, int):
            return done.code or 0
        print(done.code, file=sys.stderr)
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
