"""Every figure is drawn into the user's own figure, in the user's style, and nothing beside it."""

from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from neuro_attn.configuration.experiment import NetworkTiming
from neuro_attn.errors import InputError
from neuro_attn.figures import style
from neuro_attn.figures.selection import select
from neuro_attn.figures.specification import FIGURES
from neuro_attn.results import columns_of
from tests.durations import FIXED

TIMING = NetworkTiming(**FIXED)


def of_networks(table: str, **numbers: Any) -> pd.DataFrame:
    """A table with two tasks of a network."""
    rows = pd.DataFrame({"task": ["pro", "retro"], "network": "gru", "seed": 0, **numbers})
    return rows.reindex(columns=columns_of(table), fill_value=0.3)


def behaviour_errors() -> pd.DataFrame:
    errors = np.arange(-175.0, 180, 10)
    share = np.exp(-((errors / 30) ** 2)) / 10
    columns = {"relative_to": "target", "error": errors, "share": share, "fitted": share}
    return pd.concat(pd.DataFrame({"task": task, **columns}) for task in ("pro", "retro"))


def verdicts(make) -> pd.DataFrame:
    regions = list(make.shapes["panichello"].regions)
    numbers = {"overlap": 0.8, "ci_low": 0.4, "ci_high": 1.0, "p_corrected": 0.005}
    names = {"first_task": "pro", "second_task": "retro", "window": "delay"}
    kinds = {"level": "the region", "verdict": "shared", "conclusion": "shared", "reference": ""}
    table = pd.DataFrame({"region": regions, **names, **kinds, **numbers})
    return table.reindex(columns=columns_of("verdicts"), fill_value=4)


def lesions() -> pd.DataFrame:
    rows = [
        (lesion, "hidden" if number else "", number, task)
        for lesion, number in (("nothing", 0), ("unit", 1))
        for task in ("pro", "retro")
    ]
    table = pd.DataFrame(rows, columns=["lesion", "population", "number", "task"])
    table = table.assign(period="trial", network="gru", trained=True, seed=0)
    return table.reindex(columns=columns_of("lesions"), fill_value=9.0)


def inputs_of(make) -> dict[str, Callable[[], tuple]]:
    """What each figure is drawn from; two regions, where it has regions, and two tasks."""
    shape = make.shapes["panichello"]
    regions = {name: shape.regions[name] for name in ("LPFC", "V4")}
    two = shape._replace(regions=regions, windows=("delay",))
    times = np.arange(4) / 4
    return {
        "attention": lambda: (make.attention(), TIMING),
        "attention_ablation": lambda: (make.located({"gru": ("hidden",)}),),
        "attention_needed": lambda: (of_networks("attention_use"),),
        "captioning": lambda: (make.captioning(),),
        "captioning_maps": make.caption_maps,
        "color_planes": lambda: (make.color_planes(two), make.geometry(two)),
        "cross_temporal": lambda: (make.cross_temporal(two),),
        "decoding_over_time": lambda: (make.transfer(two),),
        "geometry": lambda: (make.geometry(two),),
        "geometry_measures": lambda: (make.geometry(two),),
        "geometry_over_time": lambda: (make.geometry_over_time(two),),
        "learning": lambda: (make.log(),),
        "lesions": lambda: (lesions(),),
        "list_recall": lambda: (make.list_recall(),),
        "model_scores": lambda: (make.model_scores(two),),
        "network_behaviour": lambda: (of_networks("behaviour"),),
        "onsets": lambda: (make.onsets(two),),
        "prediction_across_times": lambda: (
            make.cross_temporal(two)
            .rename(accuracy="value", p_corrected_below="p_corrected_worse")
            .assign_attrs(score="correlation"),
        ),
        "prediction_over_time": lambda: (make.transfer(two).rename(columns={"accuracy": "value"}),),
        "probe": lambda: (
            pd.concat(of_networks("probe", time=time, items_shown=True) for time in times),
        ),
        "report_errors": lambda: (
            pd.DataFrame(
                {"task": ["pro", "retro"], "session": "all", "measure": "mean_error"}
            ).reindex(columns=columns_of("behaviour_measures"), fill_value=9.0),
            behaviour_errors(),
        ),
        "sequence_processing": make.sequence_processing,
        "shared_codes": lambda: (verdicts(make),),
        "signature_distances": lambda: make.compared(two),
        "signatures": lambda: make.signatures(two),
        "timeline": lambda: (TIMING,),
        "transfer_matrix": lambda: (make.summary(two),),
        "transfer_over_time": lambda: (make.transfer(two), make.onsets(two)),
        "trial_counts": lambda: (make.trial_counts(two),),
        "translation": lambda: make.translation()[:2],
        "translation_attention": lambda: make.translation()[2:],
        "unit_counts": lambda: (make.unit_counts(two),),
    }


def draw_of(name: str) -> Callable[..., Figure]:
    return __import__(f"neuro_attn.figures.{name}", fromlist=["draw"]).draw


def rendered(figure: Figure) -> Figure:
    """Layout and every artist; warnings are errors."""
    figure.draw_without_rendering()
    return figure


def within(part: Any) -> set[Artist]:
    return {artist for artist in part.findobj() if artist is not part}


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_into_a_part_of_the_users_figure_in_the_users_style(name, make):
    look = {"font.size": 9.0, "text.color": "#0000AA", "axes.facecolor": "#FFFFF0"}
    inputs = inputs_of(make)[name]()
    with plt.rc_context(look):
        page = plt.figure(figsize=(12, 6), layout="constrained")
        left, right = page.subfigures(1, 2)
        mine = right.subplots()
        mine.plot([0, 1], [0, 1])
        before = within(right)
        settings = dict(matplotlib.rcParams)
        assert draw_of(name)(*inputs, ax=left) is page
        assert dict(matplotlib.rcParams) == settings
    assert plt.get_fignums() == [page.number]
    assert before <= within(right)
    assert {*page.axes} == {*left.findobj(Axes), mine}
    assert set(page.subfigs) == {left, right}
    assert left.findobj(Axes)
    texts = [text for text in left.findobj(Text) if text.get_text().strip()]
    # Text is in proportion to the user's: as 5.5 to 8 points to 7, or as matplotlib's own sizes.
    ratios = {round(7 * text.get_fontsize() / look["font.size"], 2) for text in texts}
    assert ratios <= {5.5, 6, 6.5, 7, 8, 5.83, 8.4}
    if name not in (
        "transfer_matrix",
        "timeline",
    ):  # dark text on pale cells, white on dark screens
        assert style.INK not in {text.get_color() for text in texts}
        assert "white" not in {line.get_markerfacecolor() for line in left.findobj(Line2D)}


@pytest.mark.parametrize("name", ["shared_codes", "attention_needed", "list_recall", "timeline"])
def test_a_figure_of_one_panel_is_drawn_into_single_axes(name, make):
    page, (ax, other) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    assert draw_of(name)(*inputs_of(make)[name](), ax=ax) is page
    rendered(page)
    assert page.axes == [ax, other]
    assert not other.has_data()
    assert ax.has_data() or ax.patches


def test_select_leaves_a_panel_of_a_figure_of_several_for_single_axes(make):
    shape = make.shapes["panichello"]
    transfer = make.transfer(shape)
    page, (ax, other) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    draw = draw_of("decoding_over_time")
    with pytest.raises(InputError, match="4 panels, and one pair of axes was given") as told:
        draw(transfer, ax=ax)
    assert "selection.select" in told.value.remedy
    draw(select(transfer, regions=["LPFC"]), ax=ax)
    rendered(page)
    assert page.axes == [ax, other]
    assert ax.get_title(loc="left") == "LPFC"
    assert ax.get_xlabel() == "time from the task's event (s)"
    # Legends and notes fit into what the user gave.
    assert ax.get_legend().get_window_extent().x1 < other.bbox.x0
    draw_of("transfer_matrix")(select(make.summary(shape), regions=["V4"]).iloc[:4], ax=other)
    rendered(page)
    assert other.xaxis.label.get_window_extent().x1 < page.bbox.x1 + 1


def test_select_keeps_pairs_of_which_both_are_selected_in_tables_and_arrays(make):
    shape = make.shapes["five tasks"]
    some = {"regions": ["LPFC"], "tasks": ["pro", "anti"]}
    onsets = select(make.onsets(shape), **some)
    assert set(onsets["region"]) == {"LPFC"}
    assert select(make.onsets(shape), regions="LPFC", tasks=["pro", "anti"]).equals(onsets)
    assert set(onsets["compared_with"]) == {""}
    assert set(onsets["train_task"]) == set(onsets["test_task"]) == {"pro", "anti"}
    assert set(select(make.geometry(shape), **some)["task"]) == {"pro", "anti", "pro vs anti"}
    array = select(make.cross_temporal(shape), **some)
    assert list(array["region"].values) == ["LPFC"]
    assert list(array["test_task"].values) == ["pro", "anti"]
    assert set(select(make.attention(), tasks=["pro"])["task"].values) == {"pro"}
    with pytest.raises(InputError, match=r"select, regions: no 'Lpfc'\. Choose from 'FEF', 'LPFC'"):
        select(make.onsets(shape), regions=["Lpfc"])
