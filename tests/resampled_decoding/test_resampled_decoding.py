"""Trials resampled by unit: draws, outcomes of another solver, p-values, and what is refused."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from sklearn.linear_model import LogisticRegression

from neuro_attn.configuration import parse
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.labels import CLASSES
from neuro_attn.decoding import build_populations
from neuro_attn.decoding.population import Population
from neuro_attn.errors import InputError
from neuro_attn.resampled_decoding.decode import check_trials, decide, decode, draws, units_apart
from neuro_attn.resampled_decoding.tables import p_value, tables_of
from neuro_attn.study import Study
from tests.test_configuration import NWB, message

TRIALS = 60


def study_of(tasks="abc", trials=TRIALS, iterations=20, **decoding):
    keys = {
        "source": "netcdf",
        "files": "*",
        "label": "side",
        "tasks": {name: {"trials": f"task == '{name}'"} for name in tasks},
        "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
        "windows": {"late": [0.2, 0.4]},
        "decoding": {"standardize": False, "C": 0.5, "population": "pseudopopulation", **decoding},
        "resampled_decoding": {"trials": trials, "iterations": iterations},
    }
    return Study("data", parse({"datasets": {"data": keys}}).datasets["data"], 1)


def recordings(
    gains, *, trials=(TRIALS, TRIALS + 9), strength=0.4, units=10, classes=2, counts=False
):
    """Return sessions whose code in each task is `gains` times a code that all tasks share."""
    rng = np.random.default_rng(1)
    made = []
    for number, per_class in enumerate(trials):
        task = np.repeat(list("abc"[: len(gains)]), classes * per_class)
        label = np.tile(np.arange(classes), len(gains) * per_class)
        code = strength * rng.normal(size=(classes, units))
        gain = np.repeat(gains, classes * per_class)
        rates = (
            5 + (gain[:, None] * code[label])[..., None] + rng.normal(size=(len(task), units, 4))
        )
        made.append(
            xr.Dataset(
                {"rates": (("trial", "unit", "time"), rates.astype(np.float32))},
                coords={
                    "time": ("time", 0.05 + 0.1 * np.arange(4)),
                    "trial_id": ("trial", np.arange(len(task))),
                    "task": ("trial", task),
                    "label": ("trial", np.array(list("xyz"))[label]),
                    "region": ("unit", ["V4"] * units),
                    "unit_id": ("unit", [f"{unit}" for unit in range(units)]),
                },
                attrs={"session": f"session{number}", "origin": f"{number}.nc"},
            )
        )
    return made


def population_of(found, study) -> Population:
    (population,) = build_populations(found, study, "V4")
    return population


def test_each_unit_draws_its_own_trials_with_replacement_from_every_task_and_class():
    study = study_of(iterations=400)
    parts = population_of(recordings((1, 1, 1)), study).parts
    drawn = np.stack([draws(parts, study, "V4", number) for number in range(400)])
    assert drawn.shape == (400, 20, 3, 2 * TRIALS)
    expected = np.stack([np.repeat([0, 1], TRIALS)] * 3)
    for unit, part in enumerate([parts[0]] * 10 + [parts[1]] * 10):
        assert (part.task[drawn[:, unit]] == np.arange(3)[:, None]).all()
        assert (part.label[drawn[:, unit]] == expected).all()
    # A trial is left out of n draws from n with a probability of (1 - 1 / n)^n = 0.365; all units
    # and cells of the first session together, 24,000 trials of 400 iterations.
    missed = 1 - np.mean(
        [len(np.unique(row)) / (2 * TRIALS) for row in drawn[:, :10].reshape(-1, 2 * TRIALS)]
    )
    assert missed == pytest.approx((1 - 1 / TRIALS) ** TRIALS, abs=0.002)
    # Two units of a session draw the same trial in a row with probability 1 / n.
    same = (drawn[:, 0] == drawn[:, 1]).sum()
    assert stats.binomtest(int(same), drawn[:, 0].size, 1 / TRIALS).pvalue > 1e-5


def test_draws_of_a_session_depend_neither_on_other_sessions_nor_on_the_number_of_iterations():
    found, study = recordings((1, 1, 1)), study_of()
    both = population_of(found, study).parts
    alone = population_of(found[1:], study).parts
    one = draws(alone, study_of(iterations=500), "V4", 3)
    np.testing.assert_array_equal(draws(both, study, "V4", 3)[10:], one)
    few, many = (decode(found, study_of(iterations=n), "V4", progress=False) for n in (20, 25))
    np.testing.assert_array_equal(many["correct"][:20], few["correct"])


def test_outcomes_of_trials_are_those_of_an_independent_solver():
    study = study_of()
    population = population_of(recordings((1, 0.7, 0), strength=0.15), study)
    apart = Population(
        "all", units_apart(population.parts), *("abc", "xy"), ("late",), population.times
    )
    trials = np.stack([draws(population.parts, study, "V4", number) for number in range(3)])
    decisions, unconverged = decide(apart, trials, study.dataset.decoding)
    assert unconverged == 0
    truth = np.repeat([0, 1], TRIALS)
    sides = [np.repeat(np.arange(2), 10)[:, None], np.tile(np.arange(10), 2)[:, None]]

    def rows(iteration, task, time):
        chosen = trials[iteration, :, task]
        return np.stack(
            [
                population.parts[part].rates[chosen[10 * part + unit], unit, time]
                for part, unit in np.column_stack(sides)
            ],
            axis=1,
        ).astype(float)

    same = []
    for train, test, values in decisions:
        for iteration, time in np.ndindex(3, 5):
            # A penalty of 1/60 on the mean loss of 120 rows is one of 2 on their sum, C = 0.5.
            solver = LogisticRegression(C=0.5, solver="newton-cholesky", tol=1e-10)
            solver.fit(rows(iteration, train, time), truth)
            decided = solver.predict(rows(iteration, test, time))
            same.append((values[iteration, time, :, 0] > 0) == decided)
    assert len(decisions) == 6
    assert np.mean(same) >= 0.995


def test_counts_are_those_of_both_directions_and_of_units_with_enough_trials():
    found = recordings((1, 1, 1), trials=(TRIALS, TRIALS - 1, TRIALS + 5))
    result = decode(found, study_of(), "V4", progress=False)
    assert result.attrs["n_units"] == 20
    assert result.attrs["n_sessions"] == 2
    assert result.attrs["n_tests"] == 2 * 2 * TRIALS
    assert result["correct"].shape == (20, 3, 4)
    two = decode(found[::2], study_of(), "V4", progress=False)
    xr.testing.assert_identical(result, two)


@pytest.mark.parametrize(("gain", "p"), [(1, 1 / 21), (-1, 1.0)])
def test_a_shared_code_has_the_smallest_p_and_a_reversed_one_the_largest(gain, p):
    study = study_of("ab")
    result = decode(recordings((1, gain), strength=1.0), study, "V4", progress=False)
    tables = tables_of([result], study)
    (row,) = tables.resampled_accuracy.to_dict("records")
    assert (row["first_task"], row["second_task"], row["window"]) == ("a", "b", "late")
    assert row["p_value"] == pytest.approx(p)
    assert row["resampled_low"] <= row["accuracy"] <= row["resampled_high"]
    assert abs(row["accuracy"] - 0.5) > 0.3
    (first,) = tables.resampled_first_times["first_time_s"]
    # 20 iterations allow no p below 1 / 21 = 0.048.
    assert first == pytest.approx(0.05) if gain == 1 else np.isnan(first)


def test_p_counts_iterations_at_chance_or_below_and_is_never_0():
    correct = np.array([[120, 121], [119, 121], [200, 240]])
    np.testing.assert_allclose(p_value(correct, 240, 2), [3 / 4, 1 / 4])
    np.testing.assert_allclose(p_value(np.array([[80], [81]]), 240, 3), [2 / 3])


CLASSIFIERS = [name for name, each in DECODERS.items() if CLASSES in each.label_kinds]


@pytest.mark.parametrize("decoder", CLASSIFIERS)
def test_every_decoder_of_classes_finds_a_shared_code_of_three_classes(decoder):
    study = study_of("ab", trials=20)
    decoding = study.dataset.decoding.model_copy(update={"decoder": decoder, "C": 1.0})
    dataset = study.dataset.model_copy(update={"decoding": decoding})
    found = recordings((1, 1), trials=(20,), strength=3.0, classes=3)
    for each in found:
        each["rates"] = np.round(np.maximum(each["rates"], 0)) * 10
    result = decode(found, Study("data", dataset, 1), "V4", progress=False)
    assert result.attrs["n_classes"] == 3
    assert float(result["correct"].mean()) / result.attrs["n_tests"] > 0.7


def test_too_few_trials_are_one_error_with_the_number_there_is():
    study, found = study_of(), recordings((1, 1, 1), trials=(20, 41))
    with pytest.raises(InputError, match=r"no session has 60 trials .*; the largest has 41.*41 or"):
        check_trials(found, study, ["V4"])
    check_trials(found, study_of(trials=41), ["V4"])
    empty = decode(found, study, "V4", progress=False)
    assert empty.attrs["n_units"] == 0
    with pytest.raises(InputError, match="no session has 60 trials"):
        tables_of([empty], study)
    full = decode(found, study_of(trials=41), "V4", progress=False)
    assert set(tables_of([empty, full], study).resampled_accuracy["n_units"]) == {10}


def test_one_task_and_continuous_labels_are_refused():
    one = {**NWB, "tasks": {"pro": {"trials": "block == 'pro'", "align": "cue_time"}}}
    given = {"resampled_decoding": {}}
    assert "d.resampled_decoding: decodes across tasks" in message(
        {"datasets": {"d": {**one, **given}}}
    )
    label = {"label": {"column": "direction", "kind": "circular"}}
    assert "d.resampled_decoding: needs a label of classes" in message(
        {"datasets": {"d": {**NWB, **label, **given}}}
    )
