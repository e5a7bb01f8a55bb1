"""Stop a small run with networks at random moments, start it again, and compare the results.

    python -m benchmarks.kills --sigkill 30 --sigterm 10 --sigint 10

We send SIGKILL, as the kernel's out-of-memory killer does, to the command, to Snakemake and to its
jobs, none of which can clean up. We send SIGTERM, as a scheduler does, and SIGINT, as Ctrl-C does,
to the command, which must stop the other processes and exit with code 1. After the last restart,
all results must exist and have the same bytes as those of an undisturbed run.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
CONFIG = yaml.safe_load(
    """
datasets:
  small:
    source: simulation
    label: selected
    tasks:
      pro: {trials: trial_type == 'pro', align: cue_onset}
      retro: {trials: trial_type == 'retro' and cue_set == 2, align: cue_onset}
    time: {start: -0.1, stop: 0.5, bin: 0.1}
    windows: {cue: [0.1, 0.5]}
    decoding: {population: pseudopopulation, unit_counts: [5, 10]}
    simulation:
      sessions: 2
      cycles: 2
      regions:
        LPFC: {units: 12, selection_axis_cosine: 1.0, selection_sd: 3.0, selection_onset: 0.1}
        V4/anterior: {units: 12, selection_sd: 3.0, selection_onset: 0.2}
decoding: {draws: 2}
inference: {permutations: 19, bootstraps: 20}
networks:
  tiny: {family: luong-dot, steps: 200, hidden: 8, batch: 8, seeds: 1, test_trials: 40}
network_analysis:
  label: selected
  tasks:
    pro: {trials: trial_type == 'pro', align: cue_onset}
    retro: {trials: trial_type == 'retro', align: cue_onset}
  time: {start: -0.2, stop: 0.6, bin: 0.2}
  windows: {cue: [0.0, 0.4]}
comparison: {dataset: small}
"""
)
TARGETS = (
    "results/small/summary.csv",
    "results/figures/learning.png",
    "results/figures/attention-tiny.png",
    "results/comparison/distances.csv",
)
"""Results that require nearly every rule of the workflow."""


class Kill(NamedTuple):
    """A run that was stopped by a signal.

    Parameters
    ----------
    signal : signal.Signals
        The signal.
    after : float
        Time of the signal from the start of the run, s.
    took : float
        Time from the signal to the end of the run, s.
    running : str
        Last progress line of the run.
    """

    signal: signal.Signals
    after: float
    took: float
    running: str


def project(folder: Path, configuration: dict = CONFIG) -> Path:
    """Copy the workflow and the package into a folder, with a configuration (default: small)."""
    for name in ("workflow", "profiles", "neuro_attn"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", folder)
    (folder / "config.yaml").write_text(
        yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8"
    )
    return folder


def results(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all results by path, without logs and benchmark times."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / "results").rglob("*"))
        if path.is_file() and not {"logs", "benchmarks"} & set(path.relative_to(folder).parts)
    }


def run(
    folder: Path,
    arguments: Sequence[str] = (),
    kill_after: float | None = None,
    number: signal.Signals = signal.SIGKILL,
) -> Kill | None:
    """Run the workflow; return how it was stopped, or None if it completed before the signal.

    Parameters
    ----------
    folder : Path
        The project.
    arguments : sequence of str
        Further arguments of the run.
    kill_after : float, optional
        Time of the signal from the start, s; by default none is sent.
    number : signal.Signals
        The signal.

    Raises
    ------
    RuntimeError
        If the run failed by itself, or did not end correctly after the signal.
    """
    command = [sys.executable, "-m", "neuro_attn.command_line", "run", "config.yaml"]
    killed = _snakemake(folder)
    start = time.perf_counter()
    with open(folder / "told.txt", "w") as told:
        process = subprocess.Popen(
            [*command, "--cores", "2", "--", *arguments],
            cwd=folder,
            stdout=told,
            stderr=subprocess.STDOUT,
        )
        try:
            code = process.wait(kill_after)
        except subprocess.TimeoutExpired:
            after = time.perf_counter() - start
            if number is signal.SIGKILL:
                kill(folder, process)
            else:
                interrupt(folder, process, number, killed)
            took = time.perf_counter() - start - after
            lines = re.findall(r"neuro-attn: (.+jobs done.*|planning.*)", _told(folder))
            return Kill(number, after, took, lines[-1] if lines else "starting")
    if code:
        raise RuntimeError(_told(folder)[-3000:])
    return None


def _told(folder: Path) -> str:
    return (folder / "told.txt").read_text()


def kill(folder: Path, process: subprocess.Popen) -> None:
    """Kill the command, and the process group of Snakemake and its jobs."""
    os.kill(process.pid, signal.SIGSTOP)  # prevents it from starting further processes
    if snakemake := _snakemake(folder):
        with suppress(ProcessLookupError):  # the lock can name the process of the previous run
            os.killpg(snakemake, signal.SIGKILL)
    process.kill()
    process.wait()


def interrupt(
    folder: Path, process: subprocess.Popen, number: signal.Signals, killed: int | None
) -> None:
    """Send a signal to the command, wait for its end and check that no process remains.

    Parameters
    ----------
    folder, process
        The project and the process of the command.
    number : signal.Signals
        SIGTERM or SIGINT.
    killed : int or None
        Process id of Snakemake in the previous run, if that was killed. The lock contains it until
        the next Snakemake starts.

    Raises
    ------
    RuntimeError
        If processes remain, or if the exit code is wrong.
    """
    snakemake = _snakemake(folder)
    process.send_signal(number)
    code = process.wait(timeout=3600)  # to end what hangs, on a machine however busy
    # The signal may have arrived while Python was starting, or just after the run completed.
    early = code in (-number, 128 + number) and snakemake == killed
    if code not in (0, 1) and not early:
        raise RuntimeError(f"exit code {code} after {number.name}: {_told(folder)[-3000:]}")
    if snakemake not in (None, killed) and _is_alive(snakemake):
        raise RuntimeError(f"Snakemake or a job still runs after {number.name}")


def _is_alive(group: int | None) -> bool:
    """Return whether a process group has a member that is not a zombie."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, found = path.read_text().rsplit(")", 1)[1].split()[:3]
            if int(found) == group and state != "Z":
                return True
    return False


def _snakemake(folder: Path) -> int | None:
    """Return the process id of Snakemake, the leader of its jobs' process group, if it runs."""
    lock = folder / ".snakemake/neuro-attn.lock"
    text = lock.read_text() if lock.exists() else ""
    return int(text) if text else None


def kill_and_restart(
    folder: Path,
    kills: Sequence[signal.Signals],
    longest: float,
    rng: np.random.Generator,
    at_end: Callable[[Path], None],
    arguments: Sequence[str] = (),
    tell: Callable[[Kill], None] = lambda kill: None,
) -> tuple[list[Kill], int]:
    """Repeatedly stop a run at random times and restart it, and finally let it complete.

    Parameters
    ----------
    folder : Path
        The project, from `project`.
    kills : sequence of signal.Signals
        Signals, one per stop.
    longest : float
        Latest time of a signal from the start of a run, s.
    rng : numpy.random.Generator
        Source of the times, which are uniform.
    at_end : callable
        Called with the folder when a run completes. If this is before the last signal, all results
        are removed and the next run starts from the beginning.
    arguments : sequence of str
        Further arguments of the run.
    tell : callable
        Called with each `Kill`.

    Returns
    -------
    kills : list of Kill
        The runs that were stopped.
    ends : int
        Number of runs that completed.
    """
    done: list[Kill] = []
    ends = 0
    while True:
        is_last = len(done) == len(kills)
        moment = None if is_last else rng.uniform(0, longest)
        number = signal.SIGKILL if is_last else kills[len(done)]
        if (killed := run(folder, arguments, moment, number)) is not None:
            done.append(killed)
            tell(killed)
            continue
        at_end(folder)
        ends += 1
        if is_last:
            return done, ends
        shutil.rmtree(folder / "results")
        shutil.rmtree(folder / ".snakemake")


def compare(calm: dict[str, bytes], folder: Path) -> None:
    """Raise `AssertionError` if the results in a folder differ, in any byte, from `calm`."""
    found = results(folder)
    missing, more = sorted(calm.keys() - found.keys()), sorted(found.keys() - calm.keys())
    differ = sorted(path for path in calm.keys() & found.keys() if calm[path] != found[path])
    if missing or more or differ:
        raise AssertionError(f"{missing=} {more=} {differ=}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    numbers = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
    for number, default in zip(numbers, (30, 10, 10), strict=True):
        parser.add_argument(f"--{number.name.lower()}", type=int, default=default, metavar="N")
    parser.add_argument("--seed", type=int, default=None, help="by default another each time")
    parser.add_argument("--within", type=float, help="s after a start; by default the whole run")
    parser.add_argument("--all", action="store_true", help="all results, not those of a minute")
    options = parser.parse_args()
    # A shell starts a background process with SIGINT ignored, which its runs would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seed = options.seed if options.seed is not None else np.random.SeedSequence().entropy
    rng = np.random.default_rng(seed)
    kills = [each for each in numbers for _ in range(getattr(options, each.name.lower()))]
    kills = [kills[k] for k in rng.permutation(len(kills))]
    targets = () if options.all else TARGETS
    with tempfile.TemporaryDirectory() as scratch:
        left_alone = project(Path(scratch) / "left_alone")
        start = time.perf_counter()
        run(left_alone, targets)
        took = time.perf_counter() - start
        calm = results(left_alone)
        print(f"left alone: {len(calm)} files in {took:.0f} s; seed {seed}", flush=True)
        different: list[str] = []

        def at_end(folder: Path) -> None:
            try:
                compare(calm, folder)
                print(f"came to its end: all {len(calm)} files the same byte by byte", flush=True)
            except AssertionError as error:
                different.append(str(error))
                print(f"came to its end: DIFFERENT: {error}", flush=True)

        def tell(killed: Kill) -> None:
            print(
                f"{killed.signal.name} after {killed.after:.1f} s, ended in {killed.took:.1f} s: "
                f"{killed.running}",
                flush=True,
            )

        folder = project(Path(scratch) / "killed")
        done, ends = kill_and_restart(
            folder, kills, options.within or took, rng, at_end, targets, tell
        )
    counted = ", ".join(f"{n} {name}" for name, n in Counter(k.signal.name for k in done).items())
    print(f"stopped {len(done)} times ({counted}); came to its end {ends} times, ", end="")
    print(f"{ends - len(different)} times with all {len(calm)} files the same byte by byte")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
