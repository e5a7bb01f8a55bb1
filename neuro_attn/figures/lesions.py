"""Report errors of networks without single units, populations and heads, in two tasks."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Compared, Drawn, Results

TITLE = "Lesions"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/lesions.csv",)

LOOKS: dict[str, dict[str, Any]] = {
    "unit": {"marker": "o", "markersize": 2.4, "markeredgewidth": 0, "alpha": 0.6},
    "head": {"marker": "D", "markersize": 3.4, "markeredgewidth": 0},
    "population": {"marker": "*", "markersize": 7, "markeredgewidth": 0},
}
"""How each kind of lesion is drawn."""


@style.drawing
def draw(lesions: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot one panel per network: the error in the second task against that in the first.

    Dots are single units of all seeds, diamonds heads, stars whole populations (means over seeds),
    and the cross is the intact network. Colours are populations.

    Parameters
    ----------
    lesions : pandas.DataFrame
        The table of lesions.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    lesions = lesions[lesions["period"] == "trial"]
    tasks = list(dict.fromkeys(lesions["task"]))
    if len(tasks) < 2:
        return style.blank("lesions are drawn for networks with two tasks", ax)
    networks = list(dict.fromkeys(lesions["network"]))
    columns = style.n_columns(len(networks))
    rows = -(-len(networks) // columns)
    canvas = style.Canvas.of(ax, style.width_for(columns), 48 * rows + 14)
    grid = canvas.panels(rows, columns, sharex=True, sharey=True)
    for axes, network in zip(grid.flat, networks, strict=False):
        here = lesions[lesions["network"] == network]
        keys = ["lesion", "population", "number", "seed"]
        errors = here.pivot_table("report_error", keys, "task", dropna=False).dropna()[tasks[:2]]
        errors = errors.reset_index()
        populations = [name for name in dict.fromkeys(here["population"]) if name]
        looks = style.region_looks(populations)
        for population in populations:
            for kind, look in LOOKS.items():
                of = errors[(errors["population"] == population) & (errors["lesion"] == kind)]
                if kind == "population":
                    of = of[tasks[:2]].mean().to_frame().T
                axes.plot(
                    of[tasks[0]], of[tasks[1]], linestyle="", color=looks[population][0], **look
                )
        intact = errors.loc[errors["lesion"] == "nothing", tasks[:2]].mean()
        axes.plot(*intact, marker="x", color=style.ink(), linestyle="", markersize=4)
        axes.axline((0, 0), slope=1, color=style.PALE, linewidth=0.6, zorder=0)
        axes.set_aspect("equal")
        style.panel_title(axes, network)
        handles = [
            Line2D([], [], linestyle="", marker="o", markersize=3, color=looks[name][0], label=name)
            for name in populations
        ]
        axes.legend(handles=handles, loc="lower right", fontsize=style.size(style.NOTE))
    for unused in grid.flat[len(networks) :]:
        unused.remove()
    canvas.x_label(f"report error, {tasks[0]} (degrees)")
    canvas.y_label(f"report error, {tasks[1]} (degrees)")
    handles = [
        *(
            Line2D([], [], linestyle="", color=style.GREY, label=kind, **look)
            for kind, look in LOOKS.items()
            if kind in set(lesions["lesion"])
        ),
        Line2D([], [], linestyle="", color=style.ink(), marker="x", markersize=4, label="intact"),
    ]
    canvas.legend(handles, 4, "silenced")
    return canvas.figure


def caption(lesions: pd.DataFrame) -> str:
    """Describe the figure, with the units whose loss costs most.

    Parameters
    ----------
    lesions : pandas.DataFrame
        The table of lesions.
    """
    lesions = lesions[lesions["period"] == "trial"]
    lines = []
    for (network, task), here in lesions.groupby(["network", "task"], sort=False):
        intact = here.loc[here["lesion"] == "nothing", "report_error"].mean()
        units = here[here["lesion"] == "unit"].groupby("seed")["report_error"].max()
        if units.empty:
            continue
        lines.append(
            (
                units.mean() - intact,
                f"{rst(network)}, {rst(task)}: the most important unit raises the report error "
                f"from {intact:.0f} to {units.mean():.0f} degrees (mean of {len(units)} seeds).",
            )
        )
    description = (
        "Each mark is a network with one unit, population or head silenced at all times. Axes are "
        "its mean absolute report errors in two tasks; chance is 90 degrees, and reporting either "
        "item 45. Marks far above or below the diagonal are needed for one task only. Dots are "
        "units of all seeds, stars whole populations, crosses intact networks."
    )
    return paragraphs(findings(lines, 2) if lines else "", description)


def drawn(results: Results, settings: Compared) -> Drawn:
    """Return the figure of lesions and its caption."""
    return Drawn(draw(results["lesions"]), caption(results["lesions"]))
