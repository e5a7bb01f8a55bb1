import copy
import itertools
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.configuration import Configuration, parse
from neuro_attn.configuration.analysis import Time
from neuro_attn.configuration.sources import SETTINGS
from neuro_attn.errors import InputError

*_OTHERS, _LAST = SETTINGS
SOURCES = f"{', '.join(_OTHERS)} or {_LAST}"
NWB: dict[str, Any] = {
    "source": "nwb",
    "files": "*.nwb",
    "label": {"left": "side == 0", "right": "side == 1"},
    "tasks": {
        "pro": {"trials": "order == 0", "align": "cue_onset"},
        "retro": {"trials": "order == 1", "align": "cue_onset"},
    },
    "time": {"start": 0.0, "stop": 0.5, "bin": 0.05},
    "windows": {"late": [0.2, 0.5]},
}


def with_key(path: str, value: Any) -> dict[str, Any]:
    """Return a good configuration with one key set; the data set's keys start with `d.`."""
    keys: dict[str, Any] = {"datasets": {"d": copy.deepcopy(NWB)}}
    *parents, last = path.replace("d.", "datasets.d.", 1).split(".")
    here = keys
    for parent in parents:
        here = here.setdefault(parent, {})
    here[last] = value
    return keys


def message(keys: Any) -> str:
    with pytest.raises(InputError) as error:
        parse(keys, "config.yaml")
    return str(error.value)


def test_defaults_need_not_be_written():
    configuration = parse({"datasets": {"d": NWB}})
    assert configuration.seed == 2021
    assert configuration.datasets["d"].decoding == configuration.decoding
    assert configuration.datasets["d"].regions.column == "location"


def test_top_level_decoding_and_inference_are_every_data_sets_defaults():
    own = {**NWB, "decoding": {"folds": 5}, "inference": {"alpha": 0.01}}
    configuration = parse(
        {
            "decoding": {"folds": 3, "C": 0.1},
            "inference": {"permutations": 7},
            "datasets": {"plain": NWB, "own": own},
        }
    )
    plain, own = configuration.datasets["plain"], configuration.datasets["own"]
    assert (plain.decoding.folds, plain.decoding.C) == (3, 0.1)
    assert (own.decoding.folds, own.decoding.C) == (5, 0.1)
    assert plain.inference.permutations == own.inference.permutations == 7
    assert (plain.inference.alpha, own.inference.alpha) == (0.05, 0.01)


def test_what_the_user_wrote_is_left_unchanged():
    keys = {"decoding": {"folds": 3}, "datasets": {"d": copy.deepcopy(NWB)}}
    before = copy.deepcopy(keys)
    parse(keys)
    assert keys == before


def test_settings_cannot_be_changed_after_parsing():
    with pytest.raises(ValueError, match="frozen"):
        parse({"datasets": {"d": NWB}}).seed = 1


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("sed", 1, "sed: unknown key. Did you mean seed?"),
        (
            "d.regions.min_unit",
            5,
            "datasets.d.regions.min_unit: unknown key. Did you mean min_units?",
        ),
        ("d.fils", "*.nwb", "datasets.d.fils: unknown key. Did you mean files?"),
        (
            "d.time.qqq",
            1,
            "datasets.d.time.qqq: unknown key. Allowed: start, stop, bin, smoothing.",
        ),
        (
            "d.tasks.pro.aling",
            "cue",
            "datasets.d.tasks.pro.aling: unknown key. Did you mean align?",
        ),
        ("decoding.fold", 2, "config.yaml, decoding.fold: unknown key. Did you mean folds?"),
        ("d.decoding.draw", 2, "datasets.d.decoding.draw: unknown key. Did you mean draws?"),
        (
            "d.permutations",
            20,
            "datasets.d.permutations: unknown key here. It belongs below inference.",
        ),
    ],
)
def test_unknown_keys_are_named_with_the_key_that_was_meant(path, value, expected):
    assert expected in message(with_key(path, value))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("seed", -1, "seed: must be a whole number of at least 0 (given: -1)."),
        ("seed", "many", "seed: must be a whole number of at least 0 (given: 'many')."),
        ("d.source", "nbw", f"datasets.d.source: must be {SOURCES}"),
        ("d.source", "nbw", "(given: 'nbw'). Did you mean nwb?"),
        ("d.time.bin", 0, "datasets.d.time.bin: must be a number above 0 (given: 0)."),
        ("d.time.bin", 0.3, "datasets.d.time: start 0 to stop 0.5 is not a whole number of bins"),
        ("d.time.stop", -1.0, "datasets.d.time: start 0 to stop -1 is not a whole number of bins"),
        ("d.time.start", float("nan"), "datasets.d.time.start: must be a number (given: .nan)."),
        ("d.windows", {"w": [0.2, 0.9]}, "window w [0.2, 0.9] reaches outside time [0, 0.5]"),
        ("d.windows", {"w": [0.2, 0.21]}, "window w [0.2, 0.21] is narrower than a bin of 0.05 s"),
        (
            "d.windows",
            {"w": [0.22, 0.28]},
            "window w [0.22, 0.28] contains no whole bin: bins of 0.05 s begin at",
        ),
        ("d.windows.w", [0.3, 0.2], "datasets.d.windows.w: the first number must be smaller than"),
        ("d.files", [], "datasets.d.files"),
        (
            "d.label",
            {"left": "side == 0"},
            "datasets.d.label: must be text, two or more lines NAME: TEXT below it, or the keys "
            "column and kind",
        ),
        ("d.tasks", {}, "datasets.d.tasks: must contain one or more lines NAME: KEYS below it"),
        ("d.tasks.a/b", {"trials": "x == 1"}, "a name must not be empty, start with a dot"),
        (
            "d.decoding.folds",
            1,
            "datasets.d.decoding.folds: must be a whole number of at least 2 (given: 1)",
        ),
        ("d.decoding.population", "all", "must be simultaneous or pseudopopulation (given: 'all')"),
        (
            "d.regions.min_units",
            0,
            "datasets.d.regions.min_units: must be a whole number from 1 to 10,000,000",
        ),
        (
            "inference.alpha",
            0.9,
            "config.yaml, inference.alpha: must be a number above 0 and below 0.5 (given: 0.9).",
        ),
        ("networks", {"n": {"family": "seq2seq"}}, "networks: require the key network_analysis"),
        (
            "comparison",
            {"dataset": "x"},
            "comparison.dataset: must be one of d, and networks must be given (given: 'x')",
        ),
        ("d.colors", {"bins": 4}, "datasets.d.colors.items: the key is missing"),
        ("d.balance", ["mean_rate"], "datasets.d.balance: mean_rate is computed from the units"),
        (
            "d.reference_tasks",
            ["pro"],
            "d.reference_tasks: must be a list of two names, such as [a, b], or null (given: [pro]",
        ),
        (
            "d.reference_tasks",
            ["pro", "retor"],
            "datasets.d.reference_tasks: no task 'retor'; tasks are pro, retro",
        ),
        ("d.reference_tasks", ["pro", "pro"], "d.reference_tasks: pro twice; give two tasks"),
        (
            "d.reference_tasks",
            ["pro", "retro"],
            "d.reference_tasks: pro, retro are all tasks, so no other pair can be related to them",
        ),
        (
            "d.compared_regions",
            "some",
            "d.compared_regions: must be all, or a list of lists of two names, such as [[a, b]]",
        ),
        (
            "d.compared_regions",
            [["V4"]],
            "d.compared_regions.0: must be a list of two names, such as [a, b] (given: [V4])",
        ),
        (
            "d.compared_regions",
            [["V4", "V4"]],
            "datasets.d.compared_regions: V4 twice in a pair; give two regions",
        ),
        (
            "d.compared_regions",
            [["V4", "FEF"], ["FEF", "V4"]],
            "datasets.d.compared_regions: the pair FEF, V4 is listed twice",
        ),
        (
            "d.colors",
            {"items": {"left": "a"}},
            "d.colors.items: must contain two lines NAME: TEXT below it",
        ),
    ],
)
def test_impossible_values_are_named_with_what_was_given_and_what_is_allowed(path, value, expected):
    text = message(with_key(path, value))
    assert text.startswith("config.yaml, ")
    assert expected in text


def test_balance_needs_a_null_model_that_keeps_it():
    keys = with_key("d.balance", ["stimulus"])
    keys["datasets"]["d"]["inference"] = {"null_model": "pseudosession"}
    needs = "datasets.d.balance: needs null_model: shuffle (given: pseudosession)"
    assert needs in message(keys)


@pytest.mark.parametrize("width", [0.02, 0.05, 0.1])
def test_a_window_holds_the_bins_that_lie_in_it_from_edge_to_edge(width):
    time = Time(start=-0.3, stop=0.5, bin=width)
    for first, stop in itertools.combinations(range(time.n_bins + 1), 2):
        window = (time.start + first * width, time.start + stop * width)
        assert time.bins_in(window) == slice(first, stop)
        wider = (window[0] - 0.4 * width, window[1] + 0.4 * width)
        assert time.bins_in(wider) == slice(first, stop)


@pytest.mark.parametrize("key", ["files", "label", "tasks", "time", "windows"])
def test_a_missing_key_is_named(key):
    keys = {"datasets": {"d": {k: v for k, v in NWB.items() if k != key}}}
    assert message(keys).startswith(f"config.yaml, datasets.d.{key}: the key is missing; give ")


def test_a_data_set_without_source_is_told_the_sources():
    keys = {"datasets": {"d": {k: v for k, v in NWB.items() if k != "source"}}}
    assert f"datasets.d.source: the key is missing; give {SOURCES}." in message(keys)


def test_every_mistake_is_told_at_once():
    keys = with_key("d.time.bin", -1)
    keys["sed"] = 1
    text = message(keys)
    assert "datasets.d.time.bin" in text
    assert "sed: unknown key" in text
    assert text.startswith("config.yaml: 2 problems. (1) ")


@pytest.mark.parametrize("keys", [None, [], "text", 3])
def test_a_file_that_is_no_mapping_is_refused(keys):
    assert message(keys).startswith(
        f"config.yaml: {HOLDS[type(keys)]}. A configuration consists of"
    )


HOLDS = {type(None): "is empty", list: "contains only a list", str: "contains only text"}
HOLDS[int] = "contains only one value"


def test_a_configuration_needs_data_sets():
    assert "datasets: the key is missing" in message({})
    assert "datasets: must contain one or more lines NAME: KEYS below it (given: {})" in message(
        {"datasets": {}}
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
TOP = ("seed", "data_folder", "decoding", "inference", "datasets", "networks", "comparison")
OWN = ("label", "tasks", "time", "windows", "regions", "decoding", "files", "source", "colors")
DEEP = ("tasks.pro", "time.bin", "windows.late", "regions.column")
PATHS = [*TOP, "network_analysis", *(f"d.{key}" for key in OWN + DEEP)]


@given(path=st.sampled_from(PATHS), value=values)
@settings(max_examples=200)
def test_any_value_is_accepted_or_refused_with_a_message(path, value):
    try:
        result: Any = parse(with_key(path, value))
    except InputError as error:
        result = error
    assert isinstance(result, Configuration) or re.match("config[,:] ", str(result))
