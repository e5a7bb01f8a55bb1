"""Send damaged and hostile configurations and files through the commands.

    python -m benchmarks.fuzz --configurations 3000 --files 3000 --seed 1

Cases are drawn from the seed, so that a seed and a number repeat one (files written by other
libraries hold dates and random names, so their bytes differ; ``--keep`` keeps the inputs of what
failed). Worker processes handle many cases each, with at most 4 GB of address space and 60 s of
processor time a case. See `tests.fuzzing.trial` for what must hold.
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
"""Bytes of address space that a worker may have."""
SECONDS = 60
"""Processor time that a case may take: all commands that it is sent through."""
PATIENCE = 15 * 60
"""Time after which a case hangs, s; a busy machine is slower than its processor."""
CASES_A_WORKER = 250
_ENDS = {
    signal.SIGPROF: f"took more than {SECONDS} s of processor time",
    signal.SIGALRM: f"did not end within {PATIENCE} s",
}


def work() -> None:
    """Answer each line of standard input, KIND SEED NUMBER FOLDER, with a line of JSON."""
    answers = os.fdopen(os.dup(1), "w")
    # Whatever else is printed on standard output is a finding, as on standard error.
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        kind, seed, number, place = line.split(maxsplit=3)
        start = time.process_time()
        # Signals end the process: a guard that turns exceptions into messages would catch ours.
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(PATIENCE)
        made = trial.attempt(kind, int(seed), int(number), Path(place.strip()))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        seconds = time.process_time() - start
        print(json.dumps({**vars(made), "seconds": seconds}), file=answers, flush=True)


class Worker:
    """A process that tries cases, one after the other, and is replaced if it dies."""

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
        """Return what a case did; a worker that died is what it did."""
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
        """Let the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def attempts(
    kind: str, seed: int, numbers: list[int], keep: Path | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Try cases in one worker after the other."""
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
