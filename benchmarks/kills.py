"""Kill a small run at random moments, start it again, and compare with a run left alone.

    python -m benchmarks.kills --kills 30

The command, Snakemake and its jobs get SIGKILL, as from the kernel's out-of-memory killer or a
scheduler: nothing can clean up after itself. In the end every result has to be there, and be the
same bytes.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

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
        LPFC: {units: 12, shared: 1.0, selection: 3.0, selection_onset: 0.1}
        V4/anterior: {units: 12, selection: 3.0, selection_onset: 0.2}
decoding: {draws: 2}
inference: {permutations: 19, bootstraps: 20}
"""
)


def project(folder: Path) -> Path:
    """Copy what a run needs into a folder, with a small configuration."""
    for name in ("workflow", "profiles", "neuro_attn"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", folder)
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG, sort_keys=False), encoding="utf-8")
    return folder


def results(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all results by path; logs and measured times are none."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / "results").rglob("*"))
        if path.is_file() and not {"logs", "benchmarks"} & set(path.relative_to(folder).parts)
    }


def run(folder: Path, arguments: Sequence[str] = (), kill_after: float | None = None) -> bool:
    """Run the workflow; return whether it came to its end, or was killed before.

    Raises
    ------
    RuntimeError
        If it ended by itself in an error.
    """
    command = [sys.executable, "-m", "neuro_attn.command_line", "run", "config.yaml"]
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
            kill(folder, process)
            return False
    if code:
        raise RuntimeError((folder / "told.txt").read_text()[-3000:])
    return True


def kill(folder: Path, process: subprocess.Popen) -> None:
    """Kill a run: the command, and Snakemake with its jobs, which are a group of their own."""
    os.kill(process.pid, signal.SIGSTOP)  # It starts nothing more.
    lock = folder / ".snakemake/neuro-attn.lock"
    if lock.exists() and (snakemake := lock.read_text()):
        with suppress(ProcessLookupError):  # It names the last run's until there is another.
            os.killpg(int(snakemake), signal.SIGKILL)
    process.kill()
    process.wait()


def kill_and_restart(
    folder: Path,
    kills: int,
    longest: float,
    rng: np.random.Generator,
    at_end: Callable[[Path], None],
    arguments: Sequence[str] = (),
) -> tuple[list[float], int]:
    """Kill a run at random moments, again and again, and then let it end.

    Parameters
    ----------
    folder : Path
        From `project`.
    kills : int
        How often.
    longest : float
        A run is killed between its start and this long after, s.
    rng : numpy.random.Generator
        Draws the moments, uniformly.
    at_end : callable
        Gets the folder when a run came to its end. If that was before the last kill, everything
        starts anew, without results.
    arguments : sequence of str
        Further arguments of the run.

    Returns
    -------
    moments : list of float
        When runs were killed, s from their start.
    ends : int
        How often a run came to its end.
    """
    moments: list[float] = []
    ends = 0
    while True:
        moment = rng.uniform(0, longest) if len(moments) < kills else None
        if not run(folder, arguments, moment):
            assert moment is not None
            moments.append(moment)
            continue
        at_end(folder)
        ends += 1
        if len(moments) == kills:
            return moments, ends
        shutil.rmtree(folder / "results")
        shutil.rmtree(folder / ".snakemake")


def compare(calm: dict[str, bytes], folder: Path) -> None:
    """Raise `AssertionError` unless a folder holds the same results, byte by byte."""
    found = results(folder)
    missing, more = sorted(calm.keys() - found.keys()), sorted(found.keys() - calm.keys())
    differ = sorted(path for path in calm.keys() & found.keys() if calm[path] != found[path])
    if missing or more or differ:
        raise AssertionError(f"{missing=} {more=} {differ=}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=None, help="by default another each time")
    parser.add_argument("--within", type=float, help="s after a start; by default the whole run")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else np.random.SeedSequence().entropy
    with tempfile.TemporaryDirectory() as scratch:
        left_alone = project(Path(scratch) / "left_alone")
        start = time.perf_counter()
        run(left_alone)
        took = time.perf_counter() - start
        calm = results(left_alone)
        print(f"left alone: {len(calm)} files in {took:.0f} s; seed {seed}", flush=True)
        moments, ends = kill_and_restart(
            project(Path(scratch) / "killed"),
            options.kills,
            options.within or took,
            np.random.default_rng(seed),
            lambda folder: compare(calm, folder),
        )
    when = ", ".join(f"{moment:.1f}" for moment in moments)
    print(f"killed {len(moments)} times, s after the start: {when}")
    print(f"came to its end {ends} times, each with all {len(calm)} files the same byte by byte")


if __name__ == "__main__":
    main()
