"""Tables and arrays as the workflow writes them, of four shapes, with planted codes and onsets."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_rgb

from neuro_attn.results import columns_of
from neuro_attn.results.model_scores import labels


class Shape(NamedTuple):
    """Regions with their peak accuracy above chance (0 to 1), shared code (0 to 1) and onset."""

    regions: dict[str, tuple[float, float, float]]
    tasks: tuple[str, ...]
    n_classes: int
    windows: tuple[str, ...]

    @property
    def chance(self) -> float:
        return 1 / self.n_classes


SHAPES = {
    "panichello": Shape(
        {
            "FEF": (0.5, 0.15, 0.245),
            "LPFC": (0.75, 0.9, 0.175),
            "V4": (0.6, 0.0, 0.335),
            "parietal": (0.55, 0.1, 0.285),
        },
        ("pro", "retro"),
        2,
        ("cue", "selection"),
    ),
    "many regions": Shape(
        {
            name: (0.9 - 0.07 * i, 0.8 - 0.06 * i, 0.05 + 0.01 * i)
            for i, name in enumerate(
                "MOp MOs ACA PL ORB VISp VISpm CP LP VPM CA1 SUB".split()  # noqa: SIM905
            )
        },
        ("unilateral", "bilateral"),
        2,
        ("response",),
    ),
    "one region": Shape({"IT": (0.95, 0.7, 0.1)}, ("upper", "middle", "lower"), 7, ("object",)),
    "five tasks": Shape(
        dict.fromkeys(("LPFC", "FEF"), (0.8, 0.5, 0.1)),
        ("pro", "retro", "anti", "delay", "go"),
        2,
        ("cue",),
    ),
}


LONG_NAMES = Shape(
    {
        name: (0.7 - 0.05 * i, 0.5, 0.15)
        for i, name in enumerate(
            (
                "hippocampus",
                "dorsal anterior cingulate cortex",
                "pre-supplementary motor area",
                "ventromedial prefrontal",
                "amygdala",
            )
        )
    },
    ("encoding", "retrieval"),
    2,
    ("early", "late"),
)


ATLAS = Shape(
    {
        name: (0.9 - 0.02 * i, 0.8 - 0.02 * i, 0.05 + 0.005 * i)
        for i, name in enumerate(
            "ACA CA1 CA3 CP DG ILA LD LGd LP LS LSc LSr MD MOp MOs OLF ORB PL PO PT SUB TH TT "  # noqa: SIM905
            "VISa VISam VISp VPL".split()
        )
    },
    ("unilateral", "bilateral"),
    2,
    ("response",),
)
"""As many regions as in Steinmetz et al. (2019), every one compared with the first."""


@pytest.fixture(params=SHAPES)
def shape(request) -> Shape:
    return SHAPES[request.param]


def _accuracy(shape: Shape, region: str, train_task: str, test_task: str, time) -> np.ndarray:
    strength, shared, onset = shape.regions[region]
    rise = 1 / (1 + np.exp(-(np.asarray(time) - onset) / 0.03))
    fall = np.exp(-np.clip(np.asarray(time) - 0.5, 0, None) / 0.8)
    kept = 1.0 if train_task == test_task else shared
    return shape.chance + (1 - shape.chance) * strength * kept * rise * fall


def _pairs(shape: Shape) -> list[tuple[str, str]]:
    return [(one, other) for one in shape.tasks for other in shape.tasks]


def make_transfer(shape: Shape) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    time = np.round(np.arange(-0.19, 0.8, 0.02), 3)
    frames = []
    for i, region in enumerate(shape.regions):
        for train_task, test_task in _pairs(shape):
            truth = _accuracy(shape, region, train_task, test_task, time)
            accuracy = truth + rng.normal(0, 0.02, len(time))
            width = 0.045 + 0.01 * rng.random(len(time))
            p = np.where(accuracy - width > shape.chance, 0.005, 0.4)
            for session in ("s1", "all"):
                frames.append(
                    pd.DataFrame(
                        {
                            "region": region,
                            "session": session,
                            "train_task": train_task,
                            "test_task": test_task,
                            "time": time,
                            "accuracy": accuracy,
                            "chance": shape.chance,
                            "ci_low": accuracy - width,
                            "ci_high": accuracy + width,
                            "p_value": p / 2,
                            "p_corrected": p,
                            "n_units": 40 + 30 * i,
                            "n_constant": 0.0,
                            "n_train": 96,
                            "n_test": 92 + 4 * (train_task == test_task),
                            "n_sessions": 4,
                        }
                    )
                )
    return pd.concat(frames, ignore_index=True)


def make_summary(shape: Shape) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = []
    for i, region in enumerate(shape.regions):
        for window in shape.windows:
            late = 0.5 if window != "cue" else 0.25
            for train_task, test_task in _pairs(shape):
                accuracy = _accuracy(shape, region, train_task, test_task, late)
                accuracy = float(np.clip(accuracy + rng.normal(0, 0.02), 0, 1))
                p = 0.005 if accuracy - shape.chance > 0.06 else 0.3
                rows.append(
                    {
                        "region": region,
                        "session": "all",
                        "train_task": train_task,
                        "test_task": test_task,
                        "window": window,
                        "accuracy": accuracy,
                        "chance": shape.chance,
                        "ci_low": accuracy - 0.05,
                        "ci_high": accuracy + 0.05,
                        "p_value": p / 2,
                        "p_corrected": p,
                        "n_units": 40 + 30 * i,
                        "n_constant": 0.0,
                        "n_train": 96,
                        "n_test": 92,
                        "n_sessions": 4,
                    }
                )
    return pd.DataFrame(rows)


def make_onsets(shape: Shape) -> pd.DataFrame:
    rows = []
    names = list(shape.regions)
    for train_task, test_task in _pairs(shape):
        for i, region in enumerate(names):
            strength, shared, onset = shape.regions[region]
            if strength * (1 if train_task == test_task else shared) < 0.2:
                onset = np.nan
            low, high = onset - 0.03, onset + 0.05
            latency = (onset + 0.05, onset + 0.03, onset + 0.08)
            rise = "" if np.isnan(onset) else "ramp"
            of_region = (onset, low, high, rise, 0.5, *latency, "")
            rows.append((region, "", train_task, test_task, *of_region))
            if i:
                change = onset - shape.regions[names[0]][2]
                low, high = change - 0.05, change + 0.06
                numbers = (change, low, high, "", np.nan, change, low, high, "none")
                rows.append((region, names[0], train_task, test_task, *numbers))
    return pd.DataFrame(rows, columns=columns_of("onsets"))


def make_unit_counts(shape: Shape) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for i, region in enumerate(shape.regions):
        for window in shape.windows:
            for train_task, test_task in _pairs(shape):
                full = _accuracy(shape, region, train_task, test_task, 0.5) - shape.chance
                for n_units in (5, 10, 20, 40, 80, 160, 320):
                    if n_units > 40 + 40 * i:
                        continue
                    accuracy = shape.chance + full * (1 - np.exp(-n_units / 40))
                    rows.append(
                        {
                            "region": region,
                            "train_task": train_task,
                            "test_task": test_task,
                            "window": window,
                            "n_units": n_units,
                            "accuracy": accuracy + rng.normal(0, 0.01),
                            "sd": 0.05 / np.sqrt(n_units / 5),
                            "chance": shape.chance,
                        }
                    )
    return pd.DataFrame(rows)


def make_trial_counts(shape: Shape) -> pd.DataFrame:
    """The last task has 30 training trials of a class, the others 60; tasks are matched at 30."""
    rows = []
    for region in shape.regions:
        for train_task, test_task in _pairs(shape):
            most = 30 if train_task == shape.tasks[-1] else 60
            sizes = [(str(n), n) for n in (5, 10, 20, 40) if n <= most]
            for window in shape.windows:
                full = _accuracy(shape, region, train_task, test_task, 0.5) - shape.chance
                for name, n in [*sizes, ("matched", 30), ("all", most)]:
                    accuracy = shape.chance + full * (1 - np.exp(-n / 20))
                    numbers = (n, accuracy, 0.1 / np.sqrt(n), shape.chance)
                    rows.append((region, train_task, test_task, window, name, *numbers))
    return pd.DataFrame(rows, columns=columns_of("trial_counts"))


def make_regions(shape: Shape) -> pd.DataFrame:
    rows = [
        (region, "all", 40 + 40 * i, 60, "one", shape.tasks[-1], "upper")
        for i, region in enumerate(shape.regions)
    ]
    return pd.DataFrame(rows, columns=columns_of("regions"))


def make_cross_temporal(shape: Shape) -> xr.Dataset:
    rng = np.random.default_rng(4)
    time = np.round(np.arange(-0.1875, 0.8, 0.025), 4)
    tasks = list(shape.tasks)
    accuracy = np.empty((len(shape.regions), len(tasks), len(tasks), len(time), len(time)))
    for i, region in enumerate(shape.regions):
        for j, train_task in enumerate(tasks):
            for k, test_task in enumerate(tasks):
                above = _accuracy(shape, region, train_task, test_task, time) - shape.chance
                stable = np.exp(-np.abs(time[:, None] - time) / 0.3)
                accuracy[i, j, k] = shape.chance + np.sqrt(np.outer(above, above)) * stable
    accuracy += rng.normal(0, 0.02, accuracy.shape)
    dims = ("region", "train_task", "test_task", "train_time", "test_time")
    return xr.Dataset(
        {
            "accuracy": (dims, accuracy),
            "p_corrected": (dims, np.where(accuracy > shape.chance + 0.1, 0.005, 0.5)),
            "p_corrected_below": (dims, np.where(accuracy < shape.chance - 0.1, 0.005, 0.5)),
        },
        coords={
            "region": list(shape.regions),
            "train_task": tasks,
            "test_task": tasks,
            "n_units": ("region", 40 + 30 * np.arange(len(shape.regions))),
            "train_time": time,
            "test_time": time,
        },
        attrs={"chance": shape.chance},
    )


def make_attention() -> xr.Dataset:
    """Weights that wander before the items and stay on them afterwards, rows summing to 1."""
    rng = np.random.default_rng(5)
    time = 0.1 * (np.arange(35) + 0.5)  # up to the report
    source = time
    weights = np.empty((60, 35, 35))
    task = np.repeat(["pro", "retro"], 30)
    for trial in range(60):
        logits = rng.normal(0, 0.5, (35, 35))
        items = (source > 1.0) & (source < 1.8)
        cue = (source > 2.4) & (source < 2.8) if task[trial] == "retro" else source < 0.8
        logits += 3.0 * items[:, None] * (time > 1.4) + 1.5 * cue[:, None] * (time < 2.9)
        logits[source[:, None] > time + 1e-9] = -np.inf
        weights[trial] = np.exp(logits) / np.exp(logits).sum(axis=0)
    return xr.Dataset(
        {"rates": (("trial", "unit", "time"), weights.astype(np.float32))},
        coords={
            "time": time,
            "unit_time_s": ("unit", source),
            "task": ("trial", task),
            "label": ("trial", np.tile(["upper", "lower"], 30)),
        },
    )


def make_log(networks: tuple[str, ...] = ("seq2seq", "bahdanau")) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    frames = []
    for i, network in enumerate(networks):
        for seed in range(3):
            step = np.arange(50, 1501, 50)
            speed = 250 / (1 + 0.3 * i) * (1 + 0.2 * rng.random())
            fall = 84 * np.exp(-step / speed) * np.exp(rng.normal(0, 0.05, len(step)))
            errors = {"pro": fall + 5.1, "retro": 1.3 * fall + 12 / (1 + i)}
            names = {"network": network, "seed": seed, "step": step, "loss": fall / 90}
            for task, error in errors.items():
                frames.append(pd.DataFrame({**names, "task": task, "report_error": error}))
    return pd.concat(frames, ignore_index=True)


def make_compared(shape: Shape) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make distances and fits to regions, and which regions networks resemble.

    Encoders resemble the first region, decoders none, and contexts are undecided.
    """
    rng = np.random.default_rng(7)
    rows = []
    for network, populations in {
        "seq2seq": ("encoder", "decoder"),
        "bahdanau": ("encoder", "decoder", "context"),
    }.items():
        for population in populations:
            for region in shape.regions:
                floor = 9 + 4 * rng.random()
                for trained in (True, False):
                    distance = 3 + 5 * rng.random() if trained else floor
                    rows.append(
                        {
                            "network": network,
                            "trained": trained,
                            "population": population,
                            "region": region,
                            "distance": distance,
                            "ci_low": max(distance - 1.2, 0),
                            "ci_high": distance + 1.4,
                            "ceiling": 1.4 + 0.3 * rng.random(),
                            "floor": floor,
                        }
                    )
    distances = pd.DataFrame(rows)
    fit = distances[["network", "trained", "population", "region"]].copy()
    first = next(iter(shape.regions))
    kinds = {"encoder": "incompatible", "decoder": "incompatible", "context": "uninformative"}
    fit["verdict"] = fit["population"].map(kinds)
    fit.loc[(fit["region"] == first) & (fit["population"] != "decoder"), "verdict"] = "compatible"
    nearest = distances[["network", "population"]].drop_duplicates()
    verdicts = {"encoder": first, "decoder": "none", "context": "undecided"}
    nearest["verdict"] = nearest["population"].map(verdicts)
    return distances, fit, nearest


def make_model_scores(shape: Shape) -> pd.DataFrame:
    """Make three seeds' scores of trained and untrained networks."""
    rng = np.random.default_rng(8)
    populations = [("seq2seq", "encoder"), ("bahdanau", "encoder"), ("bahdanau", "context")]
    rows = [
        (network, trained, population, region, score, seed)
        for network, population in populations
        for trained in (True, False)
        for region in shape.regions
        for score in labels()
        for seed in range(3)
    ]
    keys = ["network", "trained", "population", "region", "score", "seed"]
    table = pd.DataFrame(rows, columns=keys)
    table["value"] = 0.5 * rng.random(len(table))
    table["ceiling"], table["floor"] = 0.8, 0.5 * rng.random(len(table))
    return table


def make_geometry(shape: Shape) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    pairs = [f"{a} vs {b}" for i, a in enumerate(shape.tasks) for b in shape.tasks[i + 1 :]]
    windows = shape.windows if len(shape.windows) > 1 else ("before", *shape.windows)
    n_sessions = 2 * len(shape.regions)
    rows = []
    for region, (_, shared, _) in shape.regions.items():
        for i, window in enumerate(windows):
            for measure, tasks in {"axis_cosine": pairs, "plane_angle_cos": shape.tasks}.items():
                for task in tasks:
                    value = (0.15 + 0.5 * i) * (0.3 + shared) + 0.05 * rng.random()
                    rows.append(
                        {
                            "region": region,
                            "task": task,
                            "window": window,
                            "measure": measure,
                            "value": value,
                            "ci_low": value - 0.12,
                            "ci_high": value + 0.1,
                            "ceiling": 0.95 - 0.1 * rng.random(),
                            "floor": 0.08 + 0.04 * rng.random(),
                            "region_ci_low": value - 0.2 if n_sessions > 3 else np.nan,
                            "region_ci_high": value + 0.2 if n_sessions > 3 else np.nan,
                            "n_sessions": n_sessions,
                        }
                    )
    return pd.DataFrame(rows)


def make_geometry_over_time(shape: Shape) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    pairs = [f"{a} vs {b}" for i, a in enumerate(shape.tasks) for b in shape.tasks[i + 1 :]]
    rows = []
    for region in shape.regions:
        for measure, tasks in {"axis_cosine": pairs, "cued_color": shape.tasks}.items():
            for task in tasks:
                for time in np.arange(8) / 10:
                    value = time + 0.05 * rng.random()
                    row = (region, task, time, measure, value, value - 0.1, value + 0.1)
                    rows.append(row)
    columns = ["region", "task", "time", "measure", "value", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns)


def make_color_planes(shape: Shape) -> pd.DataFrame:
    rng = np.random.default_rng(10)
    columns = ["region", "session", "task", "window", "location", "bin", "color"]
    rows = [
        (region, "all", task, window, location, number, (number + 0.5) * np.pi / 2)
        for region in shape.regions
        for task in shape.tasks[:2]
        for window in shape.windows[:2]
        for location in ("upper", "lower")
        for number in range(4)
    ]
    table = pd.DataFrame(rows, columns=columns)
    table[["pc1", "pc2", "pc3"]] = rng.normal(size=(len(table), 3))
    return table


def make_signatures(
    shape: Shape,
) -> tuple[pd.DataFrame, pd.DataFrame, str, dict[str, tuple[str, bool]]]:
    rng = np.random.default_rng(11)
    networks = {"network-a": ("a", True), "network-a-untrained": ("a", False)}
    features = [
        f"d_prime {train}->{test} {window}"
        for train in shape.tasks
        for test in shape.tasks
        for window in shape.windows
    ]
    features += [
        f"{measure} {task} {window}"
        for measure in ("cued_color", "alignment")
        for task in shape.tasks
        for window in shape.windows
    ]
    first = next(iter(shape.regions))
    places = [("brain", region, "") for region in shape.regions]
    places += [
        (name, population, region)
        for name in networks
        for population in ("encoder", "decoder")
        for region in shape.regions
    ]
    rows = [
        (*place, feature, 0.5 + 0.5 * rng.random(), 0.02)
        for place in places
        for feature in features
    ]
    distances = [
        (network, trained, population, region, 3.0 - (region == first))
        for network, trained in networks.values()
        for population in ("encoder", "decoder")
        for region in shape.regions
    ]
    return (
        pd.DataFrame(rows, columns=["dataset", "region", "matched_to", "feature", "value", "sd"]),
        pd.DataFrame(distances, columns=["network", "trained", "population", "region", "distance"]),
        "brain",
        networks,
    )


def make_located(networks: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    """Make a table of networks with their populations; those named "cut..." lose the items."""
    rng = np.random.default_rng(12)
    rows = []
    for network, populations in networks.items():
        for seed in range(3):
            for population in populations:
                intact = 0.95 + 0.03 * rng.random()
                cut = -0.04 * rng.random() if network.startswith("cut") else intact
                rows.append((population, "delay_r2", intact, cut, network, True, seed))
            for task in ("pro", "retro"):
                intact = 3 + 3 * rng.random()
                cut = 90 + 5 * rng.random() if network.startswith("cut") else intact
                rows.append(("report", f"report_error_{task}", intact, cut, network, True, seed))
    columns = ["population", "measure", "intact", "cut", "network", "trained", "seed"]
    return pd.DataFrame(rows, columns=columns)


def make_list_recall(lengths: tuple[int, ...] = (4, 8, 16, 24)) -> pd.DataFrame:
    rng = np.random.default_rng(13)
    rows = [
        (family, seed, length, 1 - loss * length / 24 - 0.02 * rng.random(), 1.0, 1 / 8, 500)
        for family, loss in (("seq2seq", 0.5), ("bahdanau", 0.0))
        for length in lengths
        for seed in range(3)
    ]
    columns = ["family", "seed", "length", "token_accuracy", "forced_accuracy", "chance", "n_lists"]
    return pd.DataFrame(rows, columns=columns)


def make_translation(families: tuple[str, ...] = ("seq2seq", "bahdanau", "transformer")):
    """Return the tables `translation`, `translation_alignment` and `translation_attention`."""
    rng = np.random.default_rng(14)
    lengths = ((3, 5), (6, 8), (9, 11))
    written = [
        (family, seed, beams, *length, 1 - 0.3 * rng.random(), 0.9, 100)
        for family in families
        for seed in range(3)
        for beams in (1, 4)
        for length in lengths
    ]
    attending = [family for family in families if family != "seq2seq"]
    aligned = [
        (family, seed, 0.1 + 0.2 * rng.random(), 0.4, 0.8, 300, 0.9, 1.0, 200)
        for family in attending
        for seed in range(3)
    ]
    french, english, links = ("je", "t'", "aime"), ("I", "love", "you"), {(0, 0), (1, 2), (2, 1)}
    attention = [
        (
            family,
            seed,
            sentence,
            k,
            target,
            s,
            source,
            0.8 if (k, s) in links else 0.1,
            (k, s) in links,
        )
        for family in attending
        for seed in range(3)
        for sentence in range(2)
        for k, target in enumerate(french)
        for s, source in enumerate(english)
    ]
    names = ("translation", "translation_alignment", "translation_attention")
    rows = (written, aligned, attention)
    return tuple(
        pd.DataFrame(each, columns=columns_of(name)) for each, name in zip(rows, names, strict=True)
    )


def make_sequence_processing() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers and costs of a convolution that reaches 64 steps and of self-attention."""
    families = ("dilated-convolution", "self-attention-without-positions")
    answers = [
        (family, seed, task, 64, length, distance, error, 7 / 8, gradient, 0.1, 200)
        for family in families
        for seed in range(3)
        for task in ("marked item", "item at a delay")
        for length in (16, 64, 256)
        for distance in (1, 8, 63, 64, 255)
        if distance < length
        for error, gradient in [
            (0.8, 0.0) if distance > 63 and family == families[0] else (0.1, 1 / distance)
        ]
    ]
    costs = [
        (family, seed, length, 7000, steps, steps, 1000 * length, 100 * length**2, error)
        for family, error in zip(families, (1.0, 1e-7), strict=True)
        for seed in range(3)
        for length in (8, 64)
        for steps in [int(np.log2(length)) if family == families[0] else 1]
    ]
    return (
        pd.DataFrame(answers, columns=columns_of("sequence_processing")),
        pd.DataFrame(costs, columns=columns_of("sequence_costs")),
    )


def make_captioning() -> pd.DataFrame:
    rng = np.random.default_rng(14)
    rows = [
        (
            family,
            seed,
            n,
            *(1 - loss * rng.random(4)),
            1 / 9,
            loss if n > 1 else np.nan,
            200,
            n - 1,
        )
        for family, loss in (("soft", 0.1), ("straight-through", 0.3))
        for seed in range(3)
        for n in (1, 2, 3)
    ]
    return pd.DataFrame(rows, columns=columns_of("captioning"))


def make_caption_maps() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make maps of two words of an example, and its image of 4 x 4 pixels."""
    families = [("soft", 0.6), ("straight-through", 1.0)]
    maps = [
        (
            family,
            0,
            1,
            k,
            word,
            word,
            row,
            column,
            weight * (row == column == k),
            row == column == k,
        )
        for family, weight in families
        for k, word in enumerate(("red", "circle"))
        for row, column in np.ndindex(3, 3)
    ]
    pixels = [
        (family, 0, 1, row, column, 1.02, 0.5, -0.02)
        for family, _ in families
        for row, column in np.ndindex(4, 4)
    ]
    return (
        pd.DataFrame(maps, columns=columns_of("captioning_maps")),
        pd.DataFrame(pixels, columns=columns_of("captioning_images")),
    )


def _lab(color, simulation: np.ndarray | None = None) -> np.ndarray:
    srgb = np.array(to_rgb(color))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    if simulation is not None:
        linear = np.clip(simulation @ linear, 0, 1)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ linear / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture
def lab():
    """The function from a colour, seen through a simulated deficiency, to CIELAB."""
    return _lab


@pytest.fixture
def make() -> SimpleNamespace:
    """The functions that make tables and arrays."""
    return SimpleNamespace(
        transfer=make_transfer,
        summary=make_summary,
        onsets=make_onsets,
        unit_counts=make_unit_counts,
        trial_counts=make_trial_counts,
        regions=make_regions,
        cross_temporal=make_cross_temporal,
        attention=make_attention,
        log=make_log,
        compared=make_compared,
        model_scores=make_model_scores,
        geometry=make_geometry,
        geometry_over_time=make_geometry_over_time,
        color_planes=make_color_planes,
        signatures=make_signatures,
        located=make_located,
        list_recall=make_list_recall,
        captioning=make_captioning,
        caption_maps=make_caption_maps,
        translation=make_translation,
        sequence_processing=make_sequence_processing,
        shapes=SHAPES,
        long_names=LONG_NAMES,
        atlas=ATLAS,
    )
