"""Differences in overlap between two regions, in exactly these units."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from neuro_attn.shared_code.differences import between_rows, difference_in_units, differences_of
from neuro_attn.shared_code.estimates import REGION, SUBJECTS, holm, means_of_subjects
from neuro_attn.shared_code.leave_one_out import trials_left_out
from neuro_attn.shared_code.of_region import Sample, SessionsOfRegion, TaskPair
from neuro_attn.shared_code.these_units import TaskTrials, moments_of, overlap_of
from tests.worlds import UnitsWorld, units_data_set

FAR_RATE = 1e-5


def tasks_of(seed, cosine, strength=1.5, units=30):
    """Return two tasks whose trials are in the order of their classes."""
    rng = np.random.default_rng(seed)
    data = units_data_set(UnitsWorld(units=units), rng, cosine=cosine, strength=strength)
    orders = [np.argsort(task.label, kind="stable") for task in data]
    return [TaskTrials(t.rates[o], t.label[o]) for t, o in zip(data, orders, strict=True)]


def left_out(*tasks, session="one"):
    return trials_left_out({session: moments_of(*tasks)})


def of_units(*args):
    return left_out(*tasks_of(*args))


def test_the_difference_is_that_of_the_overlaps():
    first, second = tasks_of(0, 0.9), tasks_of(1, 0.2)
    value, low, high, p = difference_in_units(left_out(*first), left_out(*second), 0.95)
    expected = overlap_of([tuple(first)]).value - overlap_of([tuple(second)]).value
    assert value == pytest.approx(expected)
    assert low < value < high
    assert (p < 0.05) == (not low <= 0 <= high)


def test_the_same_units_do_not_differ_from_themselves():
    same = of_units(0, 0.5)
    assert difference_in_units(same, same, 0.95) == (0, 0, 0, 1)


def test_exchanging_the_regions_changes_the_sign():
    first, second = of_units(0, 0.9), of_units(1, 0.2)
    value, low, high, p = difference_in_units(first, second, 0.95)
    assert difference_in_units(second, first, 0.95) == pytest.approx((-value, -high, -low, p))


def test_noise_that_two_regions_share_cancels():
    """The second region has the units of the first with more noise, so both vary alike."""
    tasks = tasks_of(2, 0.5, units=40)
    rng = np.random.default_rng(3)
    copies = [TaskTrials(t.rates + 0.3 * rng.normal(size=t.rates.shape), t.label) for t in tasks]
    first, second = left_out(*tasks), left_out(*copies)
    _, low, high, _ = difference_in_units(first, second, 0.95)
    apart = left_out(*copies, session="other")
    _, low_apart, high_apart, _ = difference_in_units(first, apart, 0.95)
    assert high - low < 0.7 * (high_apart - low_apart)


def test_the_change_without_a_trial_is_that_of_the_overlap_without_it():
    """The closed form is near the jackknife of overlaps computed anew without each trial."""
    tasks, others = tasks_of(4, 0.5), tasks_of(5, 0.5)
    pairs = [tasks, others]

    def value_without(task, trial):
        left = []
        for pair in pairs:
            kept = list(pair)
            chosen = np.arange(len(pair[task].label)) != trial
            kept[task] = TaskTrials(pair[task].rates[chosen], pair[task].label[chosen])
            left.append(overlap_of([tuple(kept)]).value)
        return left[0] - left[1]

    variance = 0.0
    for task in (0, 1):
        for label in (0, 1):
            trials = np.flatnonzero(tasks[task].label == label)
            without = np.array([value_without(task, trial) for trial in trials])
            variance += (len(trials) - 1) * without.var()
    _, low, high, _ = difference_in_units(left_out(*tasks), left_out(*others), 0.95)
    error = (high - low) / 2 / stats.t.isf(0.025, 39)
    assert error == pytest.approx(np.sqrt(variance), rel=0.15)


@pytest.mark.parametrize("cosine", [0.0, 0.5, 1.0])
def test_equal_overlaps_rarely_differ(cosine):
    # The benchmark measures 0.002 to 0.036.
    n = 100
    p = [
        difference_in_units(of_units(seed, cosine), of_units(n + seed, cosine, 1.0), 0.95)[-1]
        for seed in range(n)
    ]
    assert sum(each <= 0.05 for each in p) <= stats.binom.isf(FAR_RATE / 3, n, 0.05)


def test_what_a_subject_shares_is_no_evidence_that_regions_differ_in_others():
    """Two regions whose overlaps differ in each of 8 subjects, with either sign."""
    n, wrong, naive = 200, 0, 0
    tests = [TaskPair("remember", "attend", "late", (0, 1, 0))]
    sample = Sample([f"{k}" for k in range(32)], [f"subject{k // 4}" for k in range(32)])
    for seed in range(n):
        rng = np.random.default_rng(seed)
        ones = np.ones((32, 1))
        regions = []
        for name in ("V4", "LPFC"):
            across = np.repeat(rng.normal(size=8), 4)[:, None] + rng.normal(size=(32, 1)) / 2
            regions.append(SessionsOfRegion(name, [], ones, ones, across / 4, across / 4))
        (of_sessions,) = between_rows(regions, tests, REGION, compared="all", confidence=0.95)
        (of_subjects,) = between_rows(
            means_of_subjects(regions, sample),
            tests,
            SUBJECTS,
            compared="all",
            confidence=0.95,
        )
        assert of_subjects.level == "other subjects"
        naive += of_sessions.p_value <= 0.05
        wrong += of_subjects.p_value <= 0.05
    # With equal strengths, the jackknife of 8 subjects is a paired t test.
    assert wrong <= stats.binom.isf(FAR_RATE, n, 0.05)
    assert naive >= stats.binom.ppf(FAR_RATE, n, 0.2)


def test_p_values_are_corrected_over_the_pairs_that_are_compared():
    test = TaskPair("remember", "attend", "late", (0, 1, 0))
    sample = Sample([f"{k}" for k in range(12)], [""] * 12)
    rng, ones = np.random.default_rng(1), np.ones((12, 1))
    regions = []
    for name, mean in (("V4", 0.0), ("FEF", 0.1), ("LPFC", 0.2)):
        across = mean + rng.normal(size=(12, 1)) / 4
        # No code is significant in these units, so that sessions alone are compared.
        not_coded = {test: SimpleNamespace(p_codes=(1.0, 1.0))}
        both = across / 4, across / 4
        regions.append(SessionsOfRegion(name, [], ones, ones, *both, overlaps=not_coded))

    def found(compared):
        settings = {"compared": compared, "confidence": 0.95, "alpha": 0.05}
        rows = differences_of(regions, [test], sample, **settings)
        return {(each.region, each.compared_with): each for each in rows}

    everything, listed = found("all"), found([["LPFC", "V4"]])
    assert list(everything) == [("V4", "FEF"), ("V4", "LPFC"), ("FEF", "LPFC")]
    assert list(listed) == [("LPFC", "V4")]
    one, other = listed["LPFC", "V4"], everything["V4", "LPFC"]
    assert one.value == pytest.approx(-other.value)
    assert one.p_value == one.p_corrected == pytest.approx(other.p_value)
    of_all = [each.p_value for each in everything.values()]
    assert other.p_corrected == holm(np.array(of_all))[1] > other.p_value
    assert found([]) == {}
