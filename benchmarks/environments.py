"""Run a small workflow with restricted permissions, disk space or memory.

    python -m benchmarks.environments                  all restrictions
    python -m benchmarks.environments nobody disk      some of them

Each run must either complete, with the same bytes as an unrestricted run, or end with exit code 1
and one message without a traceback. Every result that exists must have the same bytes as that of
the unrestricted run, so no file is truncated. A run that ended early is then resumed with enough
space, and must complete with the same bytes.

nobody
    A user without a name or home folder who can write to the project's folder only; package and
    workflow are read-only. Requires root and setpriv.
disk
    File systems of several sizes, which fill up at different stages of the run. Requires root for
    tmpfs.
memory
    Limits on the address space of each process (RLIMIT_AS).
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import kills

MB = 2**20
REPORT_CHECKSUM = "results/checksums/report.json"
NOBODY = 12345
DISKS = (512, 30, 14, 9, 6, 3)
"""Sizes of the file system, MB; 512 MB suffice, and smaller ones fill up progressively earlier."""
LIMITS = (3072, 1536, 1024, 768)
"""Limits on the address space of a process, MB."""
OWN = ("HOME", "USER", "LOGNAME", "XDG_CACHE_HOME", "MPLCONFIGDIR")
BECOME_NOBODY = [
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    # Grant read access to all files, because Python can be installed in a home folder.
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
    "--bounding-set=-all,+dac_read_search",
]


def report(
    folder: Path,
    before: Sequence[str] = (),
    left_out: Sequence[str] = (),
    limit: Callable[[], None] | None = None,
    **more: str,
) -> tuple[int, str, str, float]:
    """Run the workflow including the report.

    Parameters
    ----------
    folder : Path
        The project.
    before : sequence of str
        Command that precedes the run, e.g. ``setpriv``.
    left_out : sequence of str
        Environment variables to remove.
    limit : callable, optional
        Called in the child process before the run.
    **more : str
        Environment variables to set.

    Returns
    -------
    tuple
        Exit code, standard output, standard error and duration, s.
    """
    left_out = (*left_out, "NEURO_ATTN_DATA")
    kept = {k: v for k, v in os.environ.items() if k not in left_out}
    command = [*before, sys.executable, "-m", "neuro_attn.command_line"]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, "report", "config.yaml", "--cores", "2"],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(kills.ROOT), **more},
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    return done.returncode, done.stdout, done.stderr, time.perf_counter() - start


def message_of(what: str, code: int, out: str, errors: str) -> str:
    """Return the message of a run that ended early; empty if it completed.

    Raises
    ------
    AssertionError
        If there is a traceback, more than one message, or another exit code than 0 or 1.
    """
    if "Traceback" in out + errors:
        raise AssertionError(f"{what}: {errors}")
    if code == 0:
        return ""
    lines = errors.splitlines()
    if code != 1 or len(lines) != 1 or not lines[0].startswith("neuro-attn: error: "):
        raise AssertionError(f"{what}: exit code {code}\n{errors}")
    return lines[0]


def compare(calm: dict[str, bytes], folder: Path, complete: bool) -> int:
    """Return the number of results in a folder after comparing their bytes.

    The report contains the time of its creation, so we only check that it is not truncated, and do
    not compare its checksum.

    Parameters
    ----------
    calm : dict of str to bytes
        Results of the unrestricted run.
    folder : Path
        The project to compare.
    complete : bool
        Whether all results must exist.

    Raises
    ------
    AssertionError
        If a result differs from that of the unrestricted run, or is missing in a complete run.
    """
    found = kills.results(folder)
    page = found.pop("results/report.html", b"</html>")
    found.pop(REPORT_CHECKSUM, None)
    differ = [path for path, content in found.items() if content != calm.get(path)]
    missing = sorted(calm.keys() - found.keys() - {REPORT_CHECKSUM}) if complete else []
    if differ or missing or not page.rstrip().endswith(b"</html>"):
        raise AssertionError(f"{differ=} {missing=} report: {len(page)} bytes")
    return len(found)


def nobody(scratch: Path, calm: dict[str, bytes]) -> Iterator[str]:
    folder = kills.project(scratch / "nobody")
    os.chown(folder, NOBODY, NOBODY)
    (folder / "config.yaml").chmod(0o444)
    code, out, errors, took = report(
        folder, BECOME_NOBODY, (*OWN, "NUMBA_CACHE_DIR"), PYTHONPATH=str(folder)
    )
    assert not message_of("nobody", code, out, errors), errors
    n = compare(calm, folder, complete=True)
    said = [line for line in out.splitlines() if "instead" in line]
    assert len(said) == 2, out
    yield f"no name, no home folder, package read-only: complete in {took:.0f} s, {n} files"


@contextmanager
def filesystem(place: Path, size: int) -> Iterator[Path]:
    """Yield the mount point of an empty file system in memory, of `size` MB."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "none", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def disk(scratch: Path, calm: dict[str, bytes], sizes: Sequence[int] = DISKS) -> Iterator[str]:
    for size in sizes:
        with filesystem(scratch / f"disk{size}", size) as place:
            # The copy of the package, which a run does not modify, also occupies space.
            folder = kills.project(place)
            used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MB
            own = {"NUMBA_CACHE_DIR": str(scratch / "numba"), "TMPDIR": str(place)}
            code, out, errors, took = report(folder, **own)
            message = message_of(f"disk of {size} MB", code, out, errors)
            n = compare(calm, folder, complete=not message)
            ended = message or "complete"
            free = f"{size - used:.1f} MB free at the start"
            if message:
                bigger = ["mount", "-o", "remount,size=1g", str(place)]
                subprocess.run(bigger, check=True)
                code, out, errors, _ = report(folder, **own)
                assert not message_of("resumed", code, out, errors), errors
                compare(calm, folder, complete=True)
                ended += " Resumed with room: complete, the same bytes."
            yield f"disk of {size} MB ({free}): {took:.0f} s, {n} files, {ended}"


def memory(scratch: Path, calm: dict[str, bytes], limits: Sequence[int] = LIMITS) -> Iterator[str]:
    for limit in limits:
        folder = kills.project(scratch / f"memory{limit}")
        size = limit * MB
        set_limit = partial(resource.setrlimit, resource.RLIMIT_AS, (size, size))
        code, out, errors, took = report(folder, limit=set_limit)
        message = message_of(f"{limit} MB of address space", code, out, errors)
        n = compare(calm, folder, complete=not message)
        yield f"{limit} MB of address space: {took:.0f} s, {n} files, {message or 'complete'}"


PLACES = {"nobody": nobody, "disk": disk, "memory": memory}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="*", metavar="place", help=f"{', '.join(PLACES)}; or all")
    options = parser.parse_args()
    if unknown := set(options.places) - PLACES.keys():
        parser.error(f"no such place: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as scratch:
        alone = kills.project(Path(scratch) / "alone")
        code, out, errors, took = report(alone)
        assert code == 0, out + errors
        calm = kills.results(alone)
        calm.pop("results/report.html")
        print(f"left alone: {len(calm)} files in {took:.0f} s", flush=True)
        shutil.rmtree(alone)
        for place in options.places or PLACES:
            for line in PLACES[place](Path(scratch), calm):
                print(line, flush=True)


if __name__ == "__main__":
    main()
