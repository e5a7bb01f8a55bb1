"""A run draws the figures and tables that apply to its data sets and networks, and no others."""

import copy
from typing import Any

import pytest
import yaml

from neuro_attn.configuration import Configuration, parse
from neuro_attn.figures.targets import needs_of, report_groups, result_tables

KEYS = yaml.safe_load(
    """
datasets:
  sim:
    source: simulation
    label: selected
    tasks:
      pro: {trials: trial_type == 'pro', align: cue_onset}
    time: {start: 0.0, stop: 0.4, bin: 0.1}
    windows: {cue: [0.0, 0.4]}
  mine:
    source: nwb
    files: "*.nwb"
    label: side
    tasks:
      pro: {trials: rule == 'a', align: cue}
    time: {start: 0.0, stop: 0.4, bin: 0.1}
    windows: {cue: [0.0, 0.4]}
    inference: {permutations: 19}
"""
)
ANALYSIS = {key: KEYS["datasets"]["sim"][key] for key in ("label", "tasks", "time", "windows")}
COLORS = {"items": {"upper": "color_upper", "lower": "color_lower"}}
OF_EVERY_DATASET = {
    "decoding_over_time",
    "geometry_measures",
    "transfer_matrix",
    "onsets",
    "cross_temporal",
    "unit_counts",
    "trial_counts",
    "geometry",
    "geometry_over_time",
}

PERMUTED = {
    "decoding_over_time",
    "transfer_matrix",
    "onsets",
    "cross_temporal",
    "summary",
}
"""What shows or follows from p-values of permutations."""


def configuration(datasets: dict[str, Any] | None = None, **keys: Any) -> Configuration:
    """Return the configuration above, with keys of data sets and at the top level added."""
    given = copy.deepcopy(KEYS)
    for name, added in (datasets or {}).items():
        given["datasets"][name] |= added
    if "networks" in keys:
        given["network_analysis"] = ANALYSIS
    return parse({**given, **keys}, "test")


def drawn(given: Configuration) -> dict[str, set[str]]:
    """Return the stems of figures by the job that draws them."""
    return {group.name: {each.stem for each in group.figures} for group in report_groups(given)}


def pages(given: Configuration) -> dict[str, set[str]]:
    return {group.name: {each.name for each in group.tables} for group in report_groups(given)}


def test_every_data_set_has_its_figures_and_a_simulation_its_timeline():
    groups = drawn(configuration())
    assert groups["mine"] == {f"{figure}-mine" for figure in OF_EVERY_DATASET}
    assert groups["sim"] == {f"{figure}-sim" for figure in {*OF_EVERY_DATASET, "timeline"}}
    assert groups["networks"] == set()
    assert "comparison" not in groups


def test_a_continuous_label_has_predictions_and_nothing_that_compares_classes():
    label = {"column": "direction", "kind": "circular"}
    given = configuration({"mine": {"label": label}, "sim": {"label": label}})
    assert drawn(given)["mine"] == {"prediction_over_time-mine", "prediction_across_times-mine"}
    assert pages(given)["mine"] == {"predictions", "regions", "sessions", "sessions_left_out"}
    files = {each.split("/")[-1] for each in result_tables(given) if "/mine/" in each}
    assert files == {
        *("predictions.csv", "prediction_over_time.csv", "regions.csv", "costs.csv"),
        *("sessions.csv", "session_units.csv", "sessions_left_out.csv"),
    }
    assert "summary" not in pages(given)["sim"]
    assert not {"prediction_over_time-mine", "predictions"} & {
        *drawn(configuration())["mine"],
        *pages(configuration())["mine"],
    }


@pytest.mark.parametrize(
    ("key", "value", "figure", "table"),
    [
        ("colors", COLORS, "color_planes-mine", "color_information"),
        ("confounds", ["trial_number"], None, "confounds"),
        ("balance", ["block"], None, "confounds"),
    ],
)
def test_what_needs_a_setting_is_of_the_data_sets_that_have_it(key, value, figure, table):
    without, given = configuration(), configuration({"mine": {key: value}})
    assert pages(given)["mine"] - pages(without)["mine"] == {table}
    assert f"results/mine/{table}.csv" in set(result_tables(given)) - set(result_tables(without))
    assert drawn(given)["mine"] - drawn(without)["mine"] == ({figure} if figure else set())
    assert pages(given)["sim"] == pages(without)["sim"]


@pytest.mark.parametrize(
    ("family", "figures", "tables"),
    [
        (
            "luong-dot",
            {"learning", "probe", "attention_ablation", "attention_needed"},
            {"report_error", "qkv_swap", "attention_use"},
        ),
        ("seq2seq", {"learning", "probe", "attention_ablation"}, {"report_error"}),
        ("neural-turing-machine", {"learning", "probe"}, {"report_error"}),
    ],
)
def test_what_is_shown_of_networks_depends_on_what_they_attend_to(family, figures, tables):
    given = configuration(networks={"net": {"family": family}})
    assert drawn(given)["networks"] == figures
    assert pages(given)["networks"] == tables
    assert ("attention-net" in drawn(given)["network-net"]) == (family != "seq2seq")
    # Untrained networks are floors: they have results, but are not in the report.
    assert "network-net-untrained" not in drawn(given)
    assert "results/network-net-untrained/summary.csv" in result_tables(given)


def test_behaviour_is_that_of_networks_with_noise():
    given = configuration(
        networks={"net": {"family": "gru", "match": "behaviour"}, "quiet": {"family": "gru"}}
    )
    assert "network_behaviour" in drawn(given)["networks"]
    assert "behaviour" in pages(given)["networks"]
    assert "results/networks/behaviour.csv" in result_tables(given)


def test_attention_is_drawn_from_every_replicate_and_listed_with_the_networks():
    given = configuration(networks={"net": {"family": "luong-dot", "seeds": 2}})
    (group,) = [each for each in report_groups(given) if each.name == "network-net"]
    (attention,) = [each for each in group.figures if each.name == "attention"]
    assert attention.needs == {
        "attention": [f"results/networks/net/seed{n}/attention.nc" for n in (0, 1)]
    }
    assert (attention.subject, attention.title) == ("networks", "Attention of net")


def test_recall_of_lists_needs_no_networks():
    given = configuration(list_recall={"families": ["seq2seq"]})
    assert drawn(given)["networks"] == {"list_recall"}
    assert "results/networks/list_recall.csv" in result_tables(given)
    assert "results/networks/training.csv" not in result_tables(given)


def test_captions_have_a_figure_of_scores_and_one_of_maps():
    given = configuration(captioning={"families": ["soft"]})
    assert drawn(given)["networks"] == {"captioning", "captioning_maps"}


def test_the_comparison_has_the_confidence_of_its_data_set():
    inference = {"permutations": 19, "confidence": 0.9}
    given = configuration(
        {"sim": {"inference": inference}},
        networks={"net": {"family": "seq2seq"}},
        comparison={"dataset": "sim"},
    )
    group = report_groups(given)[-1]
    assert {each.name for each in group.figures} == {
        "model_scores",
        "signature_distances",
        "signatures",
    }
    assert group.settings["brain"] == "sim"
    assert group.settings["confidence"] == 0.9
    assert group.settings["networks"]["network-net-untrained"] == ["net", False]
    assert needs_of(group.figures)["nearest"] == "results/comparison/nearest.csv"


def test_a_first_look_is_noted_where_permutations_decide_and_nowhere_else():
    for group in report_groups(configuration()):
        noted = {each.name for each in (*group.figures, *group.tables) if each.note}
        assert noted == (PERMUTED if group.name == "mine" else set()), group.name
