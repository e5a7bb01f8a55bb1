"""Ways in which decoding results have been wrong, and that this project is not.

Each test is named after its pitfall. FAR is the number of standard errors that a mean over n
independent values may be off: for n >= 25, a t statistic beyond it has a probability below 5e-5.
FAR_RATE is the probability of the other statistical claims to fail where the claim holds.
"""

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from pynwb import NWBHDF5IO, NWBFile
from scipy import stats

from benchmarks import calibration as simulated
from benchmarks import comparison as compared
from benchmarks import onsets
from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.decoding import build_populations, confounds, regions_table
from neuro_attn.decoding.cross_task import decode_windows
from neuro_attn.decoding.evaluation import EVERYTHING, evaluate_fold
from neuro_attn.decoding.nulls.pseudosession import reordered_runs
from neuro_attn.decoding.population_decoder import ORIGINAL
from neuro_attn.decoding.splits import Replicate, draw_folds, fold_sizes
from neuro_attn.decoding.surrogates import surrogate_labels
from neuro_attn.errors import InputError
from neuro_attn.inference import tables
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.inference.pvalues import p_value
from neuro_attn.inference.rises import signal
from neuro_attn.rates import bin_rates
from neuro_attn.recording import assign_tasks
from neuro_attn.solver import LogisticDecoder, cross_validated_accuracy
from neuro_attn.study import Study

FAR, FAR_RATE = 5, 1e-5
WITHIN, ACROSS = simulated.WITHIN, simulated.ACROSS
QUICK = {"permutations": 1, "bootstraps": 20}


def made(number, axes, n_trials=40, n_times=1, **keys):
    """Return Recordings of one region from axes (session, task, unit), and their settings."""
    times = 0.05 + 0.1 * np.arange(n_times)
    rng = np.random.default_rng([number, axes.size])
    recordings = simulated.sessions(rng, {"V4": axes}, n_trials, np.ones(n_times), times)
    return recordings, simulated.settings(n_times, tasks=simulated.TASKS[: axes.shape[1]], **keys)


def in_window(number, axes, n_trials=40, pooled=True, n_units=None, **decoding):
    """Decode a window without null and bootstrap."""
    population = "pseudopopulation" if pooled else "simultaneous"
    recordings, dataset = made(
        number, axes, n_trials, decoding={"population": population, **decoding}
    )
    dataset = simulated.without(dataset, permutations=0, bootstraps=0)
    decoded = simulated.decoded(recordings, dataset, "V4", number, n_units, decode_windows)
    return decoded["window_accuracy"].mean(["session", "draw"]).sel(window="late")


def accuracy_of(decoded, pair):
    return decoded.sel(train_task=pair[0], test_task=pair[1]).item()


def p_of(number, axes, n_trials=24, **decoding):
    """Return the p-value of a window within a task, from 99 permutations."""
    recordings, dataset = made(number, axes, n_trials, decoding=decoding)
    dataset = simulated.without(dataset, bootstraps=0)
    decoded = simulated.decoded(recordings, dataset, "V4", number, decode=decode_windows)
    return simulated.window_p_values(decoded, WITHIN)


def assert_mean(values, expected):
    assert len(values) >= 25
    assert abs(np.mean(values) - expected) < FAR * stats.sem(values)


def rarely(n, rate=0.05):
    """Return how many of n events of that rate are exceeded with a probability of FAR_RATE."""
    return stats.binom.isf(FAR_RATE, n, rate)


# --- splits ------------------------------------------------------------------------------------


def test_01_a_raw_trial_on_both_sides_of_a_split():
    """No datum is on both sides, whatever is resampled: split first, resample after."""
    recordings, dataset = made(
        0, np.zeros((3, 2, 4)), decoding={"population": "pseudopopulation", "pseudotrials": 100}
    )
    for number, recording in enumerate(recordings):
        trial = np.arange(recording.sizes["trial"])
        unique = 10_000 * number + 10 * trial[:, None, None] + np.arange(4)[:, None]
        recording["rates"].values[:] = unique
    (population,) = build_populations(recordings, Study(simulated.NAME, dataset, 1), "V4")
    study = Study("data", dataset, 1)
    for kind in ("observed", "permutation", "bootstrap"):
        folds = draw_folds(
            population,
            study,
            sizes=fold_sizes(population, folds=2, pseudotrials=100),
            surrogates=surrogate_labels(population, study),
            draw=0,
            replicate=Replicate(kind),
        )
        for fold in folds:
            train, test = (
                np.unique(
                    [
                        population.rows(rows[None], np.arange(12)[None], EVERYTHING).ravel()
                        for rows in side
                    ]
                )
                for side in (fold.train, fold.test)
            )
            # Resampled to 200 rows a task, so that most trials stand there several times.
            assert len(train) < 2 * 200 * 12 / 3
            assert np.intersect1d(train, test).size == 0


def test_02_trials_shared_between_tasks(dataset):
    """Shared trials between tasks inflate transfer: overlapping trial ids raise."""
    trials = pd.DataFrame(
        {"trial_id": [1, 2, 3], "order": ["pro", "retro", "both"], "cue": 0.0, "side": "left"}
    )
    overlapping = dataset(
        source="netcdf",
        files="*",
        tasks={
            "pro": {"trials": "order != 'retro'", "align": "cue"},
            "retro": {"trials": "order != 'pro'", "align": "cue"},
        },
    )
    with pytest.raises(InputError, match=r"trial 3 belongs to the tasks 'pro' and 'retro'"):
        assign_tasks(trials, overlapping, "session.nwb")
    with pytest.raises(InputError, match=r"session.nwb: trial_id 1 is used more than once"):
        assign_tasks(trials.assign(trial_id=1), overlapping, "session.nwb")


def test_03_selecting_on_the_test_fold():
    """Pure noise and a wide grid of C give chance; choosing C on the test fold would not."""
    rng = np.random.default_rng(3)
    n_times, grid = 60, 10.0 ** np.arange(-4, 4)
    X, y = rng.normal(size=(40, 30, n_times)), np.tile([0, 1], 20)
    folds = [(np.flatnonzero(side), np.flatnonzero(~side)) for side in (np.arange(40) < 20,)]
    nested = cross_validated_accuracy(LogisticDecoder(C=grid.tolist()), X, y[:, None], folds)
    # Noise is independent over times, so are accuracies.
    assert_mean(nested[:, 0], 0.5)
    each = [cross_validated_accuracy(LogisticDecoder(C=C), X, y[:, None], folds) for C in grid]
    on_the_test_fold = np.max(each, axis=0)[:, 0]
    assert on_the_test_fold.mean() - 0.5 > FAR * stats.sem(on_the_test_fold)


def test_04_scaling_outside_the_fold():
    """Perturbed test rows move neither the scaler nor the weights."""
    axes = 0.5 * np.random.default_rng(4).normal(size=(1, 2, 6))
    recordings, dataset = made(4, axes)

    def fitted(recordings):
        (population,) = build_populations(recordings, Study(simulated.NAME, dataset, 1), "V4")
        study = Study("data", dataset, 1)
        folds = draw_folds(
            population,
            study,
            sizes=fold_sizes(population, folds=2, pseudotrials=None),
            surrogates=surrogate_labels(population, study),
            draw=0,
            replicate=ORIGINAL,
        )
        fold = next(folds)
        tested = evaluate_fold(
            population, [fold], units=np.arange(6)[None], settings=dataset.decoding, bins=EVERYTHING
        )
        return fold, tested

    fold, before = fitted(recordings)
    for rows in fold.test:
        recordings[0]["rates"].values[rows[0]] *= 1000
    _, after = fitted(recordings)
    np.testing.assert_array_equal(after.weights, before.weights)
    assert (after.accuracy != before.accuracy).any()


# --- nulls -------------------------------------------------------------------------------------

N_DRIFTING = 25


@pytest.mark.slow
def test_05_slow_drift_with_labels_in_runs():
    """Shuffling rejects far above 5 %; pseudosessions about 5 %.

    Of 25 drifting data sets shuffling rejects nearly all: 15 and fewer have a probability below
    1e-5 even at a rate of .9. At a rate of .05, pseudosessions exceed the bound with FAR_RATE.
    """
    chosen = {name: simulated.NULLS[name] for name in ("shuffle", "pseudosession")}
    p = pd.DataFrame(
        [simulated.drift_experiment(number, nulls=chosen) for number in range(N_DRIFTING)]
    )
    wrong = (p <= 0.05).sum()
    assert wrong["shuffle"] > 15
    assert wrong["pseudosession"] <= rarely(N_DRIFTING)


@pytest.mark.slow
def test_06_the_scope_of_permutations():
    """The whole procedure is redone for each: p is uniform. Regions share the label sets."""
    # Resampled pseudotrials, two draws: all of it must be in the null, too. Without a code p is
    # uniform once ties are dealt out; Kolmogorov-Smirnov rejects with FAR_RATE.
    rng = np.random.default_rng(6)
    keys = {"population": "pseudopopulation", "draws": 2, "pseudotrials": 20}
    p = [rng.uniform(*p_of(number, np.zeros((2, 1, 6)), **keys)) for number in range(100)]
    assert stats.kstest(p, "uniform").pvalue > FAR_RATE

    recordings, dataset = made(6, np.zeros((1, 2, 5)), n_times=3)
    twice = [
        xr.concat([each, each.assign_coords(unit_id=each["unit_id"] + "b", region=other)], "unit")
        for each in recordings
        for other in [("unit", np.repeat(np.array(["FEF"], object), 5))]
    ]
    V4, FEF = (simulated.decoded(twice, dataset, region, 6) for region in ("V4", "FEF"))
    # The same units in another order: the same null, permutation by permutation.
    np.testing.assert_allclose(V4["cross_null"], FEF["cross_null"], atol=1e-6)


def test_07_p_of_zero_and_wrong_tails():
    """p = (b + 1) / (m + 1), never 0; below chance gives p > .5."""
    first = np.random.default_rng(7).normal(size=(1, 1, 20))
    recordings, dataset = made(7, np.concatenate([first, -first], axis=1), 60)
    decoded = simulated.decoded(recordings, dataset, "V4", 7)
    table = tables.summary_table([decoded], dataset.inference)
    assert simulated.rows(table, WITHIN)["p_value"].item() == 1 / (99 + 1)
    reversed_code = simulated.rows(table, ACROSS)
    assert reversed_code["accuracy"].item() < 0.1
    assert reversed_code["p_value"].item() > 0.5


@pytest.mark.slow
def test_08_resampled_pseudotrials_counted_as_n():
    """p does not change when the number of pseudotrials grows tenfold.

    Paired over 40 data sets with a weak code; counted as n, ten times as many would leave almost
    all p below .01.
    """
    axes = [0.15 * np.random.default_rng([8, k]).normal(size=(2, 1, 8)) for k in range(40)]
    few, many = (
        np.array(
            [
                p_of(number, axis, population="pseudopopulation", pseudotrials=n)[1]
                for number, axis in enumerate(axes)
            ]
        )
        for n in (6, 60)
    )
    assert np.mean(many <= 0.01) < 0.5
    # More pseudotrials average over more pairings; that is worth a little, not a factor of 10.
    assert abs(np.mean(many - few)) < FAR * stats.sem(many - few) + 0.05


def test_09_imbalance():
    """80/20 noise gives a balanced accuracy of .5, though always guessing one class gives .8."""
    rng = np.random.default_rng(9)
    n_times = 40
    side = rng.permutation(np.repeat([0, 1], [80, 20]))
    rates = rng.normal(size=(100, 10, n_times))
    recording = simulated.as_recording(
        "s",
        rates,
        np.zeros(100, int),
        side,
        np.repeat(["V4"], 10),
        0.05 + 0.1 * np.arange(n_times),
    )
    dataset = simulated.settings(n_times, tasks=simulated.TASKS[:1], inference=QUICK)
    decoded = simulated.decoded([recording], dataset, "V4", 9)
    same = np.diagonal(decoded["accuracy"].mean("draw").values.squeeze())
    # Noise is independent over times.
    assert_mean(same, 0.5)


def test_10_unequal_numbers_of_units():
    """The same code with 20 and 200 units: no difference after matching."""
    small, large, unmatched = [], [], []
    for number in range(25):
        rng = np.random.default_rng([10, number])
        axes = 0.15 * rng.normal(size=(1, 1, 200))
        others = 0.15 * rng.normal(size=(1, 1, 20))
        small.append(in_window(number, others).item())
        large.append(in_window(number, axes, n_units=20).item())
        unmatched.append(in_window(number, axes).item())
    assert_mean(np.subtract(large, small), 0)
    gain = np.subtract(unmatched, small)
    assert gain.mean() > FAR * stats.sem(gain)


@pytest.mark.slow
def test_11_units_of_one_session_counted_as_independent():
    """Twenty units that repeat one another are no more evidence than one: 5 % false alarms.

    More than the bound have FAR_RATE at a rate of .05.
    """
    n, wrong = 60, 0
    for number in range(n):
        recordings, dataset = made(number, np.zeros((2, 1, 20)), 24)
        for recording in recordings:
            recording["rates"].values[:] *= 0.1
            recording["rates"].values[:] += recording["rates"].values[:, :1] * 10
        dataset = simulated.without(dataset, bootstraps=0)
        decoded = simulated.decoded(recordings, dataset, "V4", number, decode=decode_windows)
        wrong += simulated.window_p_values(decoded, WITHIN)[1] <= 0.05
    assert wrong <= rarely(n)


# --- what is claimed ---------------------------------------------------------------------------


@pytest.mark.slow
def test_12_cluster_tests_used_for_onsets():
    """Onsets do not depend on clusters; their own intervals hold what is planted.

    At a coverage of .92, fewer than the bound are held with FAR_RATE.
    """
    axes = simulated.planted_axes(np.random.default_rng(12), 1, 20, 0.3)[:, :1]
    times = simulated.COURSE_TIMES
    edges = np.append(times - 0.025, times[-1] + 0.025)
    course = signal("exponential", 0.03, edges=edges, starts=np.array([0.2]))[0]
    recordings = simulated.sessions(np.random.default_rng(12), {"V4": axes}, 60, course, times, 0.2)
    dataset = simulated.settings(20, tasks=simulated.TASKS[:1], start=-0.2, width=0.05)
    decoded = [simulated.decoded(recordings, dataset, "V4", 12)]
    by_cluster = dataset.inference.model_copy(update={"correction": "cluster"})
    found = onset_table(decoded, dataset.inference)
    pd.testing.assert_frame_equal(found, onset_table(decoded, by_cluster))
    assert {"onset_s", "ci_low", "ci_high"} <= set(found)

    world = onsets.World("exponential", 0.03, 0.8)
    found = [onsets.decoded_experiment(number, world) for number in range(16)]
    held = [each["onset"] for each in found if each]
    assert len(held) >= 8
    assert sum(held) >= stats.binom.ppf(FAR_RATE, len(held), 0.92)


def test_13_accuracy_below_chance_and_confounds():
    """Below chance stays visible, and what could stand behind a label is decoded beside it."""
    first = np.random.default_rng(13).normal(size=(1, 1, 20))
    recordings, dataset = made(13, np.concatenate([first, -first], axis=1), 60)
    decoded = simulated.decoded(recordings, dataset, "V4", 13)
    row = simulated.rows(tables.summary_table([decoded], dataset.inference), ACROSS).iloc[0]
    assert row["ci_high"] < row["chance"]

    # Rates follow the trial number, and so does the label: nine of ten "left" come first.
    rng = np.random.default_rng(13)
    number = np.arange(80)
    side = ((number >= 40) ^ (rng.random(80) < 0.1)).astype(int)
    rates = rng.normal(size=(80, 8, 1)) + number[:, None, None] / 20
    recording = simulated.as_recording(
        "s", rates, np.zeros(80, int), side, np.repeat(["V4"], 8), np.array([0.05])
    )
    dataset = simulated.settings(1, tasks=simulated.TASKS[:1])
    dataset = dataset.model_copy(update={"confounds": ["trial_number", "mean_rate"]})
    table = regions_table([recording], Study(simulated.NAME, dataset, 1))
    found = confounds.decode_confounds([recording], Study(simulated.NAME, dataset, 13), table)
    shown = [each for each in found if each.row.what in ("confound decoded", "label decoded")]
    assert len(shown) == 6
    for each in shown:
        told = tables.summary_table(each.decodings, dataset.inference)
        assert simulated.rows(told, WITHIN)["p_corrected"].item() == 0.01


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_14_transfer_without_its_ceiling(shared):
    """Across / within on equal trials: an identical code gives 1, an independent one chance."""
    ratios = []
    for number in range(25):
        axes = simulated.planted_axes(np.random.default_rng([14, number]), shared, 15, 0.3)
        accuracy = in_window(number, axes)
        ratios.append((accuracy_of(accuracy, ACROSS) - 0.5) / (accuracy_of(accuracy, WITHIN) - 0.5))
    assert_mean(ratios, shared)
    recordings, dataset = made(0, axes, inference=QUICK)
    table = tables.summary_table(
        [simulated.decoded(recordings, dataset, "V4", 0)], dataset.inference
    )
    assert table["n_train"].nunique() == 2  # of the rows of single sessions, and of all


def decoded_alone(region):
    """Decode one region of a data set, in whatever process."""
    rng = np.random.default_rng(15)
    axes = {name: 0.3 * rng.normal(size=(2, 2, 6)) for name in ("V4", "FEF")}
    recordings = simulated.sessions(rng, axes, 24, np.ones(2), np.array([0.05, 0.15]))
    dataset = simulated.settings(2, inference={"permutations": 20})
    return simulated.decoded(recordings, dataset, region, 15)


def test_15_random_numbers_in_workers():
    """Results do not depend on the number of cores or on the order of jobs."""
    here = {region: decoded_alone(region) for region in ("V4", "FEF")}
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        there = dict(zip(("FEF", "V4"), pool.map(decoded_alone, ("FEF", "V4")), strict=True))
    for region in here:
        xr.testing.assert_identical(here[region], there[region])


def test_16_weights_read_as_importance():
    """A suppressor unit has weight, but no pattern.

    1000 trials: the pattern of a unit without signal has an SE below .05.
    """
    rng = np.random.default_rng(16)
    side = np.tile([0, 1], 500)
    noise = rng.normal(size=1000)
    signal = np.where(side == 1, 0.7, -0.7) + 0.3 * rng.normal(size=1000)
    rates = np.stack([signal + noise, noise], axis=1)[..., None]
    recording = simulated.as_recording(
        "s", rates, np.zeros(1000, int), side, np.repeat(["V4"], 2), np.array([0.05])
    )
    dataset = simulated.settings(1, tasks=simulated.TASKS[:1], inference=QUICK)
    decoded = simulated.decoded([recording], dataset, "V4", 16)
    tuned, suppressor = np.argsort([u[-1] for u in decoded["unit_id"].values])
    weights, patterns = (decoded[name].values[0, :, 0, 0] for name in ("weights", "patterns"))
    assert weights[suppressor] < -0.5 * weights[tuned] < 0
    assert abs(patterns[suppressor]) < 0.25 * patterns[tuned]


def test_17_smoothing_that_leaks_the_future():
    """A step at 0 shows nothing before 0."""
    step = np.arange(0, 1, 0.001)
    rates = bin_rates([step, step], np.array([0.0, 0.0]), -0.5, 0.05, 20)
    assert (rates[:, :, :10] == 0).all()
    assert (rates[:, :, 10:] > 0).all()


def two_units(file, times=(10.5, 11.5, 12.5), ids=(0, 1), **columns):
    for name in columns:
        file.add_unit_column(name, name)
    for number, unit in enumerate(ids):
        row = {name: values[number] for name, values in columns.items()}
        file.add_unit(id=unit, spike_times=np.array(times, dtype=float), **row)


LOCATED = {"location": ["V4", "FEF"]}
SPOILED = {
    "spike times in ms": (
        lambda file: two_units(file, np.arange(10_000, 20_000, 100.0), **LOCATED),
        "units.spike_times: the last spike is at 19,900, 1,082 times as late as the last trial "
        "(18.4 s): spike times seem to be in milliseconds.",
    ),
    "missing regions": (
        lambda file: two_units(file, area=["V4", "FEF"]),
        "units, regions.column: no column 'location' in the units",
    ),
    "trials outside the recording": (
        lambda file: two_units(file, np.arange(100.25, 130, 0.5), **LOCATED),
        "units.spike_times: 9 of 9 trials lie outside the recording: no unit fires there",
    ),
    "duplicated ids": (
        lambda file: two_units(file, ids=(7, 7), **LOCATED),
        "units.id: unit id 7 is used more than once",
    ),
}


@pytest.mark.parametrize("what", SPOILED)
def test_18_files_that_are_not_what_they_seem(what, tmp_path, dataset):
    """A clear error names the file, the table and the column."""
    spoil, problem = SPOILED[what]
    file = NWBFile("a session", "s1", datetime(2021, 1, 1, tzinfo=UTC))
    for column in ("cue", "order", "side"):
        file.add_trial_column(column, column)
    for start in range(10, 19):
        order, side = "pro" if start % 2 else "retro", "left" if start // 2 % 2 else "right"
        times = {"start_time": float(start), "stop_time": start + 1.0, "cue": float(start)}
        file.add_trial(**times, order=order, side=side)
    spoil(file)
    path = tmp_path / "s1.nwb"
    with NWBHDF5IO(path, "w") as io:
        io.write(file)
    with pytest.raises(InputError) as error:
        sources.read("small", dataset(source="nwb", files="*.nwb"), tmp_path, 0)
    assert str(error.value).startswith(f"{path}, {problem}")


N_CONTROLS = 8


def test_19_the_slow_drift_trap():
    """Of 100 drifting units many are falsely "significant" under shuffling; the control ships.

    Over 8 data sets of 100 units the share was .32 with an SD of .11 under shuffling, .03 with an
    SD of .02 under pseudosessions: the bounds are more than 4 and 10 SEs away.
    """
    controls = Path(__file__).parents[1] / "config" / "controls.yaml"
    shipped = parse(yaml.safe_load(controls.read_text(encoding="utf-8"))).datasets["drifting"]
    assert shipped.simulation.drift > 0
    assert all(region.selection_sd == 0 for region in shipped.simulation.regions.values())

    wrong = {"shuffled": 0, "pseudosession": 0}
    for number in range(N_CONTROLS):
        rng = np.random.default_rng([19, number])
        for session in simulated.drifting(number):
            y = (session["label"].values == "right").astype(int)
            # Units stand where times do, so each is decoded by itself.
            X = session["rates"].values.transpose(0, 2, 1)
            half = rng.permutation(len(y)) % 2 == 0
            folds = [(np.flatnonzero(each), np.flatnonzero(~each)) for each in (half, ~half)]
            orders = {
                "shuffled": lambda y, rng: rng.permutation(y),
                "pseudosession": reordered_runs,
            }
            for null, order in orders.items():
                Y = np.stack([y, *(order(y, rng) for _ in range(99))], axis=1)
                accuracy = cross_validated_accuracy(LogisticDecoder(), X, Y, folds)
                wrong[null] += (p_value(accuracy[:, 0], accuracy[:, 1:]) <= 0.05).sum()
    assert wrong["shuffled"] > 0.15 * 100 * N_CONTROLS
    assert wrong["pseudosession"] < 0.10 * 100 * N_CONTROLS


# --- confounds ---------------------------------------------------------------------------------


def of_confound(number, rates, task, label, confound, **columns):
    """Return the table of a confound of one session, by what is decoded."""
    recording = simulated.as_recording(
        "s", rates[..., None], task, label, np.repeat(["V4"], rates.shape[1]), np.array([0.05])
    ).assign_coords({name: ("trial", values) for name, values in columns.items()})
    dataset = simulated.settings(1, tasks=simulated.TASKS[: task.max() + 1])
    dataset = dataset.model_copy(update={"confounds": [confound]})
    study = Study(simulated.NAME, dataset, number)
    found = confounds.decode_confounds([recording], study, regions_table([recording], study))
    told = [tables.summary_table(each.decodings, dataset.inference) for each in found]
    names = [(each.row.decoded_from, each.row.what) for each in found]
    return dict(zip(names, told, strict=True))


RAW, REGRESSED_OUT = ("units", "label decoded"), ("units", "regressed out")


def test_20_a_label_that_changes_the_mean_rate():
    """Left raises all rates in one task and lowers them in the other: no code but the mean rate.

    With the mean rate regressed out, accuracy is within 5 of its standard errors (.05 for 160
    trials that are not all independent) of chance.
    """
    rng = np.random.default_rng(20)
    task, label = np.repeat([0, 1], 160), np.tile([0, 1], 160)
    common = np.where(task == label, 0.6, -0.6) + rng.normal(scale=0.5, size=320)
    rates = 10 + common[:, None] + rng.normal(size=(320, 24))
    found = of_confound(20, rates, task, label, "mean_rate")
    assert simulated.rows(found[RAW], WITHIN)["accuracy"].item() > 0.75
    assert simulated.rows(found[RAW], ACROSS)["accuracy"].item() < 0.25
    for pair in (WITHIN, ACROSS):
        assert abs(simulated.rows(found[REGRESSED_OUT], pair)["accuracy"].item() - 0.5) < 0.25


def test_32_confounds_that_are_not_linear():
    """Label and rates follow |x|: x is decoded, decodes the label, and explains its accuracy."""
    rng = np.random.default_rng(32)
    x = rng.normal(size=160)
    label = (np.abs(x) > np.median(np.abs(x))).astype(int) ^ (rng.random(160) < 0.05)
    rates = 10 + 1.5 * np.outer(np.abs(x), rng.normal(size=12)) + rng.normal(size=(160, 12))
    found = of_confound(32, rates, np.zeros(160, int), label, "x", x=x)
    for name in [RAW, ("confound", "label decoded"), ("units", "confound decoded")]:
        assert simulated.rows(found[name], WITHIN)["p_corrected"].item() == 0.01
    assert simulated.rows(found[RAW], WITHIN)["accuracy"].item() > 0.65
    adjusted = simulated.rows(found[REGRESSED_OUT], WITHIN)
    assert abs(adjusted["accuracy"].item() - 0.5) < 0.25


def test_33_nearest_is_not_alike():
    """A network with the reversed code fits no region, one with the code of a region fits it alone.

    The overlap of unrelated codes of 60 units has an SD of 0.13, that of equal codes 0.02, so 1 is
    more than 5 standard errors of a difference.
    """
    world = compared.World(cosine=1.0, strength=0.6, units=60, trials=60)
    found = [compared.experiment(number, "pitfall 33", world) for number in range(20)]
    for outcome in ("compatible", "named", "twins", "reversed_and_shared", "reversed_and_separate"):
        assert sum(each[outcome] for each in found) == 20, outcome
