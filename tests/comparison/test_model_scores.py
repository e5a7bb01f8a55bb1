"""Scores of networks: draws equal a plain loop, no trial meets itself, planted truth is found."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neuro_attn.comparison import model_scores
from neuro_attn.comparison.model_scores import COLUMNS, Replicate, score_table
from neuro_attn.comparison.responses import Drawn, Responses, common_bins
from neuro_attn.comparison.scores.crossnobis_correlation import correlation, crossnobis
from neuro_attn.comparison.scores.debiased_cka import debiased_cka
from neuro_attn.comparison.scores.linear_predictivity import predictivity, reliability
from neuro_attn.comparison.scores.procrustes import procrustes
from neuro_attn.configuration import Time, parse
from neuro_attn.errors import InputError
from neuro_attn.randomness import stream
from neuro_attn.recording import build
from neuro_attn.results import read_csv, write_csv
from neuro_attn.results.model_scores import meanings, specified
from neuro_attn.study import Study

KINDS = tuple(itertools.product(("pro", "retro"), ("left", "right"), ("",)))
CONDITIONS = tuple((place, *kind) for place in ("cue", "delay", *range(8)) for kind in KINDS)
OF_WINDOWS = ("debiased_cka", "crossnobis_correlation", "procrustes")
FAR_RATE = 1e-5
"""Probability with which statistical claims fail although they hold."""


def population(rng, units, trials, name="region", signal=1.0):
    """Rates of sessions with so many units, and from 4 to `trials` trials of each kind."""
    parts = []
    for n_units in units:
        counts = rng.integers(4, trials + 1, size=len(KINDS))
        parts.append(
            [
                signal * rng.normal(size=n_units) + rng.normal(size=(n, n_units))
                for n in np.tile(counts, len(CONDITIONS) // len(KINDS))
            ]
        )
    return Responses(name, "all", CONDITIONS, parts)


def halves_in_a_loop(one, n_units, n_trials, rng):
    """Mean responses of random halves, trial by trial."""
    half = n_trials // 2
    means = [[], []]
    for part in one.parts:
        kinds = part[: len(KINDS)]
        most = max(len(trials) for trials in kinds)
        keys = [rng.random(most)[: len(trials)] for trials in kinds]
        chosen = [sorted(range(len(key)), key=key.__getitem__) for key in keys]
        chosen = [(each[:half], each[half : 2 * half]) for each in chosen]
        for side in range(2):
            rows = []
            for number, trials in enumerate(part):
                of_half = chosen[number % len(kinds)][side]
                rows.append(sum(trials[trial] for trial in of_half) / half)
            means[side].append(rows)
    order = rng.permutation(one.n_units)[:n_units]
    return [np.concatenate(each, axis=1)[:, order] for each in means]


sizes = st.lists(st.integers(1, 6), min_size=1, max_size=3).filter(lambda units: sum(units) > 1)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), units=sizes, trials=st.integers(4, 12))
def test_all_conditions_at_once_are_each_condition_by_itself(seed, units, trials):
    """Sessions with unequal numbers of trials, and few units, in double precision."""
    one = population(np.random.default_rng(seed), units, trials)
    n_units = max(1, one.n_units - 1)
    for n_trials in (2, one.n_trials):
        found = one.arranged(CONDITIONS).random_halves(
            n_units=n_units, n_trials=n_trials, rng=np.random.default_rng(seed + 1)
        )
        expected = halves_in_a_loop(one, n_units, n_trials, np.random.default_rng(seed + 1))
        assert found.shape == (2, len(CONDITIONS), n_units)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


@settings(max_examples=5)
@given(seed=st.integers(0, 10**6), units=sizes, of_network=sizes, trials=st.integers(5, 12))
def test_values_are_means_over_draws_and_sessions_in_a_loop(seed, units, of_network, trials):
    rng = np.random.default_rng(seed)
    region = [population(rng, units, trials, signal=3.0) for _ in range(2)]
    network = population(rng, of_network, trials, "layer", signal=3.0)
    n_units = min(one.n_units for one in (*region, network))
    n_trials = min(one.n_trials for one in (*region, network))
    table = score_table([region], [Replicate("net", True, 3, network)], draws=3, seed=seed)
    drawn = []
    names = (["net", "layer", "trained True", 3], ["region"])
    for name, members in zip(names, ([network], region), strict=True):
        rng = stream(seed, "model scores", *name)
        drawn.append(
            [[halves_in_a_loop(one, n_units, n_trials, rng) for _ in range(3)] for one in members]
        )
    found = {name: [] for name in meanings()}
    for one, number in itertools.product(drawn[1], range(3)):
        sides = [np.array(each) for each in (one[number], drawn[0][0][number])]
        windows = [each[:, : 2 * len(KINDS)] for each in sides]
        bins = [
            each[:, 2 * len(KINDS) :].mean(axis=0).reshape(1, 8, len(KINDS), -1) for each in sides
        ]
        means = [each.mean(axis=0) for each in windows]
        found["debiased_cka"].append(debiased_cka(*means))
        found["crossnobis_correlation"].append(correlation(*(crossnobis(*w) for w in windows)))
        found["procrustes"].append(procrustes(*means))
        found["linear_predictivity"].append(predictivity(*bins[::-1])[0])
        found["reverse_predictivity"].append(predictivity(*bins)[0])
    for row in table.to_dict("records"):
        if row["score"] != "dynamical_similarity":
            assert row["value"] == pytest.approx(np.mean(found[row["score"]]), abs=1e-8)
        assert (row["n_units"], row["n_trials"]) == (n_units, 2 * (n_trials // 2))
        assert (row["seed"], row["n_conditions"], row["n_bins"]) == (3, 8, 8)
    # What is not defined in a draw has no row; two halves of a ceiling can be undefined, too.
    undefined = {name for name, each in found.items() if np.isnan(each).any()}
    assert undefined.isdisjoint(table["score"])
    assert list(table.columns) == COLUMNS


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), units=st.integers(2, 20))
def test_noise_that_windows_share_adds_nothing_to_their_distance(seed, units):
    """Every trial is the same in both windows, so these are at distance 0 in any two halves."""
    one = population(np.random.default_rng(seed), [units], 8, signal=0.0)
    kinds = one.parts[0][: len(KINDS)]
    one = one.within({"cue", "delay"})._replace(parts=[[*kinds, *kinds]])
    halves = one.arranged(one.conditions).random_halves(
        n_units=units, n_trials=one.n_trials, rng=np.random.default_rng(seed)
    )
    distance = np.zeros((2 * len(KINDS), 2 * len(KINDS)))
    distance[np.triu_indices(2 * len(KINDS), 1)] = crossnobis(*halves)
    windows = np.arange(len(kinds))
    assert distance[windows, windows + len(kinds)] == pytest.approx(0, abs=1e-12)


def test_populations_without_responses_have_no_rows():
    silent = Responses("region", "all", CONDITIONS, [[np.zeros((6, 5))] * len(CONDITIONS)])
    table = score_table([[silent]], [Replicate("net", False, 0, silent)], draws=2, seed=0)
    assert list(table.columns) == COLUMNS
    assert table.empty


def test_the_floor_is_the_untrained_network_and_missing_without_one(tmp_path):
    rng = np.random.default_rng(0)
    region = [population(rng, [20], 12)]
    both = [Replicate("net", trained, 0, population(rng, [20], 12)) for trained in (True, False)]
    table = score_table([region], both, draws=2, seed=0).set_index(["trained", "score"])
    for name in meanings():
        assert table.loc[(True, name), "floor"] == table.loc[(False, name), "value"]
    alone = score_table([region], both[:1], draws=2, seed=0)
    assert list(alone["score"]) == list(meanings())
    assert alone["floor"].isna().all()
    write_csv(alone, tmp_path / "model_scores.csv")
    back = read_csv(tmp_path / "model_scores.csv")
    pd.testing.assert_frame_equal(back, alone, check_dtype=False, rtol=1e-8)
    assert back["floor"].dtype == float


def test_scores_over_time_need_common_bins():
    windows = {"cue", "delay"}
    rng = np.random.default_rng(0)
    region, network = (population(rng, [20], 12).within(windows) for _ in range(2))
    table = score_table([[region]], [Replicate("net", True, 0, network)], draws=2, seed=0)
    assert set(table["score"]) == set(OF_WINDOWS)


def test_bins_that_are_not_adjacent_are_separate_courses():
    names = tuple((number, *kind) for number in (0, 1, 4, 5, 6) for kind in KINDS)
    drawn = Drawn.of(np.arange(2 * len(names)).reshape(1, 2, len(names), 1), names)
    assert [each.shape for each in drawn.courses] == [(1, 2, 2, 4, 1), (1, 2, 3, 4, 1)]
    assert drawn.conditions.size == 0
    assert drawn.courses_together().ravel().tolist() == list(range(2 * len(names)))


@pytest.mark.parametrize(
    ("other", "n_bins"),
    [((-0.2, 0.8, 0.05), 10), ((0.0, 0.3, 0.1), 3), ((-0.25, 0.75, 0.1), 0), ((0, 0.6, 0.06), 0)],
)
def test_common_bins_are_the_coarsest_that_all_others_divide(other, n_bins):
    times = {
        "coarse": Time(start=-0.3, stop=0.8, bin=0.1),
        "other": Time(**dict(zip(("start", "stop", "bin"), other, strict=True))),
    }
    found = common_bins(times)
    assert max(len(found.edges) - 1, 0) == n_bins
    for name, time in times.items():
        starts = [time.start + each.start * time.bin for each in found.of[name]]
        assert starts == pytest.approx(found.edges[:-1].tolist())
    if n_bins == 10:
        assert found.within([(0.0, 0.3), (0.4, 0.8)]) == {2, 3, 4, 6, 7, 8, 9}


def test_too_few_trials_and_other_conditions_are_told():
    rng = np.random.default_rng(1)
    region = [population(rng, [5], 8)]
    single = region[0]._replace(parts=[[each[:1] for each in region[0].parts[0]]])
    with pytest.raises(InputError, match=r"8 conditions, 5 units and 1 trials.*too few"):
        score_table([region], [Replicate("net", True, 0, single)], draws=2, seed=0)
    other = region[0]._replace(name="layer", conditions=(*CONDITIONS[:-1], ("x",) * 4))
    with pytest.raises(InputError, match=r"layer.*not those of the first region"):
        score_table([region], [Replicate("net", True, 0, other)], draws=2, seed=0)


def test_a_module_of_scores_labels_all_of_them(tmp_path):
    (tmp_path / "mine.py").write_text('SCORES = {"a": "x"}\nLABELS = {}\nORDER = 1\n')
    with pytest.raises(ValueError, match=r"mine\.py.*the same names"):
        specified(tmp_path / "mine.py")


def planted(rng, courses, trials=24, noise=0.5):
    """Trials of a population of 24 units with mean courses (bin, kind, dimension)."""
    axes = rng.normal(size=(courses.shape[-1], 24))
    means = (courses @ axes).reshape(-1, 24)
    parts = [each + noise * rng.normal(size=(trials, 24)) for each in [*means[: 2 * 4], *means]]
    return Responses("region", "all", CONDITIONS, [parts])


def trajectories(rng):
    """Courses (bin, kind, dimension) of four kinds in a random rotating system."""
    states = [rng.normal(size=(4, 3))]
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0] * 0.95
    for _ in range(7):
        states.append(states[-1] @ turn)
    return np.array(states)


def test_a_network_that_makes_the_region_is_near_its_ceiling_and_an_unrelated_one_is_not():
    """Ten regions; dynamics of unrelated networks are not at 0, so these are compared."""
    ratios = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        courses = trajectories(rng)
        networks = [
            Replicate(name, True, 0, planted(rng, each))
            for name, each in (("same", courses), ("unrelated", trajectories(rng)))
        ]
        table = score_table([[planted(rng, courses)]], networks, draws=2, seed=seed)
        table["ratio"] = table["value"] / table["ceiling"]
        ratios.append(table.pivot_table("ratio", "score", "network"))
    mean = pd.concat(ratios).groupby(level=0).mean()
    assert (mean["same"] > 0.9).all()
    assert (mean["same"] > mean["unrelated"] + 0.05).all()
    debiased = ["linear_predictivity", "reverse_predictivity", "debiased_cka"]
    assert (mean.loc[debiased, "unrelated"].abs() < 0.35).all()


def test_scores_of_networks_with_independent_responses_are_0_on_average():
    """Means over 200 pairs of noise within the range in which FAR_RATE are not."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 200, 2, 8, 4, 12))
    windows = [each[:, :, :2].reshape(200, 2, 8, 12) for each in (one, other)]
    values = {
        "linear": predictivity(one.mean(axis=1), other.mean(axis=1)),
        "cka": debiased_cka(*(each.mean(axis=1) for each in windows)),
        "crossnobis": correlation(*(crossnobis(*np.moveaxis(each, 1, 0)) for each in windows)),
    }
    far = stats.norm.isf(FAR_RATE / 2)
    for name, found in values.items():
        found = found[np.isfinite(found)]
        assert abs(found.mean()) < far * found.std() / np.sqrt(len(found)), name
    # Halves of noise do not correlate, so half of all reliabilities are 0.
    assert stats.binomtest(int((reliability(one) == 0).sum()), 200).pvalue > FAR_RATE


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
        found = model_scores(
            {"brain": [record("brain", [0, 1, 2] * 4)], "net": [record("net", bins)]},
            {"brain": ["area"], "net": ["area"]},
            {name: Study(name, data, 0) for name in ("brain", "net")},
            brain="brain",
            networks={"net": ("net", True)},
        )
        assert set(found["n_conditions"]) == {n_conditions}
