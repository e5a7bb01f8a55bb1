"""Write the generated parts of docs/networks.md: ``python docs/site/networks.py``.

The numbers are those that ``python -m benchmarks.zoo RESULTS --write`` kept in benchmarks/zoo.json,
``python -m benchmarks.captioning RESULTS --write`` in benchmarks/captioning.json,
``python -m benchmarks.translation RESULTS --write`` in benchmarks/translation.json, and
``python -m benchmarks.sequence_processing --write`` in benchmarks/sequence_processing.json.
tests/results/test_networks_page.py fails if the page is out of date.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/networks.md"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
TASKS = ("pro", "retro")
NONE = "\N{EN DASH}"
PARTS = {"queries": "queries", "keys": "keys", "values": "values", "everything": "all"}
"""What is swapped, with the header of its column."""
FOUND: dict[str, Any] = json.loads((ROOT / "benchmarks/zoo.json").read_text(encoding="utf-8"))

CAPTIONS: dict[str, Any] = json.loads(
    (ROOT / "benchmarks/captioning.json").read_text(encoding="utf-8")
)
SEQUENCES: dict[str, Any] = json.loads(
    (ROOT / "benchmarks/sequence_processing.json").read_text(encoding="utf-8")
)
ASKED = {
    "marked item": [("64", "1"), ("64", "63"), ("256", "63"), ("256", "255")],
    "item at a delay": [("64", "4"), ("64", "16"), ("64", "32")],
}
"""Lengths and distances of the table of errors, by task."""


def page(text: str) -> str:
    """Return the text of the page with all blocks generated anew."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]()}\n\n{block[3]}", text)


def errors() -> str:
    """Return the report errors of all networks, of seeds that learned."""
    header = ["network", "seeds that learned", *TASKS]
    rows = []
    for name, n in FOUND["seeds"].items():
        of = FOUND["errors"].get(name, {})
        cells = [_spread(of[task]["report_error"]) if task in of else NONE for task in TASKS]
        rows.append([f"`{name}`", f"{FOUND['learned'][name]} of {n}", *cells])
    return _grid(header, rows)


def attention_use() -> str:
    """Return errors of networks whose attention is altered, and where they attend."""
    columns = ["report_error", "error_uniform", "error_zero", "error_blocked"]
    header = ["network", "task", "intact", "uniform weights", "context of zero", "items blocked"]
    header += ["seeds that need weights", "weight on items (uniform)"]
    rows = []
    for name, of_network in FOUND["attention_use"].items():
        for number, (task, of) in enumerate(of_network.items()):
            needs = of["needs_weights"]
            weight = f"{of['items']['mean']:.2f} ({of['items_uniform']['mean']:.2f})"
            rows.append(
                [
                    "" if number else f"`{name}`",
                    task,
                    *(_spread(of[column]) for column in columns),
                    f"{round(needs['mean'] * needs['n'])} of {needs['n']}",
                    weight,
                ]
            )
    return _grid(header, rows)


def memory() -> str:
    """Return delay R2 and report errors with attention to the items intact and blocked."""
    header = ["network", "delay R2 intact", "blocked", "report error (retro) intact", "blocked"]
    rows = []
    for name, of in FOUND["attention_ablation"].items():
        cells = [
            _spread(of[measure][column], digits)
            for measure, digits in (("delay_r2", 2), ("report_error_retro", 0))
            for column in ("intact", "cut")
        ]
        rows.append([f"`{name}`", *cells])
    return _grid(header, rows)


def swaps() -> str:
    """Return the fractions of reports that follow the twin."""
    header = ["network", *(f"{task}: {part}" for task in TASKS for part in PARTS.values())]
    rows = []
    for name, of in FOUND["qkv_swap"].items():
        cells = [_spread(of[part][task]["follows_twin"], 2) for task in TASKS for part in PARTS]
        rows.append([f"`{name}`", *cells])
    return _grid(header, rows)


def lesions() -> str:
    """Return the report errors of networks without whole populations."""
    periods = ["trial", "delay before the cue", "delay before the report"]
    header = ["network", "silenced", "task", "intact", *periods]
    rows = []
    for name, of_network in FOUND["lesions"].items():
        intact = of_network[""]["trial"]
        for population, of in of_network.items():
            for task in intact if population else ():
                cells = [_lost(of.get(period, {}).get(task)) for period in periods]
                whole = _spread(intact[task]["report_error"], 0)
                rows.append([f"`{name}`", f"`{population}`", task, whole, *cells])
    return _grid(header, rows)


def captions() -> str:
    """Return the scores of captions, the attention to objects, and the effect of moving it."""
    columns = {
        "exact_match": "sentences correct",
        "token_accuracy": "words correct",
        "mass": "attention on the named object",
        "mass_others": "on other objects",
        "follows": "words that follow moved attention",
    }
    rows = [
        [f"`{name}`", str(of["mass"]["n"]), *(_spread(of[column], 2) for column in columns)]
        for name, of in CAPTIONS.items()
    ]
    return _grid(["attention", "seeds", *columns.values()], rows)


def translation() -> str:
    """Return correct translations, and whether attention explains them."""
    found = json.loads((ROOT / "benchmarks/translation.json").read_text(encoding="utf-8"))
    longest = list(next(iter(found.values()))["exact"]["1"])[-1]
    header = ["network", "sentences correct", f"of {longest.replace('-', ' to ')} words"]
    header += ["with four beams", "alignment error", "`stays`", "`follows`"]
    rows = []
    for name, of in found.items():
        exact = of["exact"]
        cells = [exact["1"]["all"], exact["1"][longest], exact["4"]["all"]]
        cells += [of.get(key) for key in ("alignment_error", "stays", "follows")]
        rows.append([f"`{name}`", *(NONE if each is None else _spread(each, 2) for each in cells)])
    (diagonal,) = {of["diagonal_error"]["mean"] for of in found.values() if "love" in of}
    rows.append(["the diagonal", *[NONE] * 3, _number(diagonal), *[NONE] * 2])
    return _grid(header, rows)


def love() -> str:
    """Return the attention to the correct words of the sentence that was kept out."""
    found = json.loads((ROOT / "benchmarks/translation.json").read_text(encoding="utf-8"))
    shown = {name: of["love"] for name, of in found.items() if "love" in of}
    words = dict(zip(("je", "t'", "aime"), ("I", "you", "love"), strict=True))
    header = ["network", *(f"*{french}*: weight on *{word}*" for french, word in words.items())]
    rows = [
        [f"`{name}`", *(_spread(of[french], 2) for french in words)] for name, of in shown.items()
    ]
    return _grid(header, rows)


def sequence_errors() -> str:
    """Return the errors of the three ways of processing sequences."""
    header = ["network", *(f"{task}, {d} of {n}" for task, at in ASKED.items() for n, d in at)]
    rows = [
        [
            f"`{family}`",
            *(_spread(of[t][n][d]["error"], 2) for t, at in ASKED.items() for n, d in at),
        ]
        for family, of in SEQUENCES["answers"].items()
    ]
    return _grid(header, rows)


def sequence_costs() -> str:
    """Return the costs of the three ways of processing sequences, at two lengths."""
    columns = {
        "n_weights": "weights",
        "path_length": "longest path",
        "sequential_steps": "sequential steps",
        "multiply_adds": "multiply-adds (1,000)",
        "held": "numbers held (1,000)",
    }
    header = ["network", *(f"{name}, {n} steps" for name in columns.values() for n in (16, 64))]
    rows = []
    for family, of in SEQUENCES["costs"].items():
        cells = []
        for column, name in columns.items():
            scale = 1000 if "1,000" in name else 1
            cells += [f"{of[str(n)][column]['mean'] / scale:,.0f}" for n in (16, 64)]
        rows.append([f"`{family}`", *cells])
    return _grid(header, rows)


def sequence_times() -> str:
    """Return measured times of a learning step, as ratios."""
    short, long = SEQUENCES["timed_lengths"]
    header = ["network", *(f"time / GRU, {n} steps" for n in (short, long))]
    header.append(f"time, {long} / {short} steps")
    rows = []
    for family, of in SEQUENCES["times"].items():
        over = [_number(of["over_gru"].get(str(n))) for n in (short, long)]
        rows.append([f"`{family}`", *over, _number(of["growth"], 1)])
    return _grid(header, rows)


def _lost(of: dict[str, Any] | None) -> str:
    """Return the error from the target and from the nearest item; a dash without them."""
    if of is None:
        return NONE
    return f"{of['report_error']['mean']:.0f}, {of['error_nearest']['mean']:.0f}"


def _spread(of: dict[str, float], digits: int = 1) -> str:
    """Return a mean with its range over seeds."""
    if of["mean"] is None:
        return NONE
    mean, low, high = (_number(of[key], digits) for key in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def _number(value: float | None, digits: int = 2) -> str:
    if value is None:
        return NONE
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _grid(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


BLOCKS = {
    "errors": errors,
    "attention_use": attention_use,
    "memory": memory,
    "swaps": swaps,
    "lesions": lesions,
    "translation": translation,
    "love": love,
    "captions": captions,
    "sequence_errors": sequence_errors,
    "sequence_costs": sequence_costs,
    "sequence_times": sequence_times,
}

if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
