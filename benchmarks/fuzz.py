"""Run the commands on damaged and hostile configurations and files.

    python -m benchmarks.fuzz --configurations 3000 --files 3000 --seed 1

Seed and number identify a case. Files written by other libraries contain dates and random names, so
their bytes differ between runs; ``--keep`` stores the inputs of failed cases. Each worker process
handles many cases, with at most 4 GB of address space and 60 s of processor time per case.
`tests.fuzzing.trial` defines the conditions that every case must satisfy.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from tests.fuzzing import trial

MEMORY = 4 * 10**9
"""Largest address space of a worker, bytes."""
SECONDS = 60
"""Largest processor time of a case over all commands, s."""
PATIENCE = 15 * 60
"""Wall-clock time after which a case counts as hanging, s; long, for busy machines."""
CASES_A_WORKER = 250
_ENDS = {
    signal.SIGPROF: f"took more than {SECONDS} s of processor time",
    signal.SIGALRM: f"did not end within {PATIENCE} s",
}


def work() -> None:
    """Run the case on each line of standard input, KIND SEED NUMBER FOLDER; write JSON lines."""
    answers = os.fdopen(os.dup(1), "w")
    # Any other text on standard output counts as a fault, as on standard error.
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        kind, seed, number, place = line.split(maxsplit=3)
        start = time.process_time()
        # Signals end the process, because the commands would catch an exception of ours.
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(PATIENCE)
        made = trial.attempt(kind, int(seed), int(number), Path(place.strip()))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        seconds = time.process_time() - start
        print(json.dumps({**vars(made), "seconds": seconds}), file=answers, flush=True)


class Worker:
    """Worker process that runs cases one after another."""

    def __init__(self, errors: IO[str]) -> None:
        self.errors = errors
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fuzz", "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def attempt(self, kind: str, seed: int, number: int, folder: Path) -> dict[str, Any]:
        """Run a case and return its result; the death of the worker is a fault of the case."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        position = self.errors.tell()
        self.process.stdin.write(f"{kind} {seed} {number} {folder}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        self.errors.seek(position)
        printed = self.errors.read()
        if line:
            made = json.loads(line)
        else:
            code = self.process.wait()
            what = _ENDS.get(-code, f"died ({code})")
            made = {"label": "?", "codes": {}, "faults": [what], "seconds": SECONDS}
        if printed:
            made["faults"].append(f"printed past Python: {printed[-2000:]}")
        return made

    def close(self) -> None:
        """End the worker process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def attempts(
    kind: str, seed: int, numbers: list[int], keep: Path | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run cases in one worker at a time; yield the number and the result of each.

    A worker is replaced after `CASES_A_WORKER` cases, or if it dies.
    """
    worker = None
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile("w+") as errors:
        for count, number in enumerate(numbers):
            if worker is None or count % CASES_A_WORKER == 0 or worker.process.poll() is not None:
                if worker is not None:
                    worker.close()
                worker = Worker(errors)
            folder = trial.emptied(Path(place) / "case")
            made = worker.attempt(kind, seed, number, folder)
            if made["faults"] and keep is not None:
                shutil.copytree(
                    folder, keep / f"{kind}-{seed}-{number}", symlinks=True, dirs_exist_ok=True
                )
            yield number, made
        if worker is not None:
            worker.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--configurations", type=int, default=300)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None, help="by default another each time")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the inputs of what failed")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work()
        return 0
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4))
    print(f"seed {seed}", flush=True)
    failed = 0
    for kind, count in (("configuration", options.configurations), ("files", options.files)):
        codes: Counter[str] = Counter()
        seconds: list[float] = []
        numbers = range(options.first, options.first + count)

        def share(worker: int, kind: str = kind, numbers: range = numbers) -> list[Any]:
            found = []
            for number, made in attempts(
                kind, seed, list(numbers[worker :: options.workers]), options.keep
            ):
                found.append(made)
                if made["faults"]:
                    again = f"--seed {seed} --first {number} --{plural(kind)} 1"
                    print(f"\n{again} ({made['label']}, {made['seconds']:.1f} s)")
                    print(*(f"    {fault}" for fault in made["faults"]), sep="\n", flush=True)
            return found

        with ThreadPoolExecutor(options.workers) as pool:
            for found in pool.map(share, range(options.workers)):
                for made in found:
                    codes.update(f"{name} {code}" for name, code in made["codes"].items())
                    seconds.append(made["seconds"])
                    failed += bool(made["faults"])
        if seconds:
            listed = ", ".join(f"{name}: {number}" for name, number in sorted(codes.items()))
            print(f"\n{count} {plural(kind)}, longest {max(seconds):.1f} s; exit codes: {listed}")
    print(f"{failed} cases failed")
    return int(bool(failed))


def plural(kind: str) -> str:
    return "configurations" if kind == "configuration" else kind


if __name__ == "__main__":
    sys.exit(main())
