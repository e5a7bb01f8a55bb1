"""The fit of networks to regions: planted codes fit, others and reversed ones do not."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from benchmarks import comparison as simulated
from neuro_attn.comparison.fit import COMPATIBLE, INCOMPATIBLE, UNINFORMATIVE, fit
from neuro_attn.comparison.nearest_region import NO_REGION, UNDECIDED, named_region
from neuro_attn.shared_code.these_units import TaskTrials, moments_of, without_units
from tests.worlds import UnitsWorld, units_data_set

N = 25
FAR_RATE = 1e-5
"""Probability with which statistical claims about N data sets fail although they hold."""


def counted(world):
    """How many of N data sets have each outcome."""
    found = [simulated.experiment(number, f"test {world}", world) for number in range(N)]
    return {name: sum(each[name] for each in found) for name in found[0]}


@pytest.mark.parametrize(
    "world",
    [
        simulated.World(cosine=1.0, strength=0.3),
        simulated.World(cosine=0.0, strength=0.3),
        simulated.World(sessions=4, networks=3, units=20, trials=20, spread=0.2),
    ],
    ids=["shared", "separate", "replicate networks that differ"],
)
def test_the_planted_region_is_rejected_in_at_most_five_of_a_hundred(world):
    counts = counted(world)
    assert counts["rejected"] <= stats.binom.isf(FAR_RATE, N, 0.05)
    # Both twins are kept in at least .9; fewer than the bound have FAR_RATE.
    assert counts["twins"] >= stats.binom.ppf(FAR_RATE, N, 0.9)
    assert counts["misnamed"] <= stats.binom.isf(FAR_RATE, N, 0.05)


def compared(coded, own, region, *, noise=0.1, **of_network):
    empty = xr.Dataset(attrs={"dataset": "toy", "region": "V4", "seed": 0})
    return fit(
        coded(empty, own, noise=noise, seed=1, **of_network),
        coded(empty, region, noise=noise, seed=2),
    )


@pytest.mark.parametrize(
    ("own", "region", "noise", "verdict"),
    [
        (0.5, 0.5, 0.1, COMPATIBLE),
        (0.5, 0.5, 1.0, UNINFORMATIVE),
        (1.0, 1.0, 0.1, COMPATIBLE),
        (0.0, 1.0, 0.1, INCOMPATIBLE),
        (-1.0, 0.0, 0.1, INCOMPATIBLE),
        (-1.0, 1.0, 0.1, INCOMPATIBLE),
    ],
)
def test_verdicts_follow_overlap_and_precision(coded, own, region, noise, verdict):
    assert compared(coded, own, region, noise=noise).verdict(0.95) == verdict


@pytest.mark.parametrize("strength", [0.1, 100.0])
def test_the_strength_of_codes_does_not_matter(coded, strength):
    plain, other = compared(coded, 0.6, 0.5), compared(coded, 0.6, 0.5, strength=strength)
    assert other == pytest.approx(plain)


def test_without_a_code_in_the_network_the_test_is_uninformative(coded):
    found = compared(coded, 1.0, 1.0, strength=0.0)
    assert (found.n_overlaps, found.p_value) == (0, 1)
    assert found.verdict(0.95) == UNINFORMATIVE


def test_replicate_networks_that_differ_say_less_than_those_that_agree(coded):
    """Networks of overlaps 0, 0.5 and 1 do not exclude a region of overlap 1."""
    agree, differ = (
        compared(coded, 0.5, 1.0, between=between) for between in ((0, 0, 0), (-0.5, 0, 0.5))
    )
    assert agree.verdict(0.95) == INCOMPATIBLE
    assert differ.p_value > 0.05
    assert differ.verdict(0.95) != INCOMPATIBLE


def test_a_region_is_named_if_it_alone_remains_and_fits():
    one, other = "LPFC", "V4"
    assert named_region({one: COMPATIBLE, other: INCOMPATIBLE}) == one
    assert named_region({one: UNINFORMATIVE, other: INCOMPATIBLE}) == UNDECIDED
    assert named_region({one: COMPATIBLE, other: UNINFORMATIVE}) == UNDECIDED
    assert named_region({one: COMPATIBLE, other: COMPATIBLE}) == UNDECIDED
    assert named_region({one: INCOMPATIBLE, other: INCOMPATIBLE}) == NO_REGION


def test_leaving_out_a_unit_changes_the_energies_as_the_closed_form_says():
    """Exactly, but for the bias of the energies, which is about the same for every unit."""
    first, second = units_data_set(
        UnitsWorld(units=12, correlation=0.3), np.random.default_rng(5), cosine=0.5, strength=2.0
    )
    predicted = without_units(first, second)
    whole = moments_of(first, second)
    for unit in range(12):
        pair = [TaskTrials(np.delete(each.rates, unit, 1), each.label) for each in (first, second)]
        without = moments_of(*pair)
        assert whole.energies[0] - without.energies[0] == pytest.approx(predicted[0, unit])
        assert whole.raw - without.raw == pytest.approx(predicted[1:, unit])
    silent = [TaskTrials(each.rates * (np.arange(12) > 0), each.label) for each in (first, second)]
    assert (without_units(*silent)[:, 0] == 0).all()
