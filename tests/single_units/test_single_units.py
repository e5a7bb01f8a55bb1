"""Single units: d' by hand, exact permutation p-values, and correlations between tasks."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from neuro_attn.configuration import Task
from neuro_attn.single_units.sensitivity import sensitivity
from neuro_attn.single_units.tables import correlation_of, tables_of
from tests.studies import study_of
from tests.test_configuration import NWB, message

RATE = 1e-5
"""Probability with which one of these tests fails by chance, at most."""


def test_d_prime_is_the_difference_of_means_in_standard_deviations():
    rng = np.random.default_rng(1)
    rates, first = rng.normal(5, 2, size=(30, 4)), np.arange(30) < 12
    found = sensitivity(rates, first, 9, rng)
    one, other = rates[first], rates[~first]
    spread = np.sqrt((one.var(axis=0, ddof=1) + other.var(axis=0, ddof=1)) / 2)
    expected = (one.mean(axis=0) - other.mean(axis=0)) / spread
    np.testing.assert_allclose(found.d_prime, expected, rtol=1e-12)


def test_p_values_are_those_of_every_permutation_computed_by_itself():
    rng = np.random.default_rng(2)
    rates, first = rng.normal(size=(20, 3)), np.arange(20) < 8
    found = sensitivity(rates, first, 50, np.random.default_rng(3))
    shuffled = np.random.default_rng(3).permuted(np.tile(first, (50, 1)), axis=1)
    null = [np.abs(sensitivity(rates, each, 1, rng).d_prime) for each in shuffled]
    exceeding = (np.array(null) >= np.abs(found.d_prime) - 1e-9).sum(axis=0)
    np.testing.assert_allclose(found.p_value, (exceeding + 1) / 51)


def test_the_first_permutations_are_those_of_fewer():
    one, other = (
        np.random.default_rng(4).permuted(np.tile(np.arange(9), (n, 1)), axis=1) for n in (5, 50)
    )
    np.testing.assert_array_equal(one, other[:5])


def test_units_without_a_code_are_selective_at_the_level_of_the_test():
    rng = np.random.default_rng(5)
    first = np.arange(24) < 12
    p = sensitivity(rng.poisson(3, size=(24, 2000)), first, 99, rng).p_value
    # Units share their permutations, which correlates p-values of neighbours by nothing: each unit
    # is drawn by itself. Ties of counts make the test conservative.
    assert (p <= 0.05).sum() <= stats.binom.isf(RATE, 2000, 0.05)


def test_a_constant_unit_has_neither_d_prime_nor_p_value():
    rates = np.full((20, 2), 1 / 3)
    rates[:, 1] = np.arange(20)
    found = sensitivity(rates, np.arange(20) % 2 == 0, 9, np.random.default_rng(6))
    assert np.isnan([found.d_prime[0], found.p_value[0]]).all()
    assert np.isfinite([found.d_prime[1], found.p_value[1]]).all()


# --- tables ------------------------------------------------------------------------------------


def recordings(cosine, units=60, sessions=2, seed=1):
    """Return sessions with two tasks, whose codes have a cosine over units, in LPFC."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(sessions):
        task = np.repeat(["pro", "retro"], 60)
        label = np.tile(["lower", "upper"], 60)
        pro, other = rng.normal(size=(2, units))
        codes = {"pro": pro, "retro": cosine * pro + np.sqrt(1 - cosine**2) * other}
        sign = np.where(label == "upper", 0.5, -0.5)
        rates = rng.normal(size=(120, units, 1))
        for name, code in codes.items():
            rates[task == name, :, 0] += np.outer(sign[task == name], code)
        region = np.where(np.arange(units) < units - 1, "LPFC", "small")
        made.append(
            xr.Dataset(
                {"rates": (("trial", "unit", "time"), rates)},
                coords={
                    "task": ("trial", task),
                    "label": ("trial", label),
                    "region": ("unit", region),
                    "unit_id": ("unit", [f"{unit}" for unit in range(units)]),
                },
                attrs={"session": f"session{number}"},
            )
        )
    return made


def tables(cosine, sessions=("session0", "session1"), **settings):
    study = study_of()
    tasks = {name: Task(trials=f"task == '{name}'") for name in ("pro", "retro")}
    study = study.__class__(
        study.name, study.dataset.model_copy(update={"tasks": tasks}), study.seed
    )
    return tables_of(recordings(cosine, **settings), study, {"LPFC": set(sessions)})


@pytest.fixture(scope="module")
def shared():
    return tables(1.0)


def test_every_unit_of_an_analysed_region_and_session_has_a_row_in_each_task(shared):
    units = shared.single_units
    assert len(units) == 2 * 59 * 2
    assert set(units["region"]) == {"LPFC"}
    assert set(units["classes"]) == {"lower vs upper"}
    assert (units[["n_first", "n_second"]] == 30).all(axis=None)
    alone = tables(1.0, sessions=["session1"]).single_units
    pd.testing.assert_frame_equal(
        alone, units[units["session"] == "session1"].reset_index(drop=True)
    )


def test_counts_are_those_of_the_rows_and_tested_against_the_level(shared):
    for row in shared.single_unit_counts.itertuples():
        units = shared.single_units.query("task == @row.task")
        assert row.n_units == len(units)
        assert row.n_selective == (units["p_value"] < 0.05).sum()
        expected = stats.binomtest(row.n_selective, row.n_units, 0.05, alternative="greater")
        assert row.p_value == expected.pvalue


def test_a_shared_code_correlates_over_units_and_a_reversed_one_with_the_other_sign(shared):
    # d' has an SD of 1 over units and of 0.26 over trials, so the correlation is 0.94.
    (found,) = shared.single_unit_correlations.to_dict("records")
    assert found["ci_low"] > 0.8
    assert found["p_value"] == pytest.approx(1e-4, abs=2e-6)
    (reversed_code,) = tables(-1.0).single_unit_correlations.to_dict("records")
    assert reversed_code["ci_high"] < -0.8
    assert (found["first_task"], found["second_task"]) == ("pro", "retro")


def test_unrelated_codes_have_small_p_values_and_intervals_without_0_at_the_nominal_rate():
    # Units are tuned with different strengths, the same in both tasks, and unrelated signs.
    n, rng = 300, np.random.default_rng(7)
    strength = rng.lognormal(0, 0.5, size=(n, 40, 1))
    found = [correlation_of(strength[k] * rng.normal(size=(40, 2)), 0.95, rng) for k in range(n)]
    small = sum(each.p_value < 0.05 for each in found)
    assert small <= stats.binom.isf(RATE, n, 0.05)
    covered = sum(each.ci_low <= 0 <= each.ci_high for each in found)
    assert covered >= stats.binom.ppf(RATE, n, 0.92)


def test_labels_without_classes_are_refused():
    label = {"column": "direction", "kind": "circular"}
    keys = {"datasets": {"d": {**NWB, "label": label, "single_units": True}}}
    assert "d.single_units: needs a label of classes" in message(keys)
