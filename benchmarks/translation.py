"""Summary of translators over their seeds, for docs/networks.md.

`python -m benchmarks.translation RESULTS [--write]` reads the tables of translation in a folder of
results, and averages them over seeds; with --write it keeps the summary in translation.json beside
this file, from which `python docs/site/networks.py` writes the tables of the page.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.zoo import over_seeds
from neuro_attn.results import read_csv

KEPT = Path(__file__).with_name("translation.json")
EXPLAINED = ["alignment_error", "diagonal_error", "stays", "follows"]


def summary(results: Path) -> dict[str, Any]:
    """Return exact match by beams and length, and measures of attention, of each family."""
    folder = results / "networks"
    written = read_csv(folder / "translation.csv")
    alignment = read_csv(folder / "translation_alignment.csv")
    attention = read_csv(folder / "translation_attention.csv")
    love = attention[attention["sentence"].eq(0) & attention["is_link"]]
    found: dict[str, Any] = {}
    for family, rows in written.groupby("family", sort=False):
        of: dict[str, Any] = {"exact": {}}
        for beams, here in rows.groupby("beams"):
            of["exact"][str(beams)] = {
                "all": over_seeds(_whole(here)),
                **{
                    f"{least}-{most}": over_seeds(each["exact_match"])
                    for (least, most), each in here.groupby(["least_words", "most_words"])
                },
            }
        ours = alignment[alignment["family"] == family]
        if len(ours):
            of.update({column: over_seeds(ours[column]) for column in EXPLAINED})
            shown = love[love["family"] == family]
            of["love"] = {
                str(word): over_seeds(each["weight"])
                for word, each in shown.groupby("target_word", sort=False)
            }
        found[str(family)] = of
    return found


def _whole(rows: pd.DataFrame) -> pd.Series:
    """Return the fraction of all sentences of each seed that are correct."""
    weighted = (rows["exact_match"] * rows["n_sentences"]).groupby(rows["seed"]).sum()
    return weighted / rows.groupby("seed")["n_sentences"].sum()


def main() -> None:
    """Print the summary, and keep it if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="folder of results")
    parser.add_argument(
        "--write", action="store_true", help="keep the summary for docs/networks.md"
    )
    given = parser.parse_args()
    found = summary(given.results)
    print(json.dumps(found, indent=1))
    if given.write:
        KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
