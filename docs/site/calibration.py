"""Write the generated parts of docs/calibration.md: ``python docs/site/calibration.py``.

The rates are those that the benchmarks kept (``python -m benchmarks.NAME --write``) in
benchmarks/NAME.json. tests/results/test_calibration_page.py fails if the page is out of date.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/calibration.md"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
WAYS = {
    "t": "t over sessions",
    "hierarchical": "hierarchical bootstrap",
    "sessions": "bootstrap of sessions",
}
"""Names of intervals in the header of a table."""
RATES, CALIBRATION, CONFOUNDS, FITS, FOLDS, GEOMETRY, *OVER_TIME = (
    json.loads((ROOT / f"benchmarks/{name}.json").read_text(encoding="utf-8"))
    for name in (
        *("shared_code", "calibration", "confounds", "comparison", "folds", "geometry"),
        *("cross_temporal", "onsets", "accuracy_differences", "continuous_labels"),
        "resampled_decoding",
    )
)
for rates in OVER_TIME:
    RATES |= rates


def page(text: str) -> str:
    """Return the text of the page with all blocks generated anew."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]()}\n\n{block[3]}", text)


def units(part: str = "units") -> str:
    """Return the rates of the test and the interval for these units."""
    header = ["world", "p < 0.05", "interval contains the overlap", "median overlap", "n"]
    return _grid(header, [_row(*each, "significant", "covered") for each in RATES[part].items()])


def dependent() -> str:
    """Return the same rates where trials depend on each other."""
    return units("dependent")


def real() -> str:
    """Return the rates of the test in recorded units."""
    rows = [
        [name, _rate(each["significant"]), f"{each['n']:,}"] for name, each in RATES["real"].items()
    ]
    return _grid(["recordings", "p < 0.05", "n"], rows)


def differences(part: str = "differences") -> str:
    """Return the rates of differences in overlap between two sets of units."""
    header = ["codes", "p < 0.05", "interval contains the difference", "median difference", "n"]
    rates = ("significant", "covered")
    return _grid(header, [_row(*each, *rates) for each in RATES[part].items()])


def region_differences() -> str:
    """Return the same for differences between two regions, sessions being the sample."""
    return differences("region_differences")


def region() -> str:
    """Return the rates of the test and the interval for the region."""
    header = ["world", "p < 0.05", "t test", "interval contains the overlap", "median overlap", "n"]
    rates = ("significant", "t", "covered")
    return _grid(header, [_row(*each, *rates) for each in RATES["region"].items()])


def reference() -> str:
    """Return the coverage of the relative overlap."""
    header = ["world", "estimable", "interval contains the cosine", "interval of the overlap does"]
    header += ["median relative overlap", "median overlap", "median ratio of d'", "n"]
    rows = []
    for name, each in RATES["reference"].items():
        rates = [_rate(each[rate]) for rate in ("estimable", "covered", "covered by overlap")]
        medians = [_median(each.get(what)) for what in ("relative", "overlap", "ratio")]
        rows.append([_minus(name), *rates, *medians, f"{each['n']:,}"])
    return _grid(header, rows)


def region_intervals(quantity: str = "overlap") -> str:
    """Return the coverage and width of intervals of a region that were made in several ways."""
    shown = {
        world.removeprefix(f"{quantity}: "): ways
        for world, ways in RATES["intervals"].items()
        if world.startswith(f"{quantity}: ")
    }
    names = list(next(iter(shown.values())))
    header = [quantity, *(WAYS.get(name, name) for name in names), "n"]
    rows = [
        [
            _minus(world),
            *(f"{_rate(way['covered'])}, {way['width']:.2f}" for way in ways.values()),
            f"{ways[names[0]]['n']:,}",
        ]
        for world, ways in shown.items()
    ]
    return _grid(header, rows)


def intervals_of_means() -> str:
    """Return the same for the mean d' across tasks."""
    return region_intervals("mean d'")


def fits() -> str:
    """Return the rates of the fit of networks to regions."""
    columns = {
        "rejected": "rejected",
        "compatible": "compatible",
        "both twins kept": "twins",
        "named": "named",
        "another named": "misnamed",
        "reversed: not shared": "reversed_and_shared",
        "reversed: not unrelated": "reversed_and_separate",
        "unrelated: not shared": "unrelated_and_shared",
    }
    rows = [
        [world, *(_rate(each.get(name)) for name in columns.values()), f"{each['n']:,}"]
        for world, each in FITS.items()
    ]
    return _grid(["world", *columns, "n"], rows)


def model_scores() -> str:
    """Return the rates of the scores of planted and unrelated networks."""
    header = ["score", "network", "of its ceiling", "training helps", "interval without 0", "n"]
    path = ROOT / "benchmarks/model_scores.json"
    rows = [
        [
            f"`{score}`",
            network,
            f"{each['of_ceiling']:.2f}".replace("-", "\N{MINUS SIGN}"),
            _rate(each["training"]),
            _rate(each["not_0"]),
            f"{each['n']:,}",
        ]
        for score, of_score in json.loads(path.read_text(encoding="utf-8")).items()
        for network, each in of_score.items()
    ]
    return _grid(header, rows)


def verdicts() -> str:
    """Return the verdicts on the default simulation."""
    found = dict(RATES["verdicts"])
    n = found.pop("n")
    kinds = sorted({kind for counts in found.values() for kind in counts})
    rows = [
        [region, *(str(counts.get(kind, 0)) for kind in kinds)] for region, counts in found.items()
    ]
    return _grid([f"{n} seeds", *kinds], rows)


def controls() -> str:
    """Return accuracy and rates of the test under the controls of confounds."""
    header = ["world", "raw", "regressed out", "p ≤ 0.05", "balanced", "p ≤ 0.05", "n"]
    rows = []
    for name, each in CONFOUNDS["controls"].items():
        cells = [name, f"{each['none']['accuracy']:.2f}"]
        for control in ("regressed out", "balanced"):
            found = each[control]
            accuracy = f"{found['accuracy']:.2f}" if found["n"] else "\N{EN DASH}"
            cells += [accuracy, _rate(found.get("significant"))]
        n = [str(each[control]["n"]) for control in ("regressed out", "balanced")]
        rows.append([*cells, ", ".join(dict.fromkeys(n))])
    return _grid(header, rows)


def balance() -> str:
    """Return the accuracy of an action that is entangled with the stimulus."""
    ways = ["raw", "subsampled", "balanced", "resampled", "decodanda"]
    rows = [
        [
            name,
            *(f"{each[way]['mean']:.3f} ± {each[way]['se']:.3f}" for way in ways),
            str(each["n"]),
        ]
        for name, each in CONFOUNDS["balance"].items()
    ]
    return _grid(["units follow", *ways, "n"], rows)


def cross_temporal() -> str:
    """Return how often the codes of two epochs are called the same or reversed."""
    directions = ("above", "below")
    names = [*directions, *(f"{each}, shuffled labels alone" for each in directions)]
    header = ["world", "same", "reversed", "same, labels alone", "reversed, labels alone", "n"]
    rows = [
        [name, *(_rate(each[rate]) for rate in names), f"{each['n']:,}"]
        for name, each in RATES["cross_temporal"].items()
    ]
    return _grid(header, rows)


def continuous_labels() -> str:
    """Return how often a continuous label is predicted significantly."""
    rows = [
        [name, _rate(each["within"]), _rate(each["across"]), f"{each['n']:,}"]
        for name, each in RATES["continuous_labels"].items()
    ]
    return _grid(["world", "within a task: p < 0.05", "across tasks: p < 0.05", "n"], rows)


def resampled_decoding() -> str:
    """Return the rates of p-values and percentiles over draws of trials."""
    header = ["world", "p over iterations < 0.05", "p over sessions < 0.05"]
    header += ["percentiles contain the accuracy on new trials", "n"]
    names = ("significant", "over sessions", "covered")
    rows = [
        [name, *(_rate(each[rate]) for rate in names), f"{each['n']:,}"]
        for name, each in RATES["resampled_decoding"].items()
    ]
    return _grid(header, rows)


def accuracy_differences() -> str:
    """Return how often accuracies of two tests of the same decoders differ."""
    worlds = RATES["accuracy_differences"]
    pairs = [
        each.removeprefix("significant, ")
        for each in next(iter(worlds.values()))
        if each.startswith("significant, ")
    ]
    names = {"pro": "held-out", "many": "20", "few": "4"}
    header = ["world"]
    for pair in pairs:
        first, second = (names[each] for each in pair.split(" and "))
        header += [f"{first} and {second}: p < 0.05", f"{first} and {second}: interval contains 0"]
    rows = [
        [
            name,
            *(
                _rate(each[f"{what}, {pair}"])
                for pair in pairs
                for what in ("significant", "covered")
            ),
            f"{each['n']:,}",
        ]
        for name, each in worlds.items()
    ]
    return _grid([*header, "n"], rows)


def onsets_alone(part: str = "onsets_alone") -> str:
    """Return the coverage, errors and widths of onsets and latencies."""
    header = ["rise", "onset covered", "latency covered", "poor fit"]
    header += ["onset error, ms", "onset width, ms", "latency error, ms", "latency width, ms", "n"]
    rows = []
    for name, each in RATES[part].items():
        cells = [name, *(_rate(each[rate]) for rate in ("onset", "latency", "bad fit"))]
        for what in ("onset", "latency"):
            cells += [_error(each[f"{what}_error"]), f"{each[f'{what}_width']:.0f}"]
        rows.append([*cells, f"{each['n']:,}"])
    return _grid(header, rows)


def onsets_decoded() -> str:
    """Return the coverage of onsets that were decoded from units."""
    header = ["rise", "onset covered", "poor fit", "onset error, ms", "onset width, ms", "n"]
    rows = [
        [
            name,
            *(_rate(each[rate]) for rate in ("onset", "bad fit")),
            _error(each["onset_error"]),
            f"{each['onset_width']:.0f}",
            f"{each['n']:,}",
        ]
        for name, each in RATES["onsets_decoded"].items()
    ]
    return _grid(header, rows)


def onsets_differences() -> str:
    """Return what is said to differ between two regions."""
    shown = ("onset", "onset or shape", "none")
    header = ["two regions", "interval covers", *(f"`{each}`" for each in shown), "width, ms", "n"]
    rows = [
        [
            name,
            *(_rate(each[rate]) for rate in ("covered", *shown)),
            f"{each['width']:.0f}",
            f"{each['n']:,}",
        ]
        for name, each in RATES["onsets_differences"].items()
    ]
    return _grid(header, rows)


def drift() -> str:
    """Return how often null models find a code in noise that lasts."""
    found = {tuple(name.split(": ")): each for name, each in CALIBRATION["drift"].items()}
    worlds, nulls = (list(dict.fromkeys(names)) for names in zip(*found, strict=True))
    rows = [[null, *(_rate(found[world, null]) for world in worlds)] for null in nulls]
    return _grid(["null model", *worlds], rows)


def folds() -> str:
    """Return accuracy, width of intervals and power with two and with five folds."""
    header = ["", "accuracy", "SD without a code", "width of the interval", "power", "n"]
    rows = [
        [
            name.replace(":", f" {what}:"),
            f"{each['accuracy']:.3f}",
            f"{each['sd without a code']:.3f}",
            f"{each['width']:.3f}",
            _rate(each["power"]),
            f"{FOLDS['n']:,}",
        ]
        for where, what in (("within", "a task"), ("across", "tasks"))
        for name, each in FOLDS.items()
        if name.startswith(f"{where}:")
    ]
    wider = [
        f"{FOLDS[where]['width']['mean']:.3f} ± {FOLDS[where]['width']['se']:.3f} {what}"
        for where, what in (("within", "within a task"), ("across", "across tasks"))
    ]
    return (
        f"{_grid(header, rows)}\n\nWith five folds and two draws, decoding took "
        f"{FOLDS['ratio of times']:.2f} of the time (median), and intervals were wider by "
        f"{' and '.join(wider)} (mean ± SE of paired differences)."
    )


def power_in_units() -> str:
    """Return the power of the test of the overlap beside that of permuted labels."""
    tests = ("test of the overlap", "permuted labels")
    rows = [
        [_minus(name), *(_rate(each[test]) for test in tests), f"{each['n']:,}"]
        for name, each in RATES["power"].items()
    ]
    return _grid(["world", *tests, "n"], rows)


def region_verdicts() -> str:
    """Return the verdicts on a region whose sessions are drawn anew."""
    kinds = ("shared", "partly shared", "reversed", "task-specific", "inconclusive")
    kinds += ("not decodable",)
    rows = [
        [
            _minus(name),
            _rate(each["significant"]),
            *(_rate(each[kind]) for kind in kinds[:3]),
            *(f"{each[kind]['rate']:.3f}" for kind in kinds[3:]),
            f"{each['n']:,}",
        ]
        for name, each in RATES["region_verdicts"].items()
    ]
    return _grid(["world", "p < 0.05", *kinds, "n"], rows)


def coverage() -> str:
    """Return how often intervals contain the expected accuracy."""
    header = ["data sets", "accuracy", "interval contains it", "SD of accuracy", "width", "n"]
    rows = [
        [
            name.replace(": within", ", within a task").replace(": across", ", across tasks"),
            f"{each['truth']:.2f}",
            _rate(each),
            f"{each['sd']:.3f}",
            f"{each['width']:.2f}",
            f"{each['n']:,}",
        ]
        for name, each in CALIBRATION["coverage"].items()
    ]
    return _grid(header, rows)


def spread() -> str:
    """Return the SD over resamples, divided by the SD over data sets."""
    found = {tuple(name.split(", ")): each for name, each in CALIBRATION["spread"].items()}
    points, pairs, resampled = (list(dict.fromkeys(each)) for each in zip(*found, strict=True))
    columns = [(point, pair) for pair in pairs for point in points]
    names = [
        f"{pair}, {found[point, pair, resampled[0]]['accuracy']:.2f}" for point, pair in columns
    ]
    rows = [
        [
            {"trials": "trials (these units)"}.get(what, what),
            *(
                f"{found[*column, what]['ratio']:.2f} ± {found[*column, what]['ratio_se']:.2f}"
                for column in columns
            ),
        ]
        for what in resampled
    ]
    return _grid(["resampled, and drawn anew for the true SD", *names], rows)


def geometry() -> str:
    """Return how often intervals contain the planted cosines and alignments."""
    header = ["measure", "planted", "interval contains it", "half width / (1.96 SD)", "n"]
    found = GEOMETRY["planted"]["rates"].items()
    rows = [
        [
            name.replace("_", " "),
            _minus(f"{round(each['planted'], 3) + 0.0:g}"),
            _rate(each["covered"]),
            f"{each['half'] / (1.96 * each['sd']):.2f}",
            f"{each['covered']['n']:,}",
        ]
        for name, each in sorted(found, key=lambda item: (item[1]["measure"], item[1]["planted"]))
    ]
    return _grid(header, rows)


def geometry_of_noise() -> str:
    """Return how often an interval is above 0, or above 0.5 for accuracies, in pure noise."""
    rows = [
        [name.replace("_", " "), _rate(each["above"]), f"{each['above']['n']:,}"]
        for name, each in GEOMETRY["noise"]["rates"].items()
    ]
    return _grid(["measure", "above 0 (accuracies: 0.5)", "n"], rows)


def _error(error: dict[str, float]) -> str:
    """Return the mean and SD of an error, ms."""
    mean = f"{round(error['mean']):+d}".replace("-", "\N{MINUS SIGN}")
    return f"{mean} (SD {error['sd']:.0f})"


def _row(name: str, each: dict[str, Any], *rates: str) -> list[str]:
    """Return the cells of a world: its name, rates with intervals, the overlap, and n."""
    overlap = f"{round(each['overlap'], 2) + 0.0:.2f}"
    cells = [name, *(_rate(each.get(rate)) for rate in rates), overlap, f"{each['n']:,}"]
    return [cell.replace("-", "\N{MINUS SIGN}") for cell in cells]


def _median(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else _minus(f"{round(value, 2) + 0.0:.2f}")


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _rate(rate: dict[str, float] | None) -> str:
    if rate is None:
        return "\N{EN DASH}"
    return f"{rate['rate']:.3f} [{rate['low']:.3f}, {rate['high']:.3f}]"


def _grid(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


BLOCKS = {
    "units": units,
    "dependent": dependent,
    "real": real,
    "differences": differences,
    "region": region,
    "reference": reference,
    "region_intervals": region_intervals,
    "intervals_of_means": intervals_of_means,
    "verdicts": verdicts,
    "controls": controls,
    "balance": balance,
    "cross_temporal": cross_temporal,
    "accuracy_differences": accuracy_differences,
    "continuous_labels": continuous_labels,
    "resampled_decoding": resampled_decoding,
    "onsets_alone": onsets_alone,
    "onsets_decoded": onsets_decoded,
    "onsets_differences": onsets_differences,
    "fits": fits,
    "model_scores": model_scores,
    "drift": drift,
    "folds": folds,
    "coverage": coverage,
    "spread": spread,
    "power_in_units": power_in_units,
    "region_verdicts": region_verdicts,
    "region_differences": region_differences,
    "geometry": geometry,
    "geometry_of_noise": geometry_of_noise,
}

if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
