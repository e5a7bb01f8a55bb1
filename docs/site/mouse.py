"""Write the generated parts of docs/mouse.md: ``python docs/site/mouse.py``.

The numbers are those that ``python -m benchmarks.tutorial --write`` kept in
benchmarks/tutorial.json. tests/test_guides.py fails if the page is out of date.
"""

import json
import re
from pathlib import Path

from neuro_attn.figures.tables import p_text

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/mouse.md"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
KEPT = json.loads((ROOT / "benchmarks/tutorial.json").read_text(encoding="utf-8"))
TASKS = ("unilateral", "bilateral")


def page(text: str) -> str:
    """Return the text of the page with all blocks generated anew."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]()}\n\n{block[3]}", text)


def verdicts() -> str:
    """Return the verdict of each region and what it rests on."""
    header = ["region", "units", *(f"code in `{task}`, p" for task in TASKS)]
    header += ["overlap [95 % interval]", "p", "verdict"]
    rows = [
        [
            region,
            f"{each['n_units']:.0f}",
            p_text(each["p_first"]),
            p_text(each["p_second"]),
            overlap(region),
            p_text(each["p_corrected"]),
            each["verdict"],
        ]
        for region, each in KEPT["regions"].items()
    ]
    return _grid(header, rows)


def overlap(region: str) -> str:
    """Return the overlap of a region with its interval, as text."""
    each = KEPT["regions"][region]
    if each["overlap"] is None:
        return "\N{EN DASH}"
    return f"{each['overlap']:.2f} [{each['ci_low']:.2f}, {each['ci_high']:.2f}]"


def accuracies() -> str:
    """Return the accuracy of each region within and across tasks."""
    one, two = TASKS
    columns = {
        f"within `{one}`": f"{one} to {one}",
        f"within `{two}`": f"{two} to {two}",
        f"`{one}` to `{two}`": f"{one} to {two}",
        f"`{two}` to `{one}`": f"{two} to {one}",
    }
    rows = []
    for region, each in KEPT["regions"].items():
        found = [each["accuracies"][name] for name in columns.values()]
        cells = [f"{cell['accuracy']:.2f} ({p_text(cell['p_corrected'])})" for cell in found]
        rows.append([region, *cells])
    return _grid(["accuracy (p)", *columns], rows)


def cost() -> str:
    """Return what the run took."""
    minutes = KEPT["minutes of processor time"]
    return f"All jobs together took {minutes:.0f} minutes of processor time."


def _grid(header: list[str], rows: list[list[str]]) -> str:
    # "< 0.001" stays on one line.
    rows = [[cell.replace("< ", "<\N{NO-BREAK SPACE}") for cell in row] for row in rows]
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


BLOCKS = {"verdicts": verdicts, "accuracies": accuracies, "cost": cost}

if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
