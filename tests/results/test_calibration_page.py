"""The rates in docs/calibration.md are those that the benchmark kept."""

import re
from pathlib import Path
from runpy import run_path

from benchmarks.continuous_labels import DRIFTS
from neuro_attn.configuration import Decoding

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/calibration.md").read_text(encoding="utf-8")
GENERATOR = run_path(str(ROOT / "docs/site/calibration.py"))


def test_the_page_is_up_to_date():
    assert GENERATOR["page"](PAGE) == PAGE, "run: python docs/site/calibration.py"


def test_every_block_that_can_be_generated_is_on_the_page():
    assert set(re.findall(r"<!-- generated: (\w+) -->", PAGE)) == GENERATOR["BLOCKS"].keys()


def test_error_rates_and_coverage_rest_on_400_data_sets():
    parts = ("units", "dependent", "real", "differences", "region", "cross_temporal", "power")
    for part in (*parts, "accuracy_differences", "continuous_labels"):
        assert all(each["n"] >= 400 for each in GENERATOR["RATES"][part].values())
    for each in GENERATOR["RATES"]["region_differences"].values():
        assert each["drawn"] >= 400
    for part in GENERATOR["CALIBRATION"].values():
        assert all(each["n"] >= 400 for each in part.values())
    # One of 400 experiments has no reliable code of the colours.
    assert GENERATOR["GEOMETRY"]["planted"]["experiments"] >= 400
    for each in GENERATOR["GEOMETRY"]["planted"]["rates"].values():
        assert each["covered"]["n"] >= 399
    # Some of 400 data sets have no onset.
    for part in ("onsets_alone", "onsets_differences"):
        assert all(each["n"] + each["without"] >= 400 for each in GENERATOR["RATES"][part].values())
    for world in GENERATOR["CONFOUNDS"]["controls"].values():
        assert all(each["drawn"] >= 400 for each in world.values())


def test_two_folds_with_five_draws_are_the_default_because_their_intervals_are_narrower():
    found = GENERATOR["FOLDS"]
    assert min(found["n"], found["n_silent"]) >= 400
    for where in ("within", "across"):
        assert found[where]["width"]["mean"] > 3 * found[where]["width"]["se"]
    default = Decoding()
    assert (default.folds, default.draws) == (2, 5)


def test_differences_of_equal_overlaps_keep_their_type_i_error_and_intervals_their_coverage():
    for name, each in GENERATOR["RATES"]["differences"].items():
        assert each["covered"]["low"] >= 0.92, name
        if name.startswith(("cosines 0.5 and 0.5", "cosines 1 and 1", "cosines 0 and 0")):
            assert each["significant"]["rate"] <= 0.06, name


def test_accuracies_of_the_same_decoders_that_do_not_differ_keep_their_type_i_error():
    """Rates of 400 data sets with a true rate of 0.047; beyond 0.09 by chance in 1 of 5,000."""
    worlds = dict(GENERATOR["RATES"]["accuracy_differences"])
    # There, accuracies differ because rates drift.
    at_end = worlds.pop("the same, further trials at the end")
    assert at_end["significant, pro and many"]["low"] > 0.09
    assert len(worlds) == 4
    for name, each in worlds.items():
        for rate, found in each.items():
            if rate.startswith("significant"):
                assert found["rate"] <= 0.09, (name, rate)
            elif rate.startswith("covered"):
                assert found["rate"] >= 0.90, (name, rate)


def test_predictions_of_continuous_labels_keep_their_type_i_error():
    """Rates of 400 data sets with a true rate of 0.05; above 0.1 by chance in 1 of 20,000."""
    rates = dict(GENERATOR["RATES"]["continuous_labels"])
    assert rates.pop(DRIFTS)["within"]["rate"] > 0.1, "permutations are a null of drifting labels"
    for name, each in rates.items():
        assert each["across"]["rate"] <= 0.1, name
        if "no code" in name:
            assert each["within"]["rate"] <= 0.1, name


def test_p_over_draws_of_trials_is_not_calibrated_and_the_test_over_sessions_is():
    rates = dict(GENERATOR["RATES"]["resampled_decoding"])
    assert rates["no code"]["significant"]["high"] < 0.05
    assert rates["independent codes, twice as strong"]["significant"]["low"] > 0.05
    assert rates.pop("shared code")["over sessions"]["rate"] > 0.5
    # A true rate of 0.047, the largest attainable below 0.05, exceeds 0.09 in 1 of 5,000.
    assert all(each["over sessions"]["rate"] <= 0.09 for each in rates.values())


def test_38_calibration_in_a_world_that_is_too_kind():
    rates = GENERATOR["RATES"]
    of_units = ("correlation", "dimensions", "gain", "rates change", "classes", "units", "tails")
    assert all(any(word in world for world in rates["units"]) for word in of_units)
    of_regions = ("dimensions", "mean rate", "one of the sessions", "300 and 16 trials", "CV 1")
    assert all(any(word in world for world in rates["region"]) for word in of_regions)
    assert set(rates["real"]) == {"steinmetz2019", "zhang_desimone"}


def test_pitfalls_of_the_page_have_the_tests_that_it_names():
    named = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", PAGE)
    assert len(named) >= 17
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), test


def test_intervals_of_accuracy_cover_at_least_92_percent():
    for name, each in GENERATOR["CALIBRATION"]["coverage"].items():
        assert each["rate"] >= 0.92 or each["high"] >= 0.92, name


def test_intervals_of_planted_geometry_cover_at_least_92_percent():
    for name, each in GENERATOR["GEOMETRY"]["planted"]["rates"].items():
        assert each["covered"]["rate"] >= 0.92 or each["covered"]["high"] >= 0.92, name


def test_the_overlap_is_found_as_often_as_by_permuted_labels():
    """Up to the sampling error of 400 data sets, in every world in which either test has power."""
    for name, each in GENERATOR["RATES"]["power"].items():
        if "8 trials" in name:
            assert each["permuted labels"]["rate"] < 0.1
        else:
            assert each["test of the overlap"]["high"] >= each["permuted labels"]["rate"], name


def test_unrelated_codes_of_a_region_are_called_shared_in_at_most_five_of_a_hundred_data_sets():
    for name, each in GENERATOR["RATES"]["region_verdicts"].items():
        if "cosine" not in name:
            assert each["shared"]["rate"] <= 0.05, name
            assert each["reversed"]["rate"] <= 0.05, name


def test_planted_regions_are_rejected_in_at_most_five_of_a_hundred_data_sets():
    for world, each in GENERATOR["FITS"].items():
        assert each["n"] >= 400
        assert each["rejected"]["rate"] <= 0.05 or each["rejected"]["low"] <= 0.05, world
        assert each["misnamed"]["rate"] <= 0.05, world


def test_orthogonal_codes_are_significant_in_at_most_six_of_a_hundred_data_sets():
    rates = GENERATOR["RATES"]
    for name, each in {**rates["units"], **rates["real"]}.items():
        if "cosine" not in name:
            assert each["significant"]["rate"] <= 0.06 or each["significant"]["low"] <= 0.05, name


def test_unrelated_codes_of_two_times_are_called_related_in_at_most_five_of_a_hundred_data_sets():
    rates = GENERATOR["RATES"]["cross_temporal"]
    for name in ("no code", "a code in the second epoch", "independent codes"):
        assert rates[name]["above"]["rate"] + rates[name]["below"]["rate"] <= 0.05, name


def test_intervals_of_onsets_and_latencies_cover_at_least_92_percent():
    for name, each in GENERATOR["RATES"]["onsets_alone"].items():
        assert each["onset"]["rate"] >= 0.92, name
        assert each["latency"]["rate"] >= 0.92 or each["latency"]["high"] >= 0.92, name


def test_equal_onsets_are_called_different_in_at_most_five_of_a_hundred_data_sets():
    for name, each in GENERATOR["RATES"]["onsets_differences"].items():
        if name.startswith("equal"):
            assert each["onset"]["rate"] <= 0.05, name


def test_the_region_with_the_planted_code_is_called_shared_and_no_other():
    verdicts = GENERATOR["RATES"]["verdicts"]
    assert verdicts["LPFC"]["shared"] >= 0.95 * verdicts["n"]
    for region in ("FEF", "parietal", "V4"):
        wrong = sum(verdicts[region].get(kind, 0) for kind in ("shared", "reversed"))
        assert wrong <= 0.05 * verdicts["n"]


def test_controls_of_confounds_keep_their_type_i_error():
    for name, each in GENERATOR["CONFOUNDS"]["controls"].items():
        if "code of the label" not in name:
            rate = each["regressed out"]["significant"]
            assert rate["rate"] <= 0.06 or rate["low"] <= 0.05, name
            assert abs(each["regressed out"]["accuracy"] - 0.5) < 0.02, name


def test_a_balanced_action_is_at_chance_if_units_follow_the_stimulus_and_agrees_with_a_peer():
    for name, each in GENERATOR["CONFOUNDS"]["balance"].items():
        assert each["n"] >= 400
        assert each["raw"]["mean"] > 0.8
        assert abs(each["resampled"]["mean"] - each["decodanda"]["mean"]) < 0.02
        if name == "stimulus alone":
            for way in ("balanced", "resampled", "decodanda"):
                assert abs(each[way]["mean"] - 0.5) < 0.02


def test_null_models_for_dependent_trials_keep_their_type_i_error():
    for name, each in GENERATOR["CALIBRATION"]["drift"].items():
        if "shuffle" not in name:
            assert each["rate"] <= 0.06 or each["low"] <= 0.05, name
