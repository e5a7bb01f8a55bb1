"""`neuro-attn check` says beforehand what a run will find, and how a problem is mended."""

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks import first_figure
from neuro_attn import decoding, sources
from neuro_attn.configuration import parse
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.decoding import evaluation, original, population_decoder, subsets
from neuro_attn.onboarding import checking, cost, cost_in_words, needs
from neuro_attn.study import Study
from tests.onboarding.conftest import (
    N_UNITS,
    spike_trains,
    trials_table,
    write_nwb,
    write_tables,
)

SMALL = {
    "source": "nwb",
    "files": "*.nwb",
    "label": "side",
    "tasks": {
        rule: {"trials": f"rule == '{rule}'", "align": "stimulus"}
        for rule in ("visual", "auditory")
    },
    "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
    "windows": {"whole": [0.0, 0.4]},
}


@pytest.fixture
def check(command, tmp_path):
    """Write a configuration with one data set and check it."""

    def check(*options, **changes):
        keys = {"data_folder": ".", "datasets": {"mine": {**SMALL, **changes}}}
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(keys, sort_keys=False), encoding="utf-8")
        return command("check", "mine.yaml", *options)

    return check


def settings_of(**changes):
    return parse({"datasets": {"mine": {**SMALL, **changes}}})


def test_trials_units_folds_and_cost_are_told(check, tmp_path):
    write_nwb(tmp_path / "a.nwb")
    done = check()
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert ["a", "20", "20", "20", "20", "20"] in lines
    assert ["V4", "12", "1", "12", "12", "1"] in lines
    said = " ".join(done.out.split())
    assert "10 training trials of a class in a fold; fewest in session a: 20 trials of" in said
    assert "12 units in a draw; all populations alike have 12" in said
    assert "2 folds are requested; 1 of 1 session can give them." in done.out
    assert "Estimated cost: about " in done.out
    assert re.search(r"GB in the largest job \(.+\)\n  \d+ jobs, \S+ processor hours", done.out)
    assert done.out.endswith("No problems in mine.yaml\n")
    assert max(map(len, done.out.splitlines())) <= 100


def test_a_check_finds_what_a_run_finds(tmp_path):
    """Trials, units and populations are those of the recordings that a run makes."""
    regions = ["V4"] * 14 + ["FEF"] * 6 + ["root"] * 4
    write_nwb(tmp_path / "a.nwb", regions=regions)
    write_nwb(tmp_path / "b.nwb", regions=["V4"] * 4 + ["FEF"] * 20)
    settings = settings_of(regions={"exclude": ["root"], "min_units": 5})
    recordings = sources.read("mine", settings.datasets["mine"], tmp_path, 0)
    outlines = list(sources.outlines("mine", settings.datasets["mine"], tmp_path, 0))
    for outline, recording in zip(outlines, recordings, strict=True):
        assert outline.sizes == recording.sizes
        for name in ("task", "label", "trial_id", "event_time", "region", "unit_id", "session"):
            assert outline[name].variable.equals(recording[name].variable)
        assert not outline["rates"].any()
    (report,) = checking.examine(settings, tmp_path)
    expected = decoding.regions_table(recordings, Study("mine", settings.datasets["mine"], 1))
    assert report.cost.populations == len(expected) == 3
    assert report.left_out == ["region V4: fewer than 5 units in b (4)."]


def test_simulated_sessions_are_outlined_without_spikes():
    keys = {
        **{key: SMALL[key] for key in ("time", "windows")},
        "source": "simulation",
        "label": "selected",
        "tasks": {"pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"}},
        "simulation": {"sessions": 2, "cycles": 1, "regions": {"V4": {"units": 8}}},
    }
    dataset = parse({"datasets": {"made": keys}}).datasets["made"]
    outlines = list(sources.outlines("made", dataset, "data", 7))
    recordings = sources.read("made", dataset, "data", 7)
    for outline, recording in zip(outlines, recordings, strict=True):
        for name in ("task", "label", "trial_id", "event_time", "unit_id"):
            assert outline[name].variable.equals(recording[name].variable)


def test_sessions_and_regions_that_are_left_out_are_named_with_the_reason(check, tmp_path):
    write_nwb(tmp_path / "a.nwb", regions=["V4"] * 20 + ["FEF"] * 4)
    few = trials_table()
    few["rule"] = "visual"
    few.loc[:2, "rule"] = "auditory"
    write_nwb(tmp_path / "b.nwb", few)
    done = check(regions={"min_units": 5}, decoding={"folds": 5})
    assert done.code == 0, done.err
    assert "session b: 1 trial of task auditory, class left; 5 folds need 5." in done.out
    assert "region FEF: fewer than 5 units in a (4)." in done.out
    assert "5 folds are requested; 1 of 2 sessions can give them." in done.out


def test_a_region_to_compare_that_is_not_analysed_is_named(check, tmp_path):
    write_nwb(tmp_path / "a.nwb", regions=["V4"] * 12 + ["FEF"] * 12)
    done = check(compared_regions=[["V4", "FEX"]])
    assert done.code == 1
    assert "compared_regions: region 'FEX' is not analysed." in done.err + done.out
    assert "regions are FEF, V4." in done.err + done.out


def test_pooled_regions_and_those_not_included_are_named(check, tmp_path):
    write_nwb(tmp_path / "a.nwb", regions=["V4"] * 20 + ["FEF"] * 2 + ["LIP"] * 2)
    done = check(
        regions={"min_units": 5, "include": ["V4"]}, decoding={"population": "pseudopopulation"}
    )
    assert "region FEF: not in regions.include." in done.out
    done = check(regions={"min_units": 5}, decoding={"population": "pseudopopulation"})
    assert "region LIP: 2 units; min_units is 5." in done.out


PROBLEMS = {
    "no file": (None, {}, "'*.nwb' matches no file in", "Patterns are relative to data_folder"),
    "too many folds": (
        {},
        {"decoding": {"folds": 30}},
        "30 folds need 30 trials of every task and class; session 'a' has 20",
        "",
    ),
    "one class": (
        {},
        {"label": {"left": "side == 'left'", "up": "side == 'up'"}},
        "task 'visual' has trials of one class only, 'left'",
        "Decoding needs two or more.",
    ),
    "no units": (
        {},
        {"regions": {"min_units": 500}},
        "no region has 500 units",
        "Regions of a: FEF (12), V4 (12).",
    ),
    "missing event": (
        {"trials": trials_table().assign(stimulus=np.nan)},
        {},
        "no time of the event of task 'visual' on trial 1",
        "Leave such trials out with the task's expression.",
    ),
    "milliseconds": (
        {"trains": [times * 1000 for times in spike_trains()]},
        {},
        "spike times seem to be in milliseconds",
        "Divide them by 1,000 in the file; spikes and events must be in s.",
    ),
    "duplicated ids": (
        {"ids": [7, 7, *range(8, 6 + N_UNITS)]},
        {},
        "unit id 7 is used more than once",
        "",
    ),
    "no alignment": (
        {},
        {"tasks": {"visual": {"trials": "rule == 'visual'"}}},
        "datasets.mine.tasks.visual.align: the key is missing.",
        "It names the trial column with the event's time, s.",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_problem_is_told_with_its_remedy_and_exit_code_1(check, tmp_path, case):
    changed, keys, problem, remedy = PROBLEMS[case]
    if changed is not None:
        write_nwb(tmp_path / "a.nwb", **changed)
    done = check(**keys)
    assert done.code == 1
    assert done.err == ""
    told = " ".join(done.out.split())
    assert "1 problem in mine.yaml" in told
    assert problem in told
    assert not remedy or remedy in told.partition("remedy: ")[2]
    assert "Traceback" not in done.out


def test_all_problems_of_all_sessions_are_told_at_once(check, tmp_path):
    write_nwb(tmp_path / "a.nwb", ids=[7, 7, *range(8, 6 + N_UNITS)])
    for name in "bcd":
        write_nwb(tmp_path / f"{name}.nwb", trials_table().drop(columns="stimulus"))
    done = check()
    assert done.code == 1
    told = " ".join(done.out.split())
    assert "4 problems in mine.yaml" in told
    assert "unit id 7 is used more than once" in told
    assert "no trial column 'stimulus'" in told
    assert "(2 more like it)" in told


def test_problems_of_tables_are_told(check, tmp_path):
    write_tables(tmp_path, units=lambda units: units.rename(columns={"location": "area"}))
    keys = {role: f"{role}.csv" for role in ("spikes", "trials", "units")}
    (tmp_path / "mine.yaml").write_text("")
    done = check(source="table", **keys, files=None)
    assert done.code == 1
    assert "datasets.mine.files: unknown key" in done.err


CONFIGURATIONS = {
    "no file": (None, "mine.yaml: the configuration file does not exist. "),
    "no YAML": ("datasets: [", "mine.yaml, line 1: [ is not closed"),
    "a tab": ("datasets:\n\tmine: {}\n", "mine.yaml, line 2: is indented with a tab."),
    "no keys": ("just text", "mine.yaml: contains only text."),
    "empty": ("", "mine.yaml: is empty."),
    "no bytes of text": (b"seed: \xff\x81", "mine.yaml, line 1: is not UTF-8: "),
    "a wrong key": (json.dumps({"datasets": {"mine": {**SMALL, "tme": 1}}}), "Did you mean time?"),
    "code in YAML": (
        "!!python/object/apply:os.system ['touch ran']",
        "line 1: the tag '!!python/object/apply:os.system' is not allowed",
    ),
    "code in yte": (
        '__use_yte__: true\n?f\'{open("ran", "w")}\': 1\n',
        "makes the file a template",
    ),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_a_configuration_that_is_none_is_one_message(command, tmp_path, case):
    content, expected = CONFIGURATIONS[case]
    if content is not None:
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / "mine.yaml").write_bytes(content)
    assert expected in command("check", "mine.yaml").message
    assert not (tmp_path / "ran").exists()


def test_the_data_folder_is_that_of_the_option_or_the_environment(check, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    write_nwb(tmp_path / "elsewhere" / "a.nwb")
    assert check().code == 1
    assert check("--data", "elsewhere").code == 0
    monkeypatch.setenv("NEURO_ATTN_DATA", "elsewhere")
    assert check().code == 0


def test_configurations_of_the_project_have_no_problems(command, real_data):
    root = real_data  # the folder of steinmetz2019/ and zhang_desimone/
    for name in ("steinmetz2019", "zhang_desimone"):
        config = checking.Path(__file__).parents[2] / f"config/{name}.yaml"
        done = command("check", config, "--data", root)
        assert done.code == 0, done.out + done.err


@pytest.mark.parametrize("name", ["piwek2023", "controls"])
def test_simulations_have_no_problems_and_networks_are_not_in_the_estimate(command, name):
    done = command("check", checking.Path(__file__).parents[2] / f"config/{name}.yaml")
    assert done.code == 0, done.out + done.err
    is_told = "Not in the estimates: training, recording and analysing 6 networks." in done.out
    assert is_told == (name == "piwek2023")


# --- cost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tasks", [1, 2])
def test_the_number_of_fits_is_that_of_the_decoding(tmp_path, monkeypatch, tasks):
    write_nwb(tmp_path / "a.nwb")
    names = ("visual", "auditory")[:tasks]
    settings = settings_of(
        tasks={name: SMALL["tasks"][name] for name in names},
        decoding={"folds": 3, "draws": 2, "unit_counts": [100]},
        inference={"permutations": 7, "bootstraps": 20},
    )
    dataset = settings.datasets["mine"]
    (report,) = checking.examine(settings, tmp_path)
    fitted = 0
    evaluate_fold = evaluation.evaluate_fold

    def counted(population, folds, *, bins, **more):
        nonlocal fitted
        # Windows alone are decoded for numbers of units and trials, which the estimate leaves out.
        if bins == evaluation.EVERYTHING:
            fitted += len(folds) * len(population.tasks) * population.n_bins
        return evaluate_fold(population, folds, bins=bins, **more)

    for module in (original, population_decoder, subsets):
        monkeypatch.setattr(module, "evaluate_fold", counted)
    recordings = sources.read("mine", dataset, tmp_path, 0)
    for region in ("V4", "FEF"):
        members = decoding.build_populations(recordings, Study("mine", dataset, 1), region)
        decoding.decode_region(members, Study("mine", dataset, 0), region=region, n_units=12)
    assert report.cost.fits == fitted


def test_the_estimate_is_of_the_size_of_the_time_that_decoding_takes(tmp_path):
    """Processor time, so that other work on the computer does not count, within a factor of 6."""
    write_nwb(tmp_path / "a.nwb", trains=spike_trains(80))
    settings = settings_of(
        decoding={"folds": 5, "units": "all", "unit_counts": [100]},
        inference={"permutations": 40, "bootstraps": 20},
    )
    dataset = settings.datasets["mine"]
    (report,) = checking.examine(settings, tmp_path)
    recordings = sources.read("mine", dataset, tmp_path, 0)
    members = [
        decoding.build_populations(recordings, Study("mine", dataset, 1), r) for r in ("V4", "FEF")
    ]
    # What is compiled at its first call does not count.
    decoding.decode_region(members[0], Study("mine", dataset, 0), region="V4", n_units=12)
    start = time.process_time()
    for region, of_region in zip(("V4", "FEF"), members, strict=True):
        decoding.decode_region(of_region, Study("mine", dataset, 0), region=region, n_units=None)
    taken = time.process_time() - start
    assert 1 / 6 < report.cost.decoding_seconds / taken < 6


def work(**changes):
    shape = {
        "tasks": 2,
        "classes": 2,
        "train_rows": 40,
        "test_rows": 80,
        "units": 50,
        "bins": 21,
        "times": 20,
    }
    return needs.Work(**{**shape, **changes})


@pytest.mark.parametrize(
    ("decoder", "classes"),
    [
        (name, 2 if kind == "classes" else 1)
        for name, each in DECODERS.items()
        for kind in each.label_kinds
    ],
)
@pytest.mark.parametrize("key", ["train_rows", "test_rows", "units", "bins"])
def test_larger_populations_cost_more(key, decoder, classes):
    small, larger = work(classes=classes), work(classes=classes, **{key: 2 * getattr(work(), key)})
    assert needs.seconds_per_fit(larger, decoder) > needs.seconds_per_fit(small, decoder)


def test_permutations_scale_the_estimate_and_cores_divide_it():
    few, many = (settings_of(inference={"permutations": n}).datasets["mine"] for n in (99, 9999))
    by_region = {region: [work()] for region in ("V4", "FEF", "LIP", "MT")}
    rates = dict.fromkeys(by_region, 1e6)
    small, large = (cost.estimate(by_region, each, rates, 1) for each in (few, many))
    # (1 + permutations + 100 bootstraps)
    assert large.fits / small.fits == pytest.approx(10100 / 200)
    assert large.bytes > small.bytes
    assert cost.estimate(by_region, many, rates, 4).seconds < large.seconds / 3


SESSION = {"tasks": 2, "train_rows": 58, "test_rows": 30, "bins": 9, "times": 8}
"""Populations of docs/your_data.md: 29 training trials of a class in a fold, and 50 units."""


def test_the_estimate_of_the_first_session_is_of_the_size_of_what_its_report_took():
    """Processor time within a factor of 2, since busy cores take up to twice as long."""
    dataset = settings_of(inference={"permutations": 19, "bootstraps": 40}).datasets["mine"]
    decoding = dataset.decoding.model_copy(update={"folds": 5})
    dataset = dataset.model_copy(update={"decoding": decoding})
    by_region = {f"R{number}": [work(**SESSION)] for number in range(7)}
    found = cost.estimate(by_region, dataset, dict.fromkeys(by_region, 1e6), 2)
    page = (Path(__file__).parents[2] / "docs/your_data.md").read_text(encoding="utf-8")
    for stated in (f"{found.fits:,} fits", f"{found.jobs} jobs"):
        assert stated in page, stated
    took = json.loads(first_figure.KEPT.read_text(encoding="utf-8"))["report"]
    assert 1 / 2 < found.processor_seconds / took["processor"] < 1.25
    # A run on two cores without other work lasts as long as these processor seconds permit.
    assert found.processor_seconds / 2 < found.seconds < took["wall"]


def test_sessions_are_jobs_and_a_job_holds_the_rates_of_its_region_only():
    dataset = settings_of().datasets["mine"]
    by_region = {region: [work()] for region in ("V4", "FEF")}
    small = cost.estimate(by_region, dataset, {"V4": 1e9, "FEF": 1e9}, 1)
    large = cost.estimate(by_region, dataset, {"V4": 1e9, "FEF": 2e9}, 1, readers=459)
    assert large.jobs - small.jobs == 458
    assert large.disk - small.disk == 1e9
    found = [
        {need.region: need.memory.fixed for need in each.needs if need.rule == "decode"}
        for each in (small, large)
    ]
    assert found[0]["V4"] == found[1]["V4"] == found[0]["FEF"] < found[1]["FEF"]
    assert large.processor_seconds > small.processor_seconds


def test_no_job_holds_the_nulls_of_a_region():
    """With many permutations memory grows with courses over time, not with pairs of times."""
    dataset = settings_of().datasets["mine"]
    dataset = dataset.model_copy(
        update={"inference": dataset.inference.model_copy(update={"permutations": 10_000})}
    )
    shape = {"bins": 61, "times": 60}
    found = cost.estimate({"V4": [work(**shape)] * 150}, dataset, {"V4": 1e8}, 1)
    nulls = 2 * 4 * 150 * 4 * 60**2 * 10_000
    assert found.bytes < 4e9 < nulls / 10
    reduce = next(need for need in found.needs if need.rule == "reduce")
    assert reduce.memory.at(10_000) < 2e9


def test_regions_have_jobs_of_their_own_if_decoding_takes_more_than_15_minutes():
    dataset = settings_of().datasets["mine"]

    def estimate(n_regions):
        by_region = {f"R{number}": [work(trials=120)] for number in range(n_regions)}
        return cost.estimate(by_region, dataset, dict.fromkeys(by_region, 1e9), 1)

    seconds = next(need for need in estimate(1).needs if need.rule == "decode").time.fixed
    most = int(15 * 60 / seconds)
    few, many = estimate(most), estimate(most + 1)
    of_region = set(needs.OF_REGION.values())
    assert not of_region & {need.rule for need in few.needs}
    for rule in of_region:
        assert {n.region for n in many.needs if n.rule == rule} == {
            f"R{n}" for n in range(most + 1)
        }
    # One region more has three jobs, and all others two more: geometry and codes.
    assert many.jobs - few.jobs == 3 + 2 * most
    # No job holds the rates of two regions.
    assert max(need.memory.fixed for need in many.needs) < 2 * 1e9


def test_no_run_is_shorter_than_its_longest_job():
    dataset = settings_of().datasets["mine"]
    alone = cost.estimate({"V4": [work(units=2000)]}, dataset, {"V4": 0.0}, 1)
    shared = cost.estimate({"V4": [work(units=2000)]}, dataset, {"V4": 0.0}, 64)
    assert shared.seconds >= alone.decoding_seconds


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (80, "80 s"), (200, "3 min"), (9000, "2.5 h")]
)
def test_durations_are_told_as_exactly_as_an_estimate_is(seconds, said):
    assert cost_in_words.duration(seconds) == said
