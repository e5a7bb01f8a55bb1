"""Summary of the networks of a run over their seeds, for docs/networks.md.

`python -m benchmarks.zoo RESULTS [--write]` reads the tables of networks in a folder of results,
that of config/zoo.yaml, and averages them over the seeds that learned. It prints the number of
seeds of each network and the processor time of all jobs; with --write it keeps the summary in
zoo.json beside this file, from which `python docs/site/networks.py` writes the tables of the page.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from neuro_attn.results import read_csv

KEPT = Path(__file__).with_name("zoo.json")
DECIMALS = 4
SEED = ["network", "seed"]


def over_seeds(values: pd.Series) -> dict[str, float]:
    """Return mean, smallest and largest value over seeds, and their number."""
    found = {"mean": values.mean(), "low": values.min(), "high": values.max()}
    return {**{key: round(float(each), DECIMALS) for key, each in found.items()}, "n": len(values)}


def grouped(table: pd.DataFrame, keys: list[str], columns: list[str]) -> dict[str, Any]:
    """Return `over_seeds` of columns, nested by keys."""
    found: dict[str, Any] = {}
    for names, rows in table.groupby(keys, sort=False):
        here = found
        for name in names:
            here = here.setdefault(str(name), {})
        here.update({column: over_seeds(rows[column].dropna()) for column in columns})
    return found


def summary(results: Path) -> dict[str, Any]:
    """Return the summary of all networks in a folder of results."""
    folder = results / "networks"
    errors = read_csv(folder / "report_error.csv")
    trained = errors[errors["trained"]]
    learned = trained[trained["learned"].fillna(False).astype(bool)]
    keep = learned[SEED].drop_duplicates()

    def those(name: str) -> pd.DataFrame:
        path = folder / f"{name}.csv"
        return read_csv(path).merge(keep, on=SEED) if path.is_file() else pd.DataFrame()

    counts = trained.groupby("network")["seed"].nunique()
    found: dict[str, Any] = {
        "seeds": {name: int(n) for name, n in counts.items()},
        "learned": {name: int((keep["network"] == name).sum()) for name in counts.index},
        "errors": grouped(learned, ["network", "task"], ["report_error"]),
    }
    use = those("attention_use")
    if len(use):
        use = use.astype({"needs_weights": float, "needs_context": float})
        columns = ["entropy", "items", "items_uniform", "report_error", "error_uniform"]
        columns += ["error_zero", "error_blocked", "needs_weights", "needs_context"]
        # The heads and layers of a network are averaged; errors are those of the whole network.
        means = use.groupby([*SEED, "task"], sort=False)[columns].mean().reset_index()
        found["attention_use"] = grouped(means, ["network", "task"], columns)
    cut = those("attention_ablation")
    if len(cut):
        cut = cut.groupby([*SEED, "measure"], sort=False)[["intact", "cut"]].mean().reset_index()
        found["attention_ablation"] = grouped(cut, ["network", "measure"], ["intact", "cut"])
    swap = those("qkv_swap")
    if len(swap):
        found["qkv_swap"] = grouped(swap, ["network", "swapped", "task"], ["follows_twin"])
    lesions = those("lesions")
    if len(lesions):
        of = lesions[lesions["lesion"].isin(["nothing", "population"])]
        measures = ["report_error", "error_nearest", "follows_other"]
        found["lesions"] = grouped(of, ["network", "population", "period", "task"], measures)
    return found


def processor_time(results: Path) -> pd.Series:
    """Return the processor time of all jobs of each rule, s."""
    tables = {
        path: pd.read_csv(path, sep="\t")["cpu_time"].sum()
        for path in (results / "benchmarks").rglob("*.tsv")
    }
    rules = [path.relative_to(results / "benchmarks").parts[0] for path in tables]
    times = pd.Series(list(tables.values()), index=rules, dtype=float)
    return times.groupby(level=0).sum().sort_values(ascending=False)


def main() -> None:
    """Print the summary, and keep it if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="folder of results of config/zoo.yaml")
    parser.add_argument(
        "--write", action="store_true", help="keep the summary for docs/networks.md"
    )
    given = parser.parse_args()
    found = summary(given.results)
    for name, n in found["seeds"].items():
        means = {
            task: each["report_error"]["mean"]
            for task, each in found["errors"].get(name, {}).items()
        }
        print(f"{name}: {found['learned'][name]} of {n} seeds learned, errors {means}")
    times = processor_time(given.results)
    print(times.round(0).to_string(), f"\nall jobs: {times.sum() / 60:.1f} min of processor time")
    if given.write:
        kept = json.dumps(found, indent=1, allow_nan=True)
        KEPT.write_text(kept.replace("NaN", "null") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
