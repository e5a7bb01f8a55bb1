"""Keep the numbers that docs/mouse.md quotes, from the run that it describes.

    python -m benchmarks.tutorial --data DATA --write

DATA is the folder that contains steinmetz2019/session12.nwb. The configuration is the one that the
command `init` of docs/your_data.md writes, but for its name and without `--quick`. The numbers are
kept in benchmarks/tutorial.json; docs/site/mouse.py writes them into the page.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from neuro_attn.results import read_csv

ROOT = Path(__file__).resolve().parents[1]
KEPT = Path(__file__).with_suffix(".json")
NAME = "mouse"
"""The data set of the page."""
OF_VERDICT = ("verdict", "overlap", "ci_low", "ci_high", "p_corrected", "n_units")
OF_ACCURACY = ("accuracy", "ci_low", "ci_high", "p_corrected")


def arguments_of_init() -> list[str]:
    """Return the arguments of the command `init` of docs/your_data.md, changed as the page says."""
    page = (ROOT / "docs/your_data.md").read_text(encoding="utf-8").replace("\\\n", " ")
    (command,) = re.findall(r"^\$ neuro-attn (init .* --quick .*)$", page, re.MULTILINE)
    command = command.replace("config/mine.yaml", f"config/{NAME}.yaml").replace("--quick", "")
    return shlex.split(command)


def run(data: Path, folder: Path, cores: int) -> Path:
    """Write the configuration and run it in a folder; return its results."""
    (folder / "config").mkdir()
    (folder / "data").symlink_to(data.absolute())
    command = [sys.executable, "-m", "neuro_attn.command_line"]
    for arguments in (arguments_of_init(), ["run", f"config/{NAME}.yaml", "--cores", str(cores)]):
        subprocess.run([*command, *arguments], cwd=folder, check=True)
    return folder / "results"


def numbers_of(results: Path) -> dict[str, Any]:
    """Return what was found in each region, the smallest p of a difference, and the cost."""
    own = results / NAME
    verdicts = read_csv(own / "verdicts.csv").set_index("region")
    overlap = read_csv(own / "overlap.csv")
    overlap = overlap[overlap["level"] == "these units"].set_index("region")
    summary = read_csv(own / "summary.csv").query("session == 'all'")
    regions = {}
    for region, verdict in verdicts.iterrows():
        accuracies = summary[summary["region"] == region]
        regions[region] = {
            **verdict[list(OF_VERDICT)],
            **overlap.loc[region, ["p_first", "p_second"]],
            "accuracies": {
                f"{row['train_task']} to {row['test_task']}": row[list(OF_ACCURACY)]
                for _, row in accuracies.iterrows()
            },
        }
    jobs = [pd.read_csv(path, sep="\t") for path in (results / "benchmarks").rglob("*.tsv")]
    seconds = float(pd.concat(jobs)["cpu_time"].sum())
    differences = read_csv(own / "overlap_differences.csv")
    return {
        "minutes of processor time": seconds / 60,
        "smallest p of a difference": differences["p_corrected"].min(),
        "regions": regions,
    }


def written(numbers: dict[str, Any]) -> str:
    """Return the numbers as JSON; missing ones are null."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict | pd.Series):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, str):
            return value
        return None if pd.isna(value) else round(float(value), 6)

    return json.dumps(plain(numbers), indent=1) + "\n"


def main() -> None:
    """Run the session, and print or keep its numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path, help="folder of steinmetz2019/")
    parser.add_argument("--write", action="store_true", help="keep the numbers")
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = written(numbers_of(run(options.data, Path(folder), options.cores)))
    if options.write:
        KEPT.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
