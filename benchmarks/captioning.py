"""Summary of captioning networks over their seeds, for docs/networks.md.

`python -m benchmarks.captioning RESULTS [--write]` reads the table of captions in a folder of
results and averages it over images and seeds; with --write it keeps the summary in captioning.json
beside this file, from which `python docs/site/networks.py` writes the table of the page.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.zoo import over_seeds
from neuro_attn.figures.captioning import over_images
from neuro_attn.results import read_csv

KEPT = Path(__file__).with_name("captioning.json")


def summary(captioning: pd.DataFrame) -> dict[str, Any]:
    """Return the mean and the range over seeds of all measures of each family.

    Parameters
    ----------
    captioning : pandas.DataFrame
        The table `captioning`.
    """
    means = over_images(captioning)
    return {
        str(family): {
            measure: over_seeds(rows[measure]) for measure in means.columns.drop(["family", "seed"])
        }
        for family, rows in means.groupby("family", sort=False)
    }


def main() -> None:
    """Print the summary, and keep it if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="folder of results")
    parser.add_argument(
        "--write", action="store_true", help="keep the summary for docs/networks.md"
    )
    given = parser.parse_args()
    found = json.dumps(summary(read_csv(given.results / "networks/captioning.csv")), indent=1)
    print(found)
    if given.write:
        KEPT.write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
