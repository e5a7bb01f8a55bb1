"""Transfer matrix: accuracy of every pair of training and test task, by region and window."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import (
    family,
    findings,
    interval,
    only_tested,
    p_value,
    paragraphs,
    significance,
    task_pair,
)
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.inference.significance import significant

TITLE = "Transfer between tasks"
OF = "dataset"
SECTION = "Decoding"
NEEDS = ("{dataset}/summary.csv",)

PANEL_HEIGHTS = (48.0, 38.0, 38.0, 35.0, 31.0)
"""Heights of square panels with small margins, for one to five columns, mm."""


@style.drawing
def draw(
    summary: pd.DataFrame,
    alpha: float = 0.05,
    score: str = "balanced accuracy",
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot a matrix of training and test tasks for each region (columns) and window (rows).

    Cells contain the accuracy, with a star if corrected p < alpha.

    Parameters
    ----------
    summary : pandas.DataFrame
        The table of accuracies in windows; rows with session ``all`` are plotted.
    alpha : float
        Level of the tests.
    score : str
        Name of the score, on the scale of colours.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = style.across_sessions(summary, "summary")
    regions = style.ordered(rows["region"])
    windows = list(dict.fromkeys(rows["window"]))
    norm = style.chance_norm(rows["accuracy"].to_numpy(float), rows["chance"].mean())
    height = PANEL_HEIGHTS[style.n_columns(len(regions)) - 1]
    canvas, panels = style.region_panels(
        ax, len(regions), len(windows), panel_height=height, extra_height=22
    )
    for column, region in enumerate(regions):
        for row, window in enumerate(windows):
            axes = panels[column][row]
            here = rows[(rows["region"] == region) & (rows["window"] == window)]
            draw_panel(axes, here, norm, alpha)
            leftmost = style.is_leftmost(column, len(regions))
            lowest = row == len(windows) - 1 and style.is_lowest(column, len(regions))
            style.outer_labels(axes, left=leftmost, bottom=lowest)
            if row == 0:
                style.panel_title(axes, region, style.count(here["n_units"], "unit"))
            if leftmost:
                axes.set_ylabel(f"window: {window}\ntrained on")
            if lowest:
                axes.set_xlabel("tested on")
    every = [axes for column_panels in panels for axes in column_panels]
    style.accuracy_bar(canvas, norm, every, rows["accuracy"].min(), score)
    canvas.x_label(
        f"* corrected p < {style.proportion(alpha)};  "
        f"n: {style.count(rows['n_train'], 'training trial')}, "
        f"{style.count(rows['n_test'], 'test trial')}, "
        f"{style.count(rows['n_sessions'], 'session')}",
        style.NOTE,
    )
    return canvas.figure


def caption(summary: pd.DataFrame, dataset: AnyDataset) -> str:
    """Describe the figure, with the largest effects across tasks.

    Parameters
    ----------
    summary : pandas.DataFrame
        As for `draw`.
    dataset : AnyDataset
        Settings of the data set.
    """
    spans = [
        f"{rst(name)} {start:g} to {stop:g} s" for name, (start, stop) in dataset.windows.items()
    ]
    rows = summary[(summary["session"] == "all") & (summary["train_task"] != summary["test_task"])]
    lines = []
    for row in rows.to_dict("records"):
        accuracy = interval(row["accuracy"], row["ci_low"], row["ci_high"], 2)
        text = (
            f"{rst(row['region'])}, {task_pair(row['train_task'], row['test_task'])}, "
            f"{rst(row['window'])}: accuracy {accuracy} "
            f"(chance {row['chance']:.3g}, corrected p = {p_value(row['p_corrected'])})."
        )
        lines.append((row["accuracy"] - row["chance"], text))
    over = family(dataset.inference, "windows", "regions")
    description = (
        f"The {dataset.decoding.score_label} of decoders trained on one task (rows) and tested on "
        "another (columns), with rates averaged over each window and equally many training trials "
        "within and across tasks. Stars: "
        f"{significance(dataset.inference, over=over, of_times=False)}. {only_tested(dataset)}"
    )
    return paragraphs(findings(lines), description, f"Windows: {', '.join(spans)}.")


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    summary = results["summary"]
    figure = draw(summary, settings.inference.alpha, settings.decoding.score_label)
    return Drawn(figure, caption(summary, settings))


def draw_panel(axes: Axes, here: pd.DataFrame, norm: Normalize, alpha: float) -> None:
    """Plot the matrix of training and test tasks of a region and window."""
    cells = here.set_index(["train_task", "test_task"])
    trained, tested = (list(dict.fromkeys(here[each])) for each in cells.index.names)
    pairs = pd.MultiIndex.from_product([trained, tested])
    accuracy = cells["accuracy"].reindex(pairs).to_numpy(float)
    axes.imshow(accuracy.reshape(len(trained), len(tested)), cmap=style.DIVERGING, norm=norm)
    size = style.SMALL if len(tested) <= 3 else style.NOTE
    for (train_task, test_task), cell in cells.iterrows():
        x, y = tested.index(test_task), trained.index(train_task)
        color = "white" if abs(norm(cell["accuracy"]) - 0.5) > 0.32 else style.INK
        star = "*" if significant(cell["p_corrected"], alpha) else ""
        axes.annotate(
            style.proportion(cell["accuracy"]) + star,
            (x, y),
            ha="center",
            va="center",
            fontsize=style.size(size + 1),
            color=color,
        )
    long_names = max(map(len, tested)) * len(tested) > 24
    axes.set_xticks(range(len(tested)), tested, rotation=90 if long_names else 0)
    axes.set_yticks(range(len(trained)), trained)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
