"""Time to the first figure: the commands of docs/your_data.md, timed on the session of that page.

    python -m benchmarks.first_figure --data DATA --write

DATA is the folder that contains steinmetz2019/session12.nwb. Times are kept in
benchmarks/first_figure.json; tests compare the page with them. On a shared computer, processor time
is what a quiet one would need, divided by its cores.
"""

import argparse
import json
import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = Path(__file__).with_suffix(".json")
COMMANDS = {"inspect": "", "init": "--quick", "check": "", "report": ""}
"""Commands, and what is in the one that is meant if the page has several."""


def commands() -> dict[str, list[str]]:
    """Return the arguments of each command on the page."""
    page = (ROOT / "docs/your_data.md").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^\$ neuro-attn (.*)$", page, re.MULTILINE)
    return {
        name: next(shlex.split(line) for line in lines if line.startswith(name) and part in line)
        for name, part in COMMANDS.items()
    }


def timed(data: Path, folder: Path) -> dict[str, Any]:
    """Run the commands in a folder, and return their times, s, and that of the first figure."""
    (folder / "config").mkdir()
    (folder / "data").symlink_to(data.absolute())
    found: dict[str, Any] = {"load": round(os.getloadavg()[0], 1)}
    for name, arguments in commands().items():
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
        command = [sys.executable, "-m", "neuro_attn.command_line", *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.time() - start
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found[name] = {"wall": round(wall), "processor": round(spent)}
    figures = (folder / "results/figures").glob("*.png")
    found["first figure"] = round(min(path.stat().st_mtime for path in figures) - start)
    (found["last line"],) = re.findall(
        r"^.*finished in .*$", done.stdout + done.stderr, re.MULTILINE
    )
    return found


def sentence(times: dict[str, Any]) -> str:
    """Return the sentence of the page on these times."""
    spent, wall = (sum(times[name][kind] for name in COMMANDS) for kind in ("processor", "wall"))
    return (
        f"After the set-up, the four commands needed {spent} s of processor time. On two cores "
        f"shared with other work (load {times['load']:g}) they took {wall} s, and the first figure "
        f"existed {times['first figure']} s after the start of `report`."
    )


def main() -> None:
    """Run the commands, and print or keep their times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path, help="folder of steinmetz2019/")
    parser.add_argument("--write", action="store_true", help="keep the times")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = timed(options.data, Path(folder))
    if options.write:
        KEPT.write_text(json.dumps(times, indent=1) + "\n", encoding="utf-8")
    print(sentence(times))


if __name__ == "__main__":
    main()
