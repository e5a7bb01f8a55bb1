"""Similarity of networks and regions: resamples equal a plain loop, and no trial meets itself."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import svdvals
from scipy.stats import norm

from neuro_attn.comparison import compare_representations
from neuro_attn.comparison.representational_similarity import COLUMNS, MEASURES, similarity_table
from neuro_attn.comparison.responses import Responses
from neuro_attn.comparison.rsa_measures import crossnobis
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.randomness import stream
from neuro_attn.recording import build
from neuro_attn.results import read_csv, write_csv
from neuro_attn.study import Study

CONDITIONS = tuple(itertools.product(("cue", "delay"), ("pro", "retro"), ("left", "right"), ("",)))


def population(rng, units, trials, name="region", signal=1.0):
    """Rates of sessions with so many units, and from 4 to `trials` trials of each kind."""
    parts = []
    for n_units in units:
        counts = rng.integers(4, trials + 1, size=len(CONDITIONS) // 2)
        parts.append(
            [
                signal * rng.normal(size=n_units) + rng.normal(size=(n, n_units))
                for n in (*counts, *counts)
            ]
        )
    return Responses(name, CONDITIONS, parts)


def halves_in_a_loop(one, n_units, n_trials, resample, rng):
    """Mean responses of random halves, trial by trial."""
    half = n_trials // 2
    means = [[], []]
    for part in one.parts:
        kinds = part[: len(CONDITIONS) // 2]
        most = max(len(trials) for trials in kinds)
        keys = [rng.random(most)[: len(trials)] for trials in kinds]
        chosen = [sorted(range(len(key)), key=key.__getitem__) for key in keys]
        chosen = [(each[:half], each[half : 2 * half]) for each in chosen]
        if resample:
            chosen = [
                tuple([trials[again] for again in rng.integers(half, size=half)] for trials in each)
                for each in chosen
            ]
        for side in range(2):
            rows = []
            for number, trials in enumerate(part):
                of_half = chosen[number % len(kinds)][side]
                rows.append(sum(trials[trial] for trial in of_half) / half)
            means[side].append(rows)
    order = rng.permutation(one.n_units)[:n_units]
    return [np.concatenate(each, axis=1)[:, order] for each in means]


def measured_in_a_loop(one, other):
    """Every measure of two populations' halves, from its formula."""
    pairs = list(itertools.combinations(range(len(CONDITIONS)), 2))
    dissimilarity = [
        [(first[i] - first[j]) @ (second[i] - second[j]) for i, j in pairs]
        for first, second in (one, other)
    ]
    x, y = ((first + second) / 2 for first, second in (one, other))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    n = len(x)

    def h(k, m):
        k, m, ones = k - np.diag(np.diag(k)), m - np.diag(np.diag(m)), np.ones(n)
        across = (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
        return (np.trace(k @ m) + across - 2 / (n - 2) * ones @ k @ m @ ones) / (n * (n - 3))

    k, m = x @ x.T, y @ y.T
    cka = np.nan
    if h(k, k) > 0 and h(m, m) > 0:
        cka = h(k, m) / np.sqrt(h(k, k) * h(m, m))
    rotated = svdvals(x.T @ y).sum() / np.linalg.norm(x) / np.linalg.norm(y)
    return {
        "debiased_cka": cka,
        "crossnobis_correlation": np.corrcoef(dissimilarity)[0, 1],
        "procrustes": rotated,
    }


sizes = st.lists(st.integers(1, 6), min_size=1, max_size=3).filter(lambda units: sum(units) > 1)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), units=sizes, trials=st.integers(4, 12), resample=st.booleans())
def test_all_conditions_at_once_are_each_condition_by_itself(seed, units, trials, resample):
    """Sessions with unequal numbers of trials, and few units, in double precision."""
    one = population(np.random.default_rng(seed), units, trials)
    n_units = max(1, one.n_units - 1)
    for n_trials in (2, one.n_trials):
        found = one.arranged(CONDITIONS).random_halves(
            n_units=n_units,
            n_trials=n_trials,
            resample=resample,
            rng=np.random.default_rng(seed + 1),
        )
        expected = halves_in_a_loop(
            one, n_units, n_trials, resample, np.random.default_rng(seed + 1)
        )
        assert found.shape == (2, len(CONDITIONS), n_units)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), units=sizes, of_network=sizes, trials=st.integers(5, 12))
def test_values_and_intervals_are_those_of_a_loop_over_resamples(seed, units, of_network, trials):
    """Two sessions against two seeds; means over draws, and the spread of the resamples."""
    rng = np.random.default_rng(seed)
    draws, bootstraps, confidence = 3, 20, 0.9
    region = [population(rng, units, trials, signal=3.0) for _ in range(2)]
    seeds = [population(rng, of_network, trials, "layer", signal=3.0) for _ in range(2)]
    everything = region + seeds
    n_units = min(one.n_units for one in everything)
    n_trials = min(one.n_trials for one in everything)
    table = similarity_table(
        [region], [("net", True, "layer", seeds)], draws, bootstraps, confidence, seed
    )

    rng = stream(seed, "likeness", "region", "net", "layer")
    values, replicates = [], []
    for one, other in itertools.product(region, seeds):
        results = [
            measured_in_a_loop(
                *(
                    halves_in_a_loop(each, n_units, n_trials, number >= draws, rng)
                    for each in (one, other)
                )
            )
            for number in range(draws + bootstraps)
        ]
        values += results[:draws]
        replicates.append(pd.DataFrame(results[draws:]))
    values = pd.DataFrame(values)
    replicates = pd.concat(replicates).groupby(level=0).mean()
    spread = replicates.quantile(0.9) - replicates.quantile(0.1)
    half = norm.ppf((1 + confidence) / 2) * spread / (norm.ppf(0.9) - norm.ppf(0.1))
    for row in table.to_dict("records"):
        name = row["measure"]
        assert row["value"] == pytest.approx(values[name].mean(), abs=1e-8)
        assert row["ci_low"] == pytest.approx(values[name].mean() - half[name], abs=1e-8)
        assert row["ci_high"] == pytest.approx(values[name].mean() + half[name], abs=1e-8)
        assert (row["n_units"], row["n_trials"]) == (n_units, 2 * (n_trials // 2))
    # What is not defined in a draw has no row; two halves of a ceiling can be undefined, too.
    undefined = set(values.columns[values.isna().any()])
    assert undefined.isdisjoint(table["measure"])
    assert {"crossnobis_correlation", "procrustes"} <= set(table["measure"])
    assert list(table.columns) == COLUMNS


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), units=st.integers(2, 20))
def test_noise_that_windows_share_adds_nothing_to_their_distance(seed, units):
    """Every trial is the same in both windows, so these are at distance 0 in any two halves."""
    one = population(np.random.default_rng(seed), [units], 8, signal=0.0)
    kinds = one.parts[0][: len(CONDITIONS) // 2]
    one = one._replace(parts=[[*kinds, *kinds]])
    for resample in (False, True):
        rng = np.random.default_rng(seed)
        halves = one.arranged(CONDITIONS).random_halves(
            n_units=units, n_trials=one.n_trials, resample=resample, rng=rng
        )
        distance = np.zeros((len(CONDITIONS), len(CONDITIONS)))
        distance[np.triu_indices(len(CONDITIONS), 1)] = crossnobis(*halves)
        windows = np.arange(len(kinds))
        assert distance[windows, windows + len(kinds)] == pytest.approx(0, abs=1e-12)


def test_populations_without_responses_have_no_rows():
    silent = Responses("region", CONDITIONS, [[np.zeros((6, 5))] * len(CONDITIONS)])
    table = similarity_table([[silent]], [("net", False, "layer", [silent])], 2, 20, 0.95, 0)
    assert list(table.columns) == COLUMNS
    assert table.empty


def test_the_floor_is_the_untrained_network_and_missing_without_one(tmp_path):
    rng = np.random.default_rng(0)
    region = [population(rng, [20], 12)]
    trained, untrained = ([population(rng, [20], 12, "layer")] for _ in range(2))
    compared = [("net", True, "layer", trained), ("net", False, "layer", untrained)]
    table = similarity_table([region], compared, 2, 20, 0.95, 0).set_index(["trained", "measure"])
    for name in MEASURES:
        assert table.loc[(True, name), "floor"] == table.loc[(False, name), "value"]
    alone = similarity_table([region], compared[:1], 2, 20, 0.95, 0)
    assert set(alone["measure"]) == set(MEASURES)
    assert alone["floor"].isna().all()
    write_csv(alone, tmp_path / "representations.csv")
    back = read_csv(tmp_path / "representations.csv")
    pd.testing.assert_frame_equal(back, alone, check_dtype=False, rtol=1e-8)
    assert back["floor"].dtype == float


def test_too_few_trials_and_other_conditions_are_told():
    rng = np.random.default_rng(1)
    region = [population(rng, [5], 8)]
    single = [region[0]._replace(parts=[[each[:1] for each in region[0].parts[0]]])]
    with pytest.raises(InputError, match=r"8 conditions, 5 units and 1 trials.*too few"):
        similarity_table([region], [("net", True, "layer", single)], 2, 20, 0.95, 0)
    other = [region[0]._replace(name="layer", conditions=(*CONDITIONS[:-1], ("x",) * 4))]
    with pytest.raises(InputError, match=r"layer.*not those of the first region"):
        similarity_table([region], [("net", True, "layer", other)], 2, 20, 0.95, 0)


KEYS = {
    "source": "netcdf",
    "files": "*",
    "label": "side",
    "tasks": {task: {"trials": f"order == '{task}'"} for task in ("pro", "retro")},
    "time": {"start": 0.0, "stop": 0.2, "bin": 0.1},
    "windows": {"early": [0.0, 0.1], "late": [0.1, 0.2]},
    "decoding": {"draws": 1, "unit_counts": []},
    "inference": {"permutations": 19, "bootstraps": 20},
    "colors": {"items": {"upper": "upper_color", "lower": "lower_color"}, "bins": 3},
}


def test_conditions_are_divided_by_colour_where_there_are_two_trials_of_each():
    """12 trials of a task and class, 4 of a colour, or 12, 11 and 1."""
    data = parse({"datasets": {"toy": KEYS}}).datasets["toy"]
    rng = np.random.default_rng(2)

    def record(name, bins):
        task, side, _ = np.indices((2, 2, 12)).reshape(3, -1)
        color = np.tile((np.array(bins) + 0.5) * 2 * np.pi / 3, 4)
        trials = pd.DataFrame(
            {
                "trial_id": np.arange(len(task)),
                "task": np.array(["pro", "retro"])[task],
                "label": np.array(["lower", "upper"])[side],
                "upper_color": color,
                "lower_color": color,
            }
        )
        units = pd.DataFrame({"unit_id": np.arange(9).astype(str), "region": "area"})
        rates = rng.normal(size=(len(task), 9, 2)) + rng.normal(size=(2, 2, 9, 2))[task, side]
        return build(rates, trials, units, name, "session", data, {}, "a.u.")

    for bins, n_conditions in (([0, 1, 2] * 4, 24), ([0] * 6 + [1] * 5 + [2], 8)):
        found = compare_representations(
            {"brain": [record("brain", [0, 1, 2] * 4)], "net": [record("net", bins)]},
            {"brain": ["area"], "net": ["area"]},
            {name: Study(name, data, 0) for name in ("brain", "net")},
            brain="brain",
            networks={"net": ("net", True)},
        )
        assert set(found["n_conditions"]) == {n_conditions}
