"""A job's script handed over to a process that has imported what it needs.

Python takes one to three seconds for the imports of a job, and many jobs take little longer. On
Linux, a run on this computer therefore starts a server beside Snakemake
(`neuro_attn.command_line.job_server`). Each script of the workflow begins with `hand_over`, which
asks the server to fork and run the script in its place. The fork has the environment, folder and
output of the script, which waits for it and ends with its exit code.

Scripts without a server run themselves, and so do those that it refuses: on clusters, in
containers or environments of their own, with several threads.
"""

import json
import os
import signal
import socket
import struct
import sys

VARIABLE = "NEURO_ATTN_JOBS"
"""Environment variable with the socket of the server."""
ONE_THREAD = {
    f"{name}_NUM_THREADS": "1" for name in ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")
} | {"VECLIB_MAXIMUM_THREADS": "1"}
"""What Snakemake sets for a job of one thread, and libraries read when they are imported."""
ACCEPTED = b"accepted"
READY = b"!"
"""What the fork and then the script send before the script runs in the fork."""
PACKAGE = os.path.dirname(os.path.realpath(__file__))
"""This package, of which there may be several: in a copy of the repository, jobs import that."""
KILLED = 137
"""Exit code of a shell whose process was killed, as it is when memory runs out."""


def hand_over() -> None:
    """Let the server of this run execute this script, and end with its exit code.

    Returns if there is no server, or if it refuses the script, which then runs itself.
    """
    place = os.environ.get(VARIABLE)
    if place is None or any(os.environ.get(name) != n for name, n in ONE_THREAD.items()):
        return
    request = {
        "script": os.path.abspath(sys.argv[0]),
        "folder": os.getcwd(),
        "python": [sys.prefix, PACKAGE],
        "path": sys.path,
        "environment": {k: v for k, v in os.environ.items() if k != VARIABLE},
    }
    message = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(place)
            socket.send_fds(server, [struct.pack("!I", len(message))], [0, 1, 2])
            server.sendall(message)
            if server.recv(len(ACCEPTED), socket.MSG_WAITALL) != ACCEPTED:
                return
        except OSError:
            return
        # An interruption also reaches the fork, which removes its partial files while this waits.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        server.sendall(READY)
        answer = server.recv(4, socket.MSG_WAITALL)
    code = struct.unpack("!i", answer)[0] if len(answer) == 4 else KILLED
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    # Nothing was written or opened here that would have to be flushed or closed.
    os._exit(code)
