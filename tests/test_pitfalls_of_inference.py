"""Ways in which conclusions about shared codes have been wrong, and that this project's are not.

The numbers continue those of tests/test_pitfalls.py. Each test is named after its pitfall. RATE is
the probability at most with which a statistical test fails by chance.
"""

import numpy as np
import pytest
from scipy import stats

from benchmarks import cross_temporal, onsets
from neuro_attn.geometry.coding_axes import coding_axes, cosine, inner_products
from neuro_attn.geometry.conditions import bootstrapped, membership
from neuro_attn.geometry.estimates import (
    Estimate,
    in_noise_units,
    normal_interval,
    over_sessions,
)
from neuro_attn.inference.intervals import centred, interval, within_limits_of_trials
from neuro_attn.inference.pvalues import corrected_p_value, p_value
from neuro_attn.inference.sign_flips import sign_flip_test
from neuro_attn.inference.sign_flips import sign_patterns as patterns_of
from neuro_attn.shared_code.discriminants import sensitivity
from neuro_attn.shared_code.estimates import in_subjects
from neuro_attn.shared_code.of_region import Sample, SessionsOfRegion, TaskPair
from neuro_attn.shared_code.sessions import difference, overlap_of_sessions
from neuro_attn.shared_code.these_units import UnitsOverlap, overlap_of
from neuro_attn.shared_code.verdicts import Evidence, verdict_of
from tests.studies import study_of
from tests.worlds import (
    REGION_WORLDS,
    RegionWorld,
    Session,
    UnitsWorld,
    region_data_set,
    units_data_set,
)

RATE = 1e-5
ALPHA = 0.05


def in_units(seed: int, cosine: float, strength: float, **world) -> UnitsOverlap:
    """Return the overlap of two codes in a data set of one session."""
    rng = np.random.default_rng(seed)
    return overlap_of([units_data_set(UnitsWorld(**world), rng, cosine=cosine, strength=strength)])


def sessions_in(world: RegionWorld, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return d' across and within tasks (sums of both directions) in every session."""
    rng = np.random.default_rng(seed)
    found = [sensitivity(*tasks, folds=5, rng=rng) for tasks in region_data_set(world, rng)]
    across = [each.first_on_second[0] + each.second_on_first[0] for each in found]
    within = [each.first[0] + each.second[0] for each in found]
    return np.array(across), np.array(within)


def p_of_region(across: np.ndarray) -> float:
    signs = patterns_of(len(across), np.random.default_rng(0))
    return float(sign_flip_test(across[:, None], signs).p_value[0])


def n_significant(name: str, n: int) -> int:
    """Return in how many data sets of a world a region with unrelated codes is significant."""
    return sum(p_of_region(sessions_in(REGION_WORLDS[name], seed)[0]) <= ALPHA for seed in range(n))


# --- what is generalised to -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [name for name in REGION_WORLDS if "dimensions" in name or "mean rate" in name]
)
def test_20_codes_that_are_independent_within_a_few_dimensions_of_tuning(name):
    assert n_significant(name, 60) <= stats.binom.isf(RATE / 7, 60, 0.06)


@pytest.mark.parametrize(
    "name", ["one of the sessions has a code", "sessions of 300 and 16 trials"]
)
def test_21_sessions_as_fixed_effects(name):
    assert n_significant(name, 60) <= stats.binom.isf(RATE / 7, 60, 0.06)


def test_21_sessions_of_a_subject_as_independent():
    """What the sessions of a subject share is no evidence about other subjects."""
    n, wrong, naive = 400, 0, 0
    tasks = TaskPair("remember", "attend", "late", (0, 1, 0))
    sample = Sample([f"{k}" for k in range(32)], [f"subject{k // 4}" for k in range(32)])
    study = study_of()
    for seed in range(n):
        rng = np.random.default_rng(seed)
        across = np.repeat(rng.normal(size=8), 4)[:, None] + rng.normal(size=(32, 1)) / 2
        ones = np.ones((32, 1))
        region = SessionsOfRegion("V4", [], ones, ones, across, across)
        naive += p_of_region(across[:, 0]) <= ALPHA
        (found,) = in_subjects([region], [tasks], sample, study)
        wrong += found.p_value <= ALPHA
    assert wrong <= stats.binom.isf(RATE, n, 0.05)
    assert naive >= stats.binom.ppf(RATE, n, 0.25)


def test_22_significant_here_and_not_there():
    """Two regions with the same overlap, of which one has half the strength, do not differ."""
    n, different, apart = 60, 0, 0
    for seed in range(n):
        strong, weak = (
            sessions_in(RegionWorld(cosine=0.6, strength=strength), seed + number * n)
            for number, strength in enumerate((1.6, 0.6))
        )
        *_, p = difference(overlap_of_sessions(*strong), overlap_of_sessions(*weak), 0.95)
        different += p <= ALPHA
        apart += (p_of_region(strong[0]) <= ALPHA) != (p_of_region(weak[0]) <= ALPHA)
    assert different <= stats.binom.isf(RATE, n, 0.07)
    # Of 200 data sets, 140 were significant in one region alone, and in none they differed.
    assert apart >= stats.binom.ppf(RATE, n, 0.65)


@pytest.mark.parametrize(("half_width", "verdict"), [(0.1, "task-specific"), (0.5, "inconclusive")])
def test_23_no_significance_is_no_evidence_of_absence(half_width, verdict):
    limits = -half_width, half_width
    evidence = Evidence(0.0, *limits, *(0.84 * np.array(limits)), 0.9, 0.001, 0.001)
    assert verdict_of(evidence, alpha=ALPHA, bound=0.3) == verdict


# --- what is measured -----------------------------------------------------------------------------


def test_24_a_ratio_that_grows_with_the_strength_of_the_code():
    """A cosine of 0.5 at accuracies of 0.84 to 0.999: means of 40 data sets, 5 errors apart."""
    for strength in (1.0, 2.0, 3.0):
        found = np.array([in_units(seed, 0.5, strength).value for seed in range(40)])
        assert abs(found.mean() - 0.5) < 5 * found.std(ddof=1) / np.sqrt(len(found)) + 0.02


def test_25_mean_rates_that_differ_between_tasks():
    rng = np.random.default_rng(0)
    first, second = region_data_set(RegionWorld(cosine=1.0, sessions=1), rng)[0]
    moved = second[0] + 4 * rng.normal(size=(1, second[0].shape[1], 1)), second[1]
    before, after = (
        sensitivity(first, other, folds=5, rng=np.random.default_rng(1))
        for other in (second, moved)
    )
    np.testing.assert_allclose(after.first_on_second, before.first_on_second, rtol=1e-4)


def test_26_a_weak_code_for_which_half_of_the_trials_is_not_enough():
    """One code of d 0.8, whose overlap is found in 0.965 of 400 data sets of 80 trials a task."""
    n = 100
    found = sum(in_units(seed, 1.0, 0.8).p_value <= ALPHA for seed in range(n))
    assert found >= stats.binom.ppf(RATE, n, 0.95)


def test_27_a_code_so_strong_that_accuracy_saturates():
    assert in_units(0, 1.0, 20.0).p_value < 0.001
    # Nor does an accuracy of 1 in 40 trials mean that errors are impossible.
    boot = np.ones(100)
    limits = interval(centred(np.array(1.0), boot), 0.95)
    low, high = within_limits_of_trials(np.array(1.0), limits, np.array(40), 0.95)
    assert low == pytest.approx(0.912, abs=0.001)
    assert high == 1


def test_28_codes_in_a_few_units():
    n = 100
    sparse, dense = (
        sum(in_units(seed, 1.0, 0.7, coded=coded).p_value <= ALPHA for seed in range(n))
        for coded in (3, 0)
    )
    # Of 400 data sets: 0.91 and 0.85. A difference of proportions has an SD below sqrt(1 / (2 n)).
    assert abs(sparse - dense) / n < stats.norm.isf(RATE) * np.sqrt(0.5 / n)


def cosine_of(session: Session, rng: np.random.Generator) -> Estimate:
    """Return the cosine of the coding axes of two tasks, with resampled trials."""
    labels = [label for _, label in session]
    task = np.repeat([0, 1], [len(label) for label in labels])
    rates = np.concatenate([rates[:, :, 0] for rates, _ in session])
    condition = 2 * task + np.concatenate(labels)
    rates = in_noise_units(rates, membership(condition, 4).T)
    members = [membership(np.where(task == k, condition - 2 * k, -1), 2) for k in (0, 1)]
    axes = [coding_axes(rates, member) for member in members]
    resampled = [coding_axes(rates, bootstrapped(member, 60, rng)) for member in members]
    replicates = cosine(inner_products(*resampled))
    return Estimate(float(cosine(inner_products(*axes))), replicates[np.isfinite(replicates)])


def test_29_angles_between_codes_in_units_that_are_not_resampled():
    """Axes drawn independently in 3 of 24 dimensions: intervals of these units exclude 0.

    Of 400 data sets, intervals of one session excluded 0 in 0.60, those over 8 sessions in 0.050.
    With axes in 6, 12 and 24 dimensions: 0.46, 0.36, 0.30 and 0.060, 0.060, 0.045.
    """
    n, sessions, region = 60, 0, 0
    for seed in range(n):
        rng = np.random.default_rng(seed)
        drawn = region_data_set(RegionWorld(within=3, strength=2.5), rng)
        # As in a run, sessions without reliable axes are left out.
        found = [each for each in (cosine_of(one, rng) for one in drawn) if np.isfinite(each.value)]
        low, high = normal_interval(found[0].value, found[0].replicates, 0.95)
        sessions += not low <= 0 <= high
        low, high, _ = over_sessions(found, 0.95, (-np.inf, np.inf))
        region += not low <= 0 <= high
    assert region <= stats.binom.isf(RATE, n, 0.07)
    assert sessions >= stats.binom.ppf(RATE, n, 0.5)


# --- when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in onsets.PAIRS if name.startswith("equal")])
def test_30_onsets_of_rises_of_other_shapes(name):
    """Equal onsets are not called different, other shapes are (at a rate above 0.25)."""
    n, pair = 60, onsets.PAIRS[name]
    found = [onsets.difference_experiment(number, name, pair) for number in range(n)]
    found = [each for each in found if each]
    assert len(found) > n / 2
    assert sum(each["onset"] for each in found) <= stats.binom.isf(RATE / 4, len(found), 0.05)
    if pair[0].duration > 0.2:
        shapes = sum(each["onset or shape"] for each in found)
        assert shapes >= stats.binom.ppf(RATE / 4, len(found), 0.25)


def test_31_independent_codes_at_two_times():
    """Shuffled labels alone call them related in 0.29 and reversed in 0.32 of data sets."""
    n = 24
    found = [cross_temporal.experiment(number, "independent codes") for number in range(n)]
    wrong = sum(each["above"] or each["below"] for each in found)
    assert wrong <= stats.binom.isf(RATE / 2, n, 0.05)
    labels = sum(each["above, shuffled labels alone"] for each in found)
    assert labels >= stats.binom.ppf(RATE / 2, n, 0.25)


# --- how it is computed ---------------------------------------------------------------------------


def test_34_two_tolerances_on_different_scales():
    """A test in which next to nothing varies: the corrected p is not below the uncorrected one."""
    rng = np.random.default_rng(0)
    null = np.round(rng.normal(size=(3, 99)), 1)
    null[0] = 0.5 + 1e-16 * rng.normal(size=99)
    observed = np.array([0.5, 0.1, 2.0])
    assert (corrected_p_value(observed, null, (0,)) >= p_value(observed, null)).all()
