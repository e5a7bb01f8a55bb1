"""Predictions of a continuous label: figures and sentences state value, unit, chance and tests."""

from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from matplotlib import pyplot as plt

from neuro_attn.command_line import running
from neuro_attn.configuration import parse
from neuro_attn.figures import many_regions, prediction_across_times, prediction_over_time
from neuro_attn.figures.over_time import Shown
from neuro_attn.figures.prediction_words import as_course, headline
from neuro_attn.report.answer import write_answer
from neuro_attn.report.courses import chart
from neuro_attn.report.methods_text import methods
from neuro_attn.results import columns_of, write_csv

TASKS = ("attend", "remember")
TIMES = (-0.05, 0.05, 0.15)


def keys_of(kind):
    return {
        "source": "netcdf",
        "licence": "CC0-1.0",
        "citation": "Who W (2020). <What>. Where 1, 2",
        "files": "*.nc",
        "label": {"column": "direction", "kind": kind},
        "tasks": {task: {"trials": f"rule == {task!r}"} for task in TASKS},
        "time": {"start": -0.1, "stop": 0.2, "bin": 0.1},
        "windows": {"late": [0.0, 0.2]},
    }


def dataset_of(kind):
    return parse({"datasets": {"angles": keys_of(kind)}}).datasets["angles"]


def table_of(kind, places, axis, name):
    """Return a table in which LPFC has a code that transfers, V4 one that does not, FEF none."""
    score, unit, chance, best = {
        "circular": ("circular_error", "degrees", 90.0, 38.0),
        "linear": ("r2", "", 0.0, 0.6),
    }[kind]
    rows = []
    for region, train, test, place in product(("LPFC", "V4", "FEF"), TASKS, TASKS, places):
        late = place in ("late", 0.15)
        found = late and (region == "LPFC" or (region == "V4" and train == test))
        value = best if found else chance
        numbers = {"value": value, "ci_low": value - 0.05, "ci_high": value + 0.05}
        p = 0.005 if found else 0.6
        rows.append(
            {"region": region, "session": "all", "train_task": train, "test_task": test}
            | {axis: place, "score": score, "unit": unit, "chance": chance, **numbers}
            | {"p_value": p, "p_corrected": p, "n_units": 20, "n_constant": 0.0}
            | {"n_train": 40, "n_test": 80, "n_sessions": 2}
        )
    return pd.DataFrame(rows)[columns_of(name)]


def over_time(kind):
    return table_of(kind, TIMES, "time", "prediction_over_time")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("circular", "circular error 38 degrees within tasks and 38 degrees across tasks (late; "
         "chance 90 degrees)"),
        ("linear", "R² 0.60 within tasks and 0.60 across tasks (late; chance 0.00)"),
    ],
)  # fmt: skip
def test_the_headline_states_value_chance_and_what_is_not_significant(kind, sentence):
    text = headline(table_of(kind, ["late"], "window", "predictions"), dataset_of(kind))
    assert f"In LPFC, direction is decoded: {sentence}." in text
    assert "across tasks (not significant)" in text.split("V4")[1]
    assert text.endswith("direction is not decoded significantly: FEF.")
    # Regions are in the order of figures, as in the headline on verdicts.
    table = table_of(kind, ["late"], "window", "predictions")
    assert headline(table[::-1], dataset_of(kind)) == text


def test_the_terminal_shows_the_answer_on_a_continuous_label(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table = table_of("circular", ["late"], "window", "predictions")
    write_csv(table, "results/small/predictions.csv", "predictions")
    Path("config.yaml").write_text(yaml.safe_dump({"datasets": {"small": keys_of("circular")}}))
    running._print_headlines(SimpleNamespace(config="config.yaml"))
    answer = headline(table, dataset_of("circular"))
    assert capsys.readouterr().out == f"neuro-attn: small: {answer}\n"


@pytest.mark.parametrize("kind", ["circular", "linear"])
def test_the_figure_says_what_its_axis_and_its_chance_line_are(kind):
    shown = Shown.of(dataset_of(kind))
    figure = prediction_over_time.draw(over_time(kind), shown)
    name = {"circular": "circular error (degrees)", "linear": "R²"}[kind]
    assert name in {each.get_ylabel().split("\n")[0] for each in figure.axes}
    chance = {"circular": 90, "linear": 0}[kind]
    labels = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert {"circular": "chance (90)", "linear": "chance (0.00)"}[kind] in labels
    for axes in figure.axes:
        (line,) = (line for line in axes.lines if line.get_gid() == "chance")
        assert set(line.get_ydata()) == {chance}
        assert axes.get_ylim()[0] < chance < axes.get_ylim()[1]
    figure.canvas.draw()
    ticks = [tick.get_text() for axes in figure.axes for tick in axes.get_yticklabels()]
    assert {"circular": "60", "linear": "0.4"}[kind] in ticks
    plt.close(figure)


@pytest.mark.parametrize("kind", ["circular", "linear"])
def test_many_regions_are_rows_of_a_heat_map_in_which_red_is_better(kind, monkeypatch):
    monkeypatch.setattr(many_regions, "MOST", 2)
    table = over_time(kind)
    figure = prediction_over_time.draw(table, Shown.of(dataset_of(kind)))
    within, _, bar = figure.axes
    assert [tick.get_text() for tick in within.get_yticklabels()] == ["LPFC", "FEF", "V4"]
    values, paler = within.collections[:2]
    at = table["train_task"] == table["test_task"]
    means = table[at].pivot_table("value", "region", "time").loc[["LPFC", "FEF", "V4"]]
    np.testing.assert_allclose(values.get_array(), means)
    np.testing.assert_array_equal(paler.get_array().mask[:, -1], [True, False, True])
    red, _, blue, _ = values.to_rgba(means.loc["LPFC"].iloc[-1])
    assert red > 2 * blue
    assert {"circular": "circular error (degrees)", "linear": "R²"}[kind] == bar.get_ylabel()
    # The bar has all of the better side, and little of the worse one, which does not occur.
    near, far = sorted(abs(np.array(bar.get_ylim()) - table["chance"].iloc[0]))
    assert near < 0.2 * far
    plt.close(figure)
    text = prediction_over_time.caption(table, dataset_of(kind))
    assert "Rows: means over tasks or directions. Full colour: all have p < 0.05" in text
    assert prediction_over_time.ALL_REGIONS


def test_the_caption_names_the_best_prediction_and_its_direction():
    text = prediction_over_time.caption(over_time("circular"), dataset_of("circular"))
    assert "LPFC: circular error across tasks 38 degrees at 0.15 s, significant in 1 of 3" in text
    assert "V4: not significantly better than chance across tasks in any bin." in text
    assert "smaller is better, chance 90 degrees" in text
    assert len(text.split()) <= 150


@pytest.mark.parametrize(("kind", "extreme"), [("circular", "lowest"), ("linear", "highest")])
def test_the_chart_names_the_best_values(kind, extreme):
    shown = Shown.of(dataset_of(kind))
    text = str(chart(as_course(over_time(kind)), shown))
    best = {"circular": "LPFC 38.0", "linear": "LPFC 0.60"}[kind]
    assert f"{extreme} values: " in text
    assert f"{best} at 0.15 s" in text


def test_methods_name_the_regression_and_no_class_or_overlap():
    text = methods("angles", dataset_of("circular"), "20 units")
    assert "the trial column direction, a circular variable," in text
    assert "ridge regression (alpha = 1, 10, 100, 1000, selected on training trials)." in text
    assert "P-values of circular error" in text
    for word in ("accuracy", "accuracies", "classes", "overlap"):
        assert word not in text
    assert np.all([task in text for task in TASKS])


def test_small_errors_across_times_have_the_colours_of_high_accuracies():
    dims = ("region", "train_task", "test_task", "train_time", "test_time")
    value = np.full((1, 2, 2, 3, 3), 90.0)
    value[..., 1:, 1:] = 30
    p = np.where(value < 90, 0.005, 1.0)
    predictions = xr.Dataset(
        {
            "value": (dims, value),
            "p_corrected": (dims, p),
            "p_corrected_worse": (dims, np.ones_like(p)),
        },
        coords={"region": ["LPFC"], "train_task": list(TASKS), "test_task": list(TASKS)}
        | {"train_time": list(TIMES), "test_time": list(TIMES)},
        attrs={"score": "circular_error", "unit": "degrees", "chance": 90.0},
    )
    figure = prediction_across_times.draw(predictions)
    panel, bar = figure.axes
    mesh = panel.collections[0]
    red, _, blue, _ = mesh.to_rgba(30.0)
    assert red > 2 * blue
    assert "90 chance" in [tick.get_text() for tick in bar.get_yticklabels()]
    assert bar.get_ylabel() == "circular error (degrees)"
    plt.close(figure)
    text = prediction_across_times.caption(predictions, dataset_of("circular"))
    assert "better than chance in 44 % of the pairs of times, worse in 0 %" in text


def test_the_answer_page_states_the_prediction_and_no_verdict(tmp_path):
    own = tmp_path / "angles"
    own.mkdir()
    write_csv(table_of("circular", ["late"], "window", "predictions"), own / "predictions.csv")
    write_csv(over_time("circular"), own / "prediction_over_time.csv")
    populations = {"region": ["LPFC"], "session": "monday", "n_units": 20, "n_trials": 40}
    limiting = {"limiting_session": "monday", "limiting_task": "attend", "limiting_class": "any"}
    write_csv(pd.DataFrame({**populations, **limiting}), own / "regions.csv")
    write_answer(
        datasets={"angles": dataset_of("circular")},
        entries=[],
        tables=[],
        configuration="",
        folder=tmp_path,
        page=tmp_path / "index.html",
        text=tmp_path / "methods.txt",
    )
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Can direction be decoded in attend and remember, by decoders that transfer" in page
    assert "In LPFC, direction is decoded: circular error 38 degrees within tasks" in page
    assert "Prediction over time" in page
    assert "at least 40 trials of each task in every session" in page
    assert "angles: Who W (2020). &lt;What&gt;. Where 1, 2. Licence: CC0-1.0." in page
    main = page[page.index("<main") : page.index('id="reproduce"')]
    for word in ("erdict", "accuracy", "class direction", "overlap"):
        assert word not in main
