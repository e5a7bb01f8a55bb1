"""What a reader of each figure must find in it, for every shape of data."""

from itertools import product
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from neuro_attn.configuration import Inference, NetworkTask, Timing
from neuro_attn.configuration.experiment import NetworkTiming
from neuro_attn.errors import InputError
from neuro_attn.escaping import rst
from neuro_attn.figures import (
    attention,
    attention_ablation,
    captioning,
    captioning_maps,
    color_planes,
    cross_temporal,
    curves,
    decoding_over_time,
    geometry,
    geometry_measures,
    geometry_over_time,
    learning,
    lesions,
    list_recall,
    many_regions,
    model_scores,
    onsets,
    region_rows,
    sequence_processing,
    shared_codes,
    signature_distances,
    signatures,
    style,
    time_matrices,
    timeline,
    transfer_matrix,
    transfer_over_time,
    trial_counts,
    unit_counts,
)
from neuro_attn.figures.over_time import accuracy_limits
from neuro_attn.results import read_csv, write_csv
from neuro_attn.results.model_scores import labels
from tests.durations import FIXED

FIXED_TIMING = NetworkTiming(**FIXED)


def words(figure) -> list[str]:
    """All text that stands in a figure."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text().strip()]


def says(figure, expected: str) -> bool:
    return any(expected in text for text in words(figure))


def panels(figure) -> list:
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def chance_lines(axes) -> list[float]:
    return [line.get_ydata()[0] for line in axes.lines if line.get_gid() == "chance"]


def rendered(figure):
    """Draw every artist: what is wrong shows only then, and warnings are errors."""
    with style.journal_style():
        figure.draw_without_rendering()
    return figure


def test_decoding_over_time_has_a_panel_for_each_region_with_means_and_windows(shape, make):
    table = make.transfer(shape)
    shown = decoding_over_time.Shown(label="side", event="cue", windows={"late": (0.3, 0.7)})
    figure = rendered(decoding_over_time.draw(table, shown))
    assert len(panels(figure)) == len(shape.regions)
    assert says(figure, "time from cue (s)")
    assert says(figure, "balanced accuracy\nof decoding side")
    assert says(figure, "n: 96 training trials, 92\N{EN DASH}96 test trials, 4 sessions")
    assert says(figure, "late")
    # Those of the first region: a mean within and one across tasks, of the rows of the table.
    region = style.ordered(shape.regions)[0]
    rows = table[(table["session"] == "all") & (table["region"] == region)]
    (axes, *_) = panels(figure)
    thick = [line for line in axes.lines if line.get_linewidth() == 1.4]
    for line, is_within in zip(thick, (True, False), strict=True):
        of_kind = rows[(rows["train_task"] == rows["test_task"]) == is_within]
        mean = of_kind.groupby("time")["accuracy"].mean()
        np.testing.assert_allclose(line.get_ydata(), mean)
    assert chance_lines(axes) == [pytest.approx(shape.chance)]


def test_the_band_is_at_least_as_wide_as_the_interval_of_the_mean():
    """SD of a mean <= mean of SDs, whatever the correlation, here of two directions."""
    rng = np.random.default_rng(0)
    for correlation in (-0.9, 0.0, 0.9):
        covariance = [[1.0, 2 * correlation], [2 * correlation, 4.0]]
        draws = rng.multivariate_normal([0, 0], covariance, size=4000)
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        columns = {"train_task": ["a", "b"], "test_task": ["b", "a"], "time": 0.0}
        numbers = {"accuracy": 0.0, "chance": 0.0, "p_corrected": 1.0}
        rows = pd.DataFrame({**columns, **numbers, "ci_low": low, "ci_high": high})
        (band,) = decoding_over_time.averaged(rows).to_dict("records")
        of_mean = np.quantile(draws.mean(axis=1), [0.025, 0.975])
        assert np.ptp(of_mean) <= 1.05 * (band["ci_high"] - band["ci_low"])


def test_transfer_over_time_says_what_it_shows(shape, make):
    figure = transfer_over_time.draw(make.transfer(shape), make.onsets(shape))
    rendered(figure)
    assert len(panels(figure)) == len(shape.regions) * len(shape.tasks)
    assert says(figure, "time from the task's event (s)")
    assert says(figure, "balanced accuracy")
    assert says(figure, "n: 96 training trials, 92\N{EN DASH}96 test trials, 4 sessions")
    assert says(figure, f"chance ({style.proportion(shape.chance)})")
    assert says(figure, "40 units")
    for axes in panels(figure):
        assert chance_lines(axes) == [pytest.approx(shape.chance)]


def significance_bars(figure) -> int:
    return sum(
        len(collection.get_paths())
        for axes in panels(figure)
        for collection in axes.collections
        if collection.get_gid() == "significant"
    )


def test_figures_over_time_mark_corrected_significance_bin_by_bin(make):
    table = make.transfer(make.shapes["one region"])
    shown = table[table["session"] == "all"]
    figure = rendered(transfer_over_time.draw(table))
    assert significance_bars(figure) == (shown["p_corrected"] < 0.05).sum()
    # Means are marked where all tasks, or all directions, are significant.
    within = shown["train_task"] == shown["test_task"]
    largest = shown.groupby([within, "time"])["p_corrected"].max()
    assert significance_bars(rendered(decoding_over_time.draw(table))) == (largest < 0.05).sum()
    uncorrected = table.assign(p_corrected=0.5, p_value=0.001)
    for each in (decoding_over_time, transfer_over_time):
        assert significance_bars(rendered(each.draw(uncorrected))) == 0


def test_a_p_that_equals_alpha_is_marked_in_no_figure(make):
    # The smallest p of 19 permutations is 0.05.
    shape = make.shapes["panichello"]
    transfer, summary = (
        each(shape).assign(p_corrected=0.05) for each in (make.transfer, make.summary)
    )
    cross = make.cross_temporal(shape)
    cross["p_corrected"][:] = cross["p_corrected_below"][:] = 0.05
    for over_time in (decoding_over_time, transfer_over_time):
        assert significance_bars(rendered(over_time.draw(transfer))) == 0
    assert not [text for text in words(transfer_matrix.draw(summary)) if text.endswith("*")]
    for axes in panels(rendered(cross_temporal.draw(cross))):
        assert not sum(len(c.get_segments()) for c in axes.findobj(LineCollection))
    caption = cross_temporal.caption(cross, Inference(alpha=0.05))
    assert "above chance in 0 % of the pairs of times, below in 0 %." in caption
    # A level above is reached by all.
    assert significance_bars(transfer_over_time.draw(transfer, alpha=0.051)) > 0
    lenient = decoding_over_time.Shown(alpha=0.051)
    assert significance_bars(decoding_over_time.draw(transfer, lenient)) > 0
    assert [text for text in words(transfer_matrix.draw(summary, 0.051)) if text.endswith("*")]
    for axes in panels(cross_temporal.draw(cross, 0.051)):
        assert sum(len(c.get_segments()) for c in axes.findobj(LineCollection))


def test_240_regions_are_rows_of_one_page_with_the_means_of_the_tables(make, monkeypatch):
    monkeypatch.setattr(region_rows, "BLOCK", 2)
    monkeypatch.setattr(many_regions, "MOST", 4)
    regions = ["V4", "b", "LPFC", "d", "e"]
    shape = make.atlas._replace(regions=dict.fromkeys(regions, (0.8, 0.3, 0.1)))
    table = make.transfer(shape)
    table = table[table["time"].between(-0.1, 0.3)]
    shown = decoding_over_time.Shown(windows={"early": (0.1, 0.2)})
    figure = rendered(decoding_over_time.draw(table, shown))
    axes = panels(figure)
    # Blocks of two regions, the figures' order, within and across tasks side by side.
    names = [[label.get_text() for label in each.get_yticklabels()] for each in axes]
    assert names == [["LPFC", "V4"], [], ["b", "d"], [], ["e"], []]
    assert says(figure, "bars above: early; pale: corrected p \N{GREATER-THAN OR EQUAL TO} 0.05")
    pooled = table[table["session"] == "all"]
    for kind, panel in zip(("within", "across"), axes[:2], strict=True):
        colors, paler = (mesh.get_array() for mesh in panel.collections[:2])
        for row, region in enumerate(["LPFC", "V4"]):
            means = decoding_over_time.averaged(pooled[pooled["region"] == region])
            means = means[means["kind"] == kind]
            np.testing.assert_allclose(colors[row], means["accuracy"])
            np.testing.assert_array_equal(~paler.mask[row], means["p_corrected"] >= 0.05)
    # Of 240 regions, three blocks of rows of 2.4 mm are less high than a page.
    monkeypatch.undo()
    rows = len(region_rows.blocks_of([str(number) for number in range(240)])[0])
    assert region_rows.EXTRA + region_rows.ROW * rows < 220


def test_drawing_time_does_not_grow_with_the_square_of_regions(make, monkeypatch):
    """Limits are common to all panels and computed once."""
    limits = Mock(wraps=accuracy_limits)
    monkeypatch.setattr("neuro_attn.figures.over_time.accuracy_limits", limits)
    decoding_over_time.draw(make.transfer(make.shapes["panichello"]))
    assert limits.call_count == 1


@pytest.mark.parametrize("over_time", [decoding_over_time, transfer_over_time])
def test_figures_over_time_draw_a_single_bin(make, over_time):
    table = make.transfer(make.shapes["one region"])
    rendered(over_time.draw(table[table["time"] == table["time"].max()]))


def test_figures_show_the_rows_of_all_sessions_together(make):
    table = make.transfer(make.shapes["one region"])
    with pytest.raises(InputError, match="no rows with session 'all' to draw"):
        decoding_over_time.draw(table[table["session"] == "s1"])


def test_transfer_matrix_writes_accuracies_and_stars(shape, make):
    table = make.summary(shape)
    figure = rendered(transfer_matrix.draw(table))
    assert len(panels(figure)) == len(shape.regions) * len(shape.windows)
    text = words(figure)
    for row in table.itertuples():
        star = "*" if row.p_corrected < 0.05 else ""
        assert style.proportion(row.accuracy) + star in text
    assert says(figure, f"{style.proportion(shape.chance)} chance")
    assert says(figure, "n: 96 training trials, 92 test trials, 4 sessions")
    assert says(figure, "trained on")
    assert says(figure, "tested on")


def test_transfer_matrix_labels_only_the_outer_panels(make):
    axes = panels(transfer_matrix.draw(make.summary(make.atlas)))
    assert sum(panel.get_xlabel() == "tested on" for panel in axes) == 5
    assert sum("trained on" in panel.get_ylabel() for panel in axes) == 6


def test_the_colours_of_accuracies_are_centred_on_chance(make):
    figure = transfer_matrix.draw(make.summary(make.shapes["one region"]))
    (image,) = panels(figure)[0].images
    assert image.norm(1 / 7) == pytest.approx(0.5)


def test_transfer_matrix_has_no_star_at_a_stricter_level(make):
    figure = transfer_matrix.draw(make.summary(make.shapes["panichello"]), alpha=0.001)
    assert not [text for text in words(figure) if text.endswith("*")]


def test_cross_temporal_says_what_it_shows(shape, make):
    figure = rendered(cross_temporal.draw(make.cross_temporal(shape)))
    assert len(panels(figure)) == len(shape.regions)
    assert says(figure, "training time (s)")
    assert says(figure, "test time (s); outlined: corrected p < 0.05")
    assert says(figure, "40 units")
    assert says(figure, f"{style.proportion(shape.chance)} chance")
    for task in shape.tasks:
        assert task in words(figure)


def test_cross_temporal_marks_the_event_in_both_directions_of_every_block(make):
    data = make.cross_temporal(make.shapes["panichello"])
    times = np.linspace(-0.1, 0.3, data.sizes["train_time"])
    figure = cross_temporal.draw(data.assign_coords(train_time=times, test_time=times))
    for axes in panels(rendered(figure)):
        events = [line.get_xydata() for line in axes.lines if line.get_gid() == "event"]
        assert len(events) == 2 * 2**2
        # Blocks of 0.4 s and one bin stand side by side, with a gap.
        step = (0.4 + times[1] - times[0]) * (1 + time_matrices.GAP)
        places = sorted(x if x == right else y for (x, y), (right, _) in events)
        assert places == pytest.approx(4 * [0] + 4 * [step])


def test_cross_temporal_names_tasks_where_a_time_stands_in_the_middle(make):
    data = make.cross_temporal(make.shapes["panichello"])
    times = np.linspace(0.01, 0.39, data.sizes["train_time"])  # edges 0 and 0.4 s, middle 0.2 s
    figure = cross_temporal.draw(data.assign_coords(train_time=times, test_time=times))
    rendered(figure)
    for axis in (panels(figure)[0].xaxis, panels(figure)[0].yaxis):
        names = [tick.label1.get_text() for tick in axis.get_minor_ticks()]
        assert sorted(names) == ["pro", "retro"]


def test_cross_temporal_outlines_whole_cells():
    mask = np.array([[0, 0, 0], [0, 1, 1], [0, 0, 0]], dtype=bool)
    edges = np.arange(4.0)
    lines = {tuple(map(tuple, line)) for line in time_matrices._outline(mask, edges, edges)}
    assert lines == {
        ((1.0, 1.0), (1.0, 2.0)),
        ((3.0, 1.0), (3.0, 2.0)),
        ((1.0, 1.0), (2.0, 1.0)),
        ((2.0, 1.0), (3.0, 1.0)),
        ((1.0, 2.0), (2.0, 2.0)),
        ((2.0, 2.0), (3.0, 2.0)),
    }


def test_cross_temporal_outlines_accuracy_below_chance_with_dotted_lines(make):
    data = make.cross_temporal(make.shapes["one region"])
    data["p_corrected"][:] = data["p_corrected_below"][:] = 1.0
    block = {"train_task": 0, "test_task": 0, "train_time": slice(2), "test_time": slice(4, 7)}
    data["p_corrected_below"][{"region": 0, **block}] = 0.01
    (axes,) = panels(rendered(cross_temporal.draw(data)))
    outlines = [lines for lines in axes.findobj(LineCollection) if lines.get_segments()]
    patterns = [pattern for lines in outlines for _, pattern in lines.get_linestyle()]
    # A block of 2 x 3 cells.
    assert sum(len(lines.get_segments()) for lines in outlines) == 10
    assert patterns
    assert None not in patterns
    n_times = data.sizes["train_time"] ** 2
    caption = cross_temporal.caption(data, Inference())
    assert f"below in {100 * 6 / n_times:.0f} %." in caption
    assert "dotted outlines accuracy below chance (a reversed code)" in caption


def test_cross_temporal_draws_what_is_nowhere_significant(make):
    data = make.cross_temporal(make.shapes["one region"])
    data["p_corrected"][:] = 1.0
    rendered(cross_temporal.draw(data.drop_vars("n_units")))


def test_unit_counts_name_every_region_beside_its_curves(shape, make):
    table = make.unit_counts(shape)
    figure = rendered(unit_counts.draw(table))
    together = len(shape.regions) <= curves.MOST_TOGETHER
    n_groups = len(shape.tasks) ** 2 if together else len(shape.regions)
    assert len(panels(figure)) == n_groups * len(shape.windows)
    for region in shape.regions:
        assert words(figure).count(region) == (len(panels(figure)) if together else 1)
    for axes in panels(figure):
        assert chance_lines(axes) == [pytest.approx(shape.chance)]
    assert says(figure, "units in a draw (n;")
    assert says(figure, f"chance, {style.proportion(shape.chance)}")


def test_one_draw_has_no_spread(make):
    table = make.unit_counts(make.shapes["one region"]).assign(sd=np.nan)
    rendered(unit_counts.draw(table))
    assert "(SD" not in unit_counts.caption(table)
    assert "nan" not in unit_counts.caption(table)


def test_many_regions_have_a_panel_each_with_a_curve_for_each_pair_of_tasks(make):
    figure = rendered(unit_counts.draw(make.unit_counts(make.atlas)))
    colors = list(style.task_colors(make.atlas.tasks).values())
    for axes in panels(figure):
        curves = [bar.lines[0] for bar in axes.containers]
        looks = [(curve.get_color(), curve.is_dashed()) for curve in curves]
        assert looks == [
            (colors[0], False), (colors[1], True), (colors[0], True), (colors[1], False)
        ]  # fmt: skip
    assert says(figure, "across tasks")


@pytest.mark.slow
def test_many_regions_and_tasks_have_a_row_for_each_trained_task_and_window(make):
    shape = make.atlas._replace(tasks=("upper", "middle", "lower"), windows=("early", "late"))
    figure = rendered(unit_counts.draw(make.unit_counts(shape)))
    assert len(panels(figure)) == 27 * 6
    assert {len(axes.containers) for axes in panels(figure)} == {3}


def test_curves_of_trials_go_on_to_all_and_show_the_matched_number_open(shape, make):
    table = make.trial_counts(shape)
    figure = rendered(trial_counts.draw(table))
    assert says(figure, "training trials of a class in a fold (n;")
    assert says(figure, "open: matched over tasks")
    for axes in panels(figure):
        curves_drawn = [bar.lines[0] for bar in axes.containers]
        opened = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
        assert len(opened) == len(curves_drawn)
        for curve, at in zip(curves_drawn, opened, strict=True):
            (size,) = at.get_xdata()
            assert size in curve.get_xdata()
            assert size <= curve.get_xdata().max() == curve.get_xdata()[-1]
        assert set(axes.get_xticks()) <= {5, 10, 20, 40}


def test_the_caption_names_what_limits_the_training_trials_and_what_matching_costs(make):
    shape = make.shapes["panichello"]
    table, regions = make.trial_counts(shape), make.regions(shape)
    regions.loc[1, ["n_trials", "limiting_session"]] = [17, "the poor one"]
    caption = trial_counts.caption(table, regions)
    assert "Session the poor one has the fewest trials of a class: 17 of task retro" in caption
    # The tasks that gain most from all of their trials.
    assert caption.count("with 30 trials of a class") == caption.count("with all 60.") == 2


@pytest.mark.parametrize("n_regions", [4, 27])
def test_ticks_of_unit_counts_are_counts_that_many_regions_have(n_regions, make):
    regions = dict(list(make.atlas.regions.items())[:n_regions])
    table = make.unit_counts(make.atlas._replace(regions=regions))
    odd = table["n_units"].eq(80) & table["region"].isin(["CA1", "CA3"])
    table.loc[odd, "n_units"] = 79  # all that these regions have
    for axes in panels(unit_counts.draw(table)):
        ticks = axes.get_xticks()
        assert 79 not in ticks
        assert set(ticks) <= {5, 10, 20, 40, 80, 160, 320}


def test_the_number_of_units_that_all_regions_have_has_a_tick(make):
    table = make.unit_counts(make.shapes["panichello"])
    table = table[table["n_units"] <= 40]
    assert {tuple(axes.get_xticks()) for axes in panels(unit_counts.draw(table))} == {
        (5, 10, 20, 40)
    }


def test_panels_of_main_measures_are_in_the_order_of_tasks_in_the_table(make):
    table = make.geometry(make.shapes["panichello"])
    table = table.replace({"measure": {"plane_angle_cos": "plane_cosine"}})
    first = table.iloc[:1].assign(measure="another", task="retro")
    for order in (["pro", "retro"], ["retro", "pro"]):
        tasks = first if order[0] == "retro" else first.iloc[:0]
        figure = geometry.draw(pd.concat([tasks, table]))
        titles = [axes.get_title(loc="left") for axes in panels(figure)]
        assert [title for title in titles if " vs " not in title] == order


def atlas_figures(make) -> dict:
    shape = make.atlas
    return {
        "decoding_over_time": decoding_over_time.draw(make.transfer(shape)),
        "transfer_over_time": transfer_over_time.draw(make.transfer(shape), make.onsets(shape)),
        "transfer_matrix": transfer_matrix.draw(make.summary(shape)),
        "cross_temporal": cross_temporal.draw(make.cross_temporal(shape)),
        "unit_counts": unit_counts.draw(make.unit_counts(shape)),
        "trial_counts": trial_counts.draw(make.trial_counts(shape)),
        "geometry": geometry.draw(make.geometry(shape)),
        "geometry_measures": geometry_measures.draw(make.geometry(shape)),
        "onsets": onsets.draw(make.onsets(shape)),
        "signature_distances": signature_distances.draw(*make.compared(shape)),
    }


def ticks_out_of_view(figure) -> set[Text]:
    """Labels of ticks beyond an axis' limits, which matplotlib keeps but does not draw."""
    return {
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }


@pytest.mark.slow
def test_no_text_leaves_the_canvas_of_27_regions(make):
    for name, figure in atlas_figures(make).items():
        rendered(figure)
        renderer = FigureCanvasAgg(figure).get_renderer()
        unseen = ticks_out_of_view(figure)
        for text in figure.findobj(Text):
            if text in unseen or not (text.get_text().strip() and text.get_visible()):
                continue
            box = text.get_window_extent(renderer)
            assert box.x0 > -1, (name, text)
            assert box.y0 > -1, (name, text)
            assert box.x1 < figure.bbox.x1 + 1, (name, text)
            assert box.y1 < figure.bbox.y1 + 1, (name, text)


def test_attention_marks_the_epochs_of_each_task(make):
    figure = rendered(attention.draw(make.attention(), FIXED_TIMING))
    pro, _ = panels(figure)
    marks = sorted({line.get_xdata()[0] for line in pro.lines} - {0})
    assert marks == pytest.approx([0.4, 0.8, 1.0, 1.8])
    assert says(figure, "time from trial start (s)")
    assert says(figure, "time of attended input (s)")
    assert says(figure, "n = 30 trials")
    assert words(figure).count("items") == 4


def test_attention_of_a_task_that_starts_later_is_marked_later(make):
    short = FIXED_TIMING.pro.model_copy(update={"memory_delay": (0.5, 0.9)})
    timing = FIXED_TIMING.model_copy(update={"pro": short})
    pro, retro = panels(rendered(attention.draw(make.attention(), timing)))
    # Its mean delay is 1 s shorter, and its report starts with the others'.
    first = [min({line.get_xdata()[0] for line in axes.lines} - {0}) for axes in (pro, retro)]
    assert first == pytest.approx([1.4, 1.0])


def test_attention_to_something_else_than_steps_is_drawn_by_its_number(make):
    data = make.attention().isel(unit=slice(6))
    data = data.assign_coords(unit_time_s=("unit", np.full(6, np.nan)))
    # Two heads that look at three patches are averaged.
    data = data.assign_coords(unit_source=("unit", [0, 1, 2, 0, 1, 2]))
    figure = rendered(attention.draw(data.assign_attrs(attended="patch"), FIXED_TIMING))
    assert says(figure, "attended patch")
    assert words(figure).count("items") == 2
    [mesh] = panels(figure)[0].collections
    pro = data["rates"].values[data["task"].values == "pro"].mean(axis=0)
    np.testing.assert_allclose(mesh.get_array().reshape(3, -1), (pro[:3] + pro[3:]) / 2, rtol=1e-5)


def test_attention_draws_tasks_without_known_epochs(make):
    data = make.attention().assign_coords(task=("trial", np.repeat(["a", "b", "c", "d"], 15)))
    figure = rendered(attention.draw(data, FIXED_TIMING))
    assert len(panels(figure)) == 4
    assert not says(figure, "items")


def test_attention_marks_the_epochs_of_a_task_of_the_user(make):
    epochs = [
        {"name": "two", "duration": [0.5, 0.5], "show": ["items"]},
        {"name": "wait", "duration": [0.5, 1.0]},
        {"name": "arrow", "duration": [0.3, 0.3], "show": ["cue"]},
        {"name": "report", "duration": [0.5, 0.5]},
    ]
    task = NetworkTask(items=["left", "right"], trials={"retro": {"epochs": epochs}})
    axes = panels(rendered(attention.draw(make.attention(), task)))
    edges = [x[0] for x in (line.get_xdata() for line in axes[1].lines) if x[0] == x[1]]
    np.testing.assert_allclose(edges, [1.95, 2.45, 3.2, 3.5], atol=1e-6)
    assert not axes[0].lines  # of another trial type


def test_learning_writes_the_last_errors_and_guessing(make):
    log = make.log()
    figure = rendered(learning.draw(log))
    of_last = (log["network"] == "bahdanau") & (log["step"] == log["step"].max())
    last = log[of_last & (log["task"] == "retro")]
    assert says(figure, f"retro {last['report_error'].mean():.0f}°")
    assert says(figure, "report error (degrees)")
    assert says(figure, "n = 3 seeds")
    assert says(figure, "chance")
    for axes in panels(figure):
        assert axes.get_yscale() == "log"


def test_learning_wraps_many_networks_and_long_names(make):
    names = [f"differentiable-neural-computer-{i}" for i in range(9)]
    assert len(panels(rendered(learning.draw(make.log(tuple(names)))))) == 9


LOCATED = {
    "two": {"seq2seq": ("encoder", "decoder"), "bahdanau": ("encoder", "decoder", "context")},
    "many": {
        f"cut-differentiable-neural-computer-{i}": (*(f"head{n}" for n in range(i % 5)), "all")
        for i in range(16)
    },
}


@pytest.mark.parametrize("networks", LOCATED.values(), ids=LOCATED)
def test_attention_ablation_has_the_change_of_the_mean_and_of_all_seeds_in_every_row(
    networks, make
):
    table = make.located(networks)
    figure = rendered(attention_ablation.draw(table))
    n_populations = sum(map(len, networks.values()))
    means = []
    for axes, n_rows in zip(panels(figure), (n_populations, 2 * len(networks)), strict=True):
        seeds = [line for line in axes.lines if line.get_gid() == "seeds"]
        assert len(seeds) == n_rows
        assert {len(line.get_xdata()) for line in seeds} == {3}
        assert len(axes.get_yticks()) == n_rows
        means += [line.get_xdata() for line in axes.lines if line.get_gid() == "mean"]
    for network in networks:
        assert words(figure).count(network) == 1
    of_row = table.groupby(["network", "population", "measure"], sort=False)[["intact", "cut"]]
    change = of_row.mean().diff(axis=1)["cut"]
    assert np.allclose(sorted(end for _, end in means), sorted(change))
    assert {start for start, _ in means} == {0}
    assert says(figure, "mean of 3 seeds")
    assert says(figure, "attention to the items blocked, minus intact")


def test_no_two_rows_of_attention_ablation_are_in_one_place(make):
    figure = rendered(attention_ablation.draw(make.located(LOCATED["many"])))
    for axes in panels(figure):
        places = axes.get_yticks()
        assert len(set(places)) == len(places)
        assert np.ptp(places) < max(axes.get_ylim())


@pytest.mark.parametrize("lengths", [(4, 8, 16, 24), (6,)])
def test_list_recall_draws_every_seed_beside_chance(lengths, make):
    table = make.list_recall(lengths)
    figure = rendered(list_recall.draw(table))
    [axes] = panels(figure)
    assert chance_lines(axes) == [1 / 8]
    seeds = np.concatenate([line.get_ydata() for line in axes.lines if line.get_gid() == "seeds"])
    assert sorted(seeds) == sorted(table["token_accuracy"])
    for text in ("seq2seq", "bahdanau", "chance, 0.125", "n = 3 seeds, 500 held-out lists"):
        assert says(figure, text)


def test_sequence_processing_draws_zero_gradients_and_every_seed(make):
    answers, costs = make.sequence_processing()
    figure = rendered(sequence_processing.draw(answers, costs))
    lines = [line for axes in panels(figure) for line in axes.lines]
    zeros = np.concatenate([line.get_xdata() for line in lines if line.get_gid() == "zero"])
    assert list(zeros) == [64, 255]
    seeds = [line for line in lines if line.get_gid() == "seeds"]
    # Distances of the longest sequences, lengths, and delays in sequences of 64 steps.
    assert sorted(len(line.get_xdata()) for line in seeds) == [9] * 4 + [15] * 2
    symmetry = [line.get_xdata() for line in lines if line.get_gid() == "equivariance"]
    assert sorted(np.concatenate(symmetry)) == [1e-7] * 6 + [1.0] * 6  # of two lengths
    for family in answers["family"].unique():
        assert says(figure, family)
        assert rst(family) in sequence_processing.caption(answers, costs)
    assert says(figure, "n = 3 seeds")


def test_captioning_draws_every_seed_over_all_images(make):
    table = make.captioning()
    figure = rendered(captioning.draw(table))
    assert chance_lines(panels(figure)[1]) == [1 / 9]
    rows = table[(table["family"] == "soft") & (table["seed"] == 2)]
    drawn = [
        np.concatenate([line.get_ydata() for line in axes.lines if line.get_gid() == "seeds"])
        for axes in panels(figure)
    ]
    assert [len(each) for each in drawn] == [6, 6, 6]
    assert np.isclose(drawn[0], rows["exact_match"].mean()).any()
    # Words that follow moved attention: none with one object, one of three with two.
    assert np.allclose(drawn[2], [0.1] * 3 + [0.3] * 3)
    for text in ("soft", "n = 3 seeds, 600 images that are held out"):
        assert says(figure, text)


def test_maps_of_captions_outline_the_named_object(make):
    maps, images = make.caption_maps()
    figure = rendered(captioning_maps.draw(maps, images))
    for k, axes in enumerate(axes for axes in panels(figure) if axes.patches):
        (outline,) = axes.patches
        column, row = np.add(outline.get_xy(), 0.5)
        drawn = axes.images[0].get_array()
        assert (row, column) == (k % 2, k % 2) == np.unravel_index(drawn.argmax(), drawn.shape)
    assert k == 3
    assert "weight on the named object, red 0.60, circle 0.60." in captioning_maps.caption(maps)


def test_signature_distances_show_the_verdicts_and_ring_the_region_that_is_named(shape, make):
    table, fit, nearest = make.compared(shape)
    figure = rendered(signature_distances.draw(table, fit, nearest))
    lines = [line for axes in panels(figure) for line in axes.lines]
    of_encoders = table[table["trained"] & (table["population"] == "encoder")]
    named = of_encoders[of_encoders["region"] == next(iter(shape.regions))]
    rings = [line.get_xdata()[0] for line in lines if line.get_markersize() == 7.5]
    assert sorted(rings) == pytest.approx(sorted(named["distance"]))
    trained = fit[fit["trained"]]["verdict"].value_counts()
    for verdict, marker in signature_distances.MARKERS.items():
        color = signature_distances.COLORS[verdict]
        found = [
            line
            for line in lines
            if line.get_marker() == marker and line.get_markerfacecolor() == color
        ]
        assert len(found) == trained.get(verdict, 0)
        assert says(figure, verdict)
    assert says(figure, "distance of signatures (bootstrap SDs)")
    assert says(figure, "ceiling to floor")


def test_signature_distances_draws_networks_without_an_untrained_twin(make):
    table, fit, nearest = make.compared(make.shapes["panichello"])
    trained = table[table["trained"]].assign(floor=np.nan)
    rendered(signature_distances.draw(trained, fit, nearest))


def test_model_scores_show_every_seed_mean_ceiling_and_floor(shape, make):
    table = make.model_scores(shape)
    trained = table[table["trained"]]
    figure = rendered(model_scores.draw(table))
    assert len(panels(figure)) == len(trained[["region", "score"]].drop_duplicates())
    lines = [line for axes in panels(figure) for line in axes.lines]
    seeds = np.concatenate([line.get_xdata() for line in lines if line.get_markersize() == 2.6])
    assert sorted(seeds) == pytest.approx(sorted(trained["value"]))
    keys = ["network", "population", "region", "score"]
    for column, color in (("value", style.INK), ("ceiling", style.ACCENT), ("floor", style.GREY)):
        means = trained.groupby(keys)[column].mean()
        found = [line.get_xdata()[0] for line in lines if line.get_color() == color]
        assert sorted(found) == pytest.approx(sorted(means)), column
    for text in ("predicts\nregion", "debiased\nCKA", "bahdanau, context", "ceiling"):
        assert says(figure, text)


def test_the_caption_of_model_scores_begins_with_the_best_prediction(make):
    table = make.model_scores(make.shapes["panichello"])
    best = (table["network"] == "seq2seq") & table["trained"] & (table["region"] == "V4")
    table.loc[best & (table["score"] == "linear_predictivity"), "value"] = 0.6
    table["ceiling"] = 0.8
    caption = model_scores.caption(table)
    assert caption.startswith("seq2seq, encoder predicts V4 with r = 0.60, 75 % of its ceiling")
    assert len(caption.split()) <= 120
    without = model_scores.caption(table[table["trained"]].assign(floor=np.nan))
    assert "untrained 0" not in without
    assert says(rendered(model_scores.draw(table[:0])), "no network population is compared")


def test_lesions_show_every_unit_and_the_intact_network():
    rows = [
        ("net", lesion, where, number, "trial", task, seed, 5.0 + 10 * (lesion != "nothing") + seed)
        for lesion, where, numbers in (
            ("nothing", "", [np.nan]),
            ("unit", "hidden", range(4)),
            ("head", "layer heads", range(2)),
            ("population", "hidden", [np.nan]),
        )
        for number in numbers
        for task in ("pro", "retro")
        for seed in range(2)
    ]
    names = ["network", "lesion", "population", "number", "period", "task", "seed", "report_error"]
    table = pd.DataFrame(rows, columns=names)
    in_delay = table.assign(period="delay before the report", report_error=80.0)
    table = pd.concat([table, in_delay[in_delay["lesion"] == "population"]])
    figure = rendered(lesions.draw(table))
    lines = [line for axes in panels(figure) for line in axes.lines]
    sizes = {kind: look["markersize"] for kind, look in lesions.LOOKS.items()}
    found = {
        kind: sum(len(line.get_xdata()) for line in lines if line.get_markersize() == size)
        for kind, size in sizes.items()
    }
    assert found["unit"] == 8
    assert found["head"] == 4
    (intact,) = [line for line in lines if line.get_marker() == "x"]
    assert intact.get_xydata().tolist() == [[5.5, 5.5]]
    assert says(figure, "report error, retro (degrees)")
    caption = lesions.caption(table)
    assert caption.startswith("net, pro: the most important unit raises the report error from 6")
    assert len(caption.split()) <= 120
    one = table[table["task"] == "pro"]
    assert says(rendered(lesions.draw(one)), "lesions are drawn for networks with two tasks")


def test_geometry_shows_every_measure_with_ceiling_and_floor(shape, make):
    table = make.geometry(shape)
    figure = rendered(geometry_measures.draw(table))
    assert len(panels(figure)) == len(table[["measure", "task"]].drop_duplicates())
    assert says(figure, "|cos| of the angle of colour planes")
    main = table[table["measure"].isin(geometry.MEASURES)]
    figure = rendered(geometry.draw(table))
    assert len(panels(figure)) == len(main[["measure", "task"]].drop_duplicates())
    assert not says(figure, "|cos| of the angle of colour planes")
    assert says(figure, "floor to ceiling")
    assert says(figure, "95% intervals")


def test_geometry_draws_what_is_undefined_in_some_regions(make):
    table = make.geometry(make.shapes["panichello"])
    table.loc[table["region"] == "V4", ["value", "ci_low", "ci_high", "ceiling"]] = np.nan
    rendered(geometry.draw(table[table["region"] != "FEF"]))


def test_geometry_over_time_has_a_panel_for_every_measure_and_task(shape, make):
    table = make.geometry_over_time(shape)
    figure = rendered(geometry_over_time.draw(table))
    assert len(panels(figure)) == len(table[["measure", "task"]].drop_duplicates())
    for region in shape.regions:
        assert says(figure, region)


def test_geometry_over_time_says_where_nothing_is_defined(make):
    table = make.geometry_over_time(make.shapes["panichello"])
    figure = rendered(geometry_over_time.draw(table[:0]))
    assert says(figure, "no measure at any time")


def test_color_planes_has_a_panel_for_every_region_task_and_window(make):
    shape = make.shapes["panichello"]
    table = make.color_planes(shape)
    figure = rendered(color_planes.draw(table, make.geometry(shape)))
    drawn = table[["region", "task", "window"]].drop_duplicates()
    assert len(figure.axes) == len(drawn)
    assert says(figure, "upper item")
    assert says(figure, "|cos|")


@pytest.mark.parametrize(("angle", "share"), [(0, 1), (60, 0.5), (90, 0)])
def test_the_plane_of_the_second_item_narrows_to_a_line_as_it_turns_away(angle, share):
    """Its area in the figure is the absolute cosine of the angle between the planes."""
    colors = np.arange(4) * np.pi / 2
    first = np.stack([np.cos(colors), np.sin(colors), 0 * colors], axis=1)
    turned = np.deg2rad(angle)
    depth = first[:, 1:2] * [0, np.cos(turned), np.sin(turned)]
    second = 3 + first * [1, 0, 0] + depth
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    table = pd.DataFrame({"location": ["upper"] * 4 + ["lower"] * 4, "bin": [*range(4)] * 2})
    table["color"] = np.tile(colors, 2)
    table[["pc1", "pc2", "pc3"]] = np.concatenate([first, second]) @ rotation
    flat = color_planes.flattened(table)
    assert np.allclose(flat[:4], first[:, :2])  # colours are at their angles
    x, y = flat[4:].T
    area = abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2
    assert area == pytest.approx(2 * share, abs=1e-9)


def test_networks_and_many_regions_are_cells_of_heat_maps(make, monkeypatch):
    monkeypatch.setattr(many_regions, "MOST", 2)
    shape = make.shapes["panichello"]
    regions = style.ordered(shape.regions)
    distances, fit, nearest = make.compared(shape)
    axes, bar = rendered(signature_distances.draw(distances, fit, nearest)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == regions
    names = [label.get_text() for label in axes.get_xticklabels()]
    trained = distances[distances["trained"]].set_index(["network", "population", "region"])
    cells = axes.collections[0].get_array()
    for (row, region), (column, name) in product(enumerate(regions), enumerate(names)):
        assert cells[row, column] == trained["distance"][(*name.split(", "), region)]
    # Encoders and contexts are compatible with the first region of the shape.
    (dots,) = (line for line in axes.lines if line.get_gid() == "marked")
    assert {regions[int(y)] for y in dots.get_ydata()} == {next(iter(shape.regions))}
    marked = {names[int(x)] for x in dots.get_xdata()}
    assert marked == {name for name in names if not name.endswith("decoder")}
    assert bar.get_ylabel().startswith("distance of signatures")
    scores = make.model_scores(shape)
    *panels_of_scores, _ = rendered(model_scores.draw(scores)).axes
    means = scores[scores["trained"]].groupby(["score", "region"])["value"].mean()
    for panel, (score, title) in zip(panels_of_scores, labels().items(), strict=True):
        assert panel.get_title(loc="left") == title
        cells = panel.collections[0].get_array().mean(axis=1)
        np.testing.assert_allclose(cells, means[score].loc[regions])
    nearest = nearest.assign(possible="", untrained_as_near=False)
    for text in (signature_distances.caption(nearest, True), model_scores.caption(scores)):
        assert "Colours" in text
        assert len(text.split()) <= 120


def test_signatures_name_every_region_and_network(shape, make):
    figure = rendered(signatures.draw(*make.signatures(shape)))
    for region in shape.regions:
        assert says(figure, region)
    assert says(figure, "a, decoder (untrained)")
    assert says(figure, "bootstrap SDs")
    assert says(figure, "colour information")
    assert says(figure, "cosine or index")


def test_d_prime_of_signatures_is_coloured_around_chance(shape, make):
    figure = rendered(signatures.draw(*make.signatures(shape)))
    (heat_map, *_) = [image for axes in panels(figure) for image in axes.images]
    low, high = heat_map.get_clim()
    assert low == -high < 0
    assert heat_map.get_cmap().name == style.DIVERGING


def test_names_on_the_map_of_signatures_hide_neither_points_nor_each_other(shape, make):
    figure = rendered(signatures.draw(*make.signatures(shape)))
    axes = next(axes for axes in panels(figure) if axes.get_xlabel().startswith("PC 1"))
    names = [text.get_window_extent() for text in axes.texts]
    points = [axes.transData.transform(line.get_xydata()[0]) for line in axes.lines]
    assert len(names) >= len(shape.regions)
    for number, name in enumerate(names):
        assert not any(name.contains(*point) for point in points)
        assert not any(name.shrunk(0.9, 0.9).overlaps(other) for other in names[:number])
        # Names do not hide the labels of the axis.
        assert name.x0 > axes.bbox.x0


def test_signatures_are_those_matched_to_the_nearest_region(make):
    table, distances, _, networks = make.signatures(make.shapes["panichello"])
    first, second, *_ = dict.fromkeys(distances["region"])
    is_far = (distances["network"] == "a") & (distances["population"] == "decoder")
    distances.loc[is_far & (distances["region"] == second), "distance"] = 1.0
    drawn = signatures.shown(table, distances, networks)
    matched = drawn.groupby(["dataset", "region"])["matched_to"].unique()
    assert list(matched["network-a", "encoder"]) == [first]
    assert list(matched["network-a", "decoder"]) == [second]
    assert set(drawn.loc[drawn["dataset"] == "brain", "matched_to"]) == {""}


def test_signatures_of_many_networks_are_those_of_the_trained_ones(make):
    table, distances, brain, networks = make.signatures(make.shapes["panichello"])
    copies = [
        (
            table[table["dataset"] != brain].replace(
                {name: f"{name}-{number}" for name in networks}
            ),
            distances.replace({"network": {"a": f"a-{number}"}}),
        )
        for number in range(11)
    ]
    many = {
        f"{n}-{i}": (f"a-{i}", trained) for n, (_, trained) in networks.items() for i in range(11)
    }
    figure = rendered(
        signatures.draw(
            pd.concat([table[table["dataset"] == brain], *(one for one, _ in copies)]),
            pd.concat([one for _, one in copies]),
            brain,
            many,
        )
    )
    assert says(figure, "a-10, decoder")
    assert not says(figure, "untrained")


@pytest.mark.parametrize("few", ["regions", "features"])
def test_signatures_of_one_region_or_one_feature_have_a_map_of_one_component(make, few):
    """No network has a signature where no region has a code; one task and window are a feature."""
    table, distances, brain, networks = make.signatures(make.shapes["panichello"])
    if few == "regions":
        first = table[table["dataset"] == brain]["region"].iloc[0]
        table, distances = table[table["region"] == first], distances[:0]
    else:
        table = table[table["feature"] == table["feature"].iloc[0]]
    figure = rendered(signatures.draw(table, distances, brain, networks))
    assert says(figure, "PC 2 (0%), bootstrap SDs")


def test_geometry_over_time_shows_many_regions_as_rows(make):
    one = make.geometry_over_time(make.shapes["panichello"])
    one = one[one["region"] == one["region"].iloc[0]]
    names = [f"area {number}" for number in range(12)]
    table = pd.concat([one.assign(region=name) for name in names], ignore_index=True)
    figure = rendered(geometry_over_time.draw(table))
    for name in names:
        assert says(figure, name)
    assert says(figure, "dots: 95% intervals exclude 0")


def test_bins_without_a_value_break_the_line_of_a_region(make):
    table = make.geometry_over_time(make.shapes["panichello"])
    region = table["region"].iloc[0]
    kept = (table["region"] != region) | np.isclose(table["time"] % 0.4, 0)
    figure = rendered(geometry_over_time.draw(table[kept]))
    (axes, *_) = panels(figure)
    courses = [len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"]
    assert courses.count(1) == 2


def test_onsets_shows_onsets_and_their_differences(shape, make):
    table = make.onsets(shape)
    figure = rendered(onsets.draw(table))
    assert says(figure, "95% intervals")
    assert says(figure, "earlier \N{MINUS SIGN} later") == (len(shape.regions) > 1)


def test_differences_of_onsets_are_those_of_the_earlier_minus_the_later_region(make):
    table = make.onsets(make.shapes["panichello"])
    planted = {"LPFC": 0.175, "V4": 0.335}
    figure = rendered(onsets.draw(table, planted=planted))
    assert says(figure, "LPFC \N{MINUS SIGN} FEF")
    assert not says(figure, "FEF \N{MINUS SIGN} LPFC")
    (first, *_) = panels(figure)
    marks = [line.get_xdata()[0] for line in first.lines if np.ptp(line.get_ydata()) > 0]
    assert sorted(mark for mark in marks if mark == mark) == sorted(planted.values())


def test_onsets_says_where_none_was_found(make):
    table = make.onsets(make.shapes["panichello"])
    figure = rendered(onsets.draw(table.dropna(subset="onset_s")))
    assert says(figure, "none found")


def test_onsets_cautions_where_no_shape_fits_the_rise(make):
    table = make.onsets(make.shapes["panichello"])
    inference = Inference()
    assert not says(onsets.draw(table), "poor fit")
    assert "no shape fits" not in onsets.caption(table, inference)
    row = table.index[table["onset_s"].notna() & (table["compared_with"] == "")][1]
    table.loc[row, "fit_p_value"] = 0.01
    assert says(rendered(onsets.draw(table)), "poor fit")
    region, train, test = table.loc[row, ["region", "train_task", "test_task"]]
    caution = f"Caution: no shape fits the rise in {region}, {train} \N{RIGHTWARDS ARROW} {test}."
    assert caution in onsets.caption(table, inference)


def test_onsets_distinguishes_onsets_from_shapes_in_its_caption(make):
    table = make.onsets(make.shapes["panichello"])
    compared = table.index[table["compared_with"] != ""]
    table.loc[compared, "difference"] = "none"
    table.loc[compared[0], "difference"] = "onset"
    table.loc[compared[1], "difference"] = "onset or shape"
    caption = onsets.caption(table, Inference())
    assert caption.count("; onsets differ.") == 1
    assert caption.count("; onsets or shapes differ.") == 1
    assert "no difference shown" not in caption
    table.loc[compared, "difference"] = "none"
    assert "No difference between regions is shown." in onsets.caption(table, Inference())


def test_of_too_many_differences_onsets_shows_the_clear_ones(make):
    table = make.onsets(make.atlas)
    plain = table[(table["compared_with"] == "") & table["onset_s"].notna()]
    both = plain.merge(plain, on=["train_task", "test_task"], suffixes=("", "_other"))
    both = both[both["region"] != both["region_other"]]
    change = both["onset_s"] - both["onset_s_other"]
    different = both[["region", "train_task", "test_task"]].assign(
        compared_with=both["region_other"],
        onset_s=change,
        ci_low=change - 0.11,
        ci_high=change + 0.11,
        latency_s=change,
        latency_ci_low=change - 0.05,
        latency_ci_high=change + 0.05,
    )
    figure = rendered(onsets.draw(pd.concat([plain, different])))
    n_clear = (change.abs() > 0.11).sum()
    assert 0 < n_clear < len(different)
    assert says(figure, f"{n_clear} of {len(different)}, whose interval excludes 0")
    assert not says(figure, "CA1 \N{MINUS SIGN} CA3")


def test_onsets_reads_an_empty_comparison_from_csv(make, tmp_path):
    table = make.onsets(make.shapes["panichello"])
    write_csv(table, tmp_path / "onsets.csv")
    read = read_csv(tmp_path / "onsets.csv")
    assert words(onsets.draw(read)) == words(onsets.draw(table))


def test_long_names_of_regions_leave_room_for_the_data(make):
    shape = make.long_names
    for figure in (
        decoding_over_time.draw(make.transfer(shape)),
        transfer_over_time.draw(make.transfer(shape), make.onsets(shape)),
        transfer_matrix.draw(make.summary(shape)),
        cross_temporal.draw(make.cross_temporal(shape)),
        unit_counts.draw(make.unit_counts(shape)),
        trial_counts.draw(make.trial_counts(shape)),
        signature_distances.draw(*make.compared(shape)),
        geometry.draw(make.geometry(shape)),
        onsets.draw(make.onsets(shape)),
    ):
        rendered(figure)
        width, height = figure.get_size_inches() * 25.4
        for axes in panels(figure):
            frame = axes.get_position()
            assert frame.width * width > 18  # mm
            assert frame.height * height > 12
        assert any("dorsal anterior" in text for text in words(figure))


@pytest.mark.parametrize("timing", [Timing(), FIXED_TIMING])
def test_timeline_names_and_times_every_epoch(timing):
    figure = rendered(timeline.draw(timing))
    for task in ("pro", "retro"):
        for epoch, (shortest, _) in getattr(timing, task).model_dump().items():
            assert epoch.replace("_", " ") in words(figure)
            assert says(figure, f"{1000 * shortest:.0f}")
    assert says(figure, "hatched") == (timing == Timing())


def test_the_items_have_colours_of_the_experiment(lab):
    for angle in np.linspace(0, 2 * np.pi, 64, endpoint=False):
        color = timeline.item_color(angle)
        assert min(color) >= 0
        assert max(color) <= 1
        if min(color) > 0.001 and max(color) < 0.999:  # others lie outside sRGB and are clipped
            on_circle = [60, 6 + 57 * np.cos(angle), 14 + 57 * np.sin(angle)]
            np.testing.assert_allclose(lab(color), on_circle, atol=0.2)


def test_ticks_of_proportions_go_up_to_one_and_no_further():
    axes = Figure().subplots()
    style.proportion_ticks(axes)
    write = axes.yaxis.get_major_formatter()
    above = 1 + 1e-15  # as sums of steps are
    assert [write(value) for value in (0, 0.25, 1, above, 1.1)] == ["0", "0.25", "1", "1", ""]


def test_shared_codes_of_240_regions_are_on_one_page_with_every_name_once(make):
    names = [f"area {number}" for number in range(240)]
    table = pd.concat(
        pd.DataFrame(
            {
                "region": names,
                "first_task": "pro",
                "second_task": "retro",
                "window": window,
                "level": "the region",
                "verdict": "inconclusive",
                "overlap": 0.2,
                "ci_low": -0.2,
                "ci_high": 0.6,
                "reference": "",
                "relative_overlap": np.nan,
                "relative_low": np.nan,
                "relative_high": np.nan,
                "n_sessions": 8,
                "n_subjects": 2,
            }
        )
        for window in ("cue", "delay")
    )
    figure = rendered(shared_codes.draw(table))
    width, height = figure.get_size_inches() * 25.4
    assert width <= style.DOUBLE
    assert height < 247  # the height of a page of the journal
    shown = [
        label.get_text()
        for axes in panels(figure)
        if axes.yaxis.get_tick_params()["labelleft"]
        for label in axes.get_yticklabels()
    ]
    assert shown == names


@pytest.mark.parametrize("level", ["these units", "the region"])
def test_an_overlap_beyond_its_interval_is_joined_to_it_and_explained(level):
    table = pd.DataFrame(
        {
            **{"region": ["DG", "V4"], "first_task": "a", "second_task": "b", "window": "late"},
            **{"level": level, "verdict": "shared", "conclusion": f"shared in {level}"},
            **{"overlap": [1.24, 0.9], "ci_low": [0.8, 0.7], "ci_high": [1.0, 1.0]},
            **{"reference": "", "relative_overlap": np.nan, "relative_low": np.nan},
            **{"relative_high": np.nan, "p_corrected": 0.001, "n_units": 20},
            **{"n_sessions": 1, "n_subjects": 1},
        }
    )
    (panel,) = panels(rendered(shared_codes.draw(table)))
    joined = [list(line.get_xdata()) for line in panel.lines if line.get_linestyle() == ":"]
    assert [1.0, 1.24] in [[float(x) for x in ends] for ends in joined]
    explained = "can lie beyond their interval" in shared_codes.caption(table)
    assert explained == (level == "these units")
