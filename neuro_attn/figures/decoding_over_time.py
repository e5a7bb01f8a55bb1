"""Decoding accuracy over time in every region, within and across tasks."""

import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import many_regions, over_time, region_rows, style
from neuro_attn.figures.captions import family, findings, paragraphs, significance
from neuro_attn.figures.courses import sample
from neuro_attn.figures.over_time import LABELS, Shown, averaged, of_trained_tasks
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.figures.region_order import ordered
from neuro_attn.figures.verdict_words import listing
from neuro_attn.inference.significance import significant

TITLE = "Decoding over time"
OF = "dataset"
SECTION = "Decoding"
NEEDS = ("{dataset}/transfer.csv",)

ALL_REGIONS = True
"""No region is left out: more than have room for panels are rows of a heat map."""
NAMED = 6
"""Regions without a significant bin that the caption names; more are counted."""


def draw(
    transfer: pd.DataFrame, shown: Shown | None = None, *, ax: style.Target | None = None
) -> Figure:
    """Plot accuracy over time, one panel a region, as `over_time.plotted`.

    With more than `many_regions.MOST` regions, each is a row of a heat map, as
    `region_rows.plotted`.

    Parameters
    ----------
    transfer : pandas.DataFrame
        The table of accuracy over time; rows with session ``all`` are plotted.
    shown : Shown, optional
        What is marked and named.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    in_rows = transfer["region"].nunique() > many_regions.MOST
    return (region_rows if in_rows else over_time).plotted(transfer, shown, ax=ax)


def caption(transfer: pd.DataFrame, dataset: AnyDataset) -> str:
    """Describe the figure, with the largest effects across tasks.

    Parameters
    ----------
    transfer : pandas.DataFrame
        As for `draw`.
    dataset : AnyDataset
        Settings of the data set.
    """
    rows = of_trained_tasks(transfer[transfer["session"] == "all"])
    kind = "across" if len(dataset.tasks) > 1 else "within"
    lines, without = [], []
    for region, of_region in rows.groupby("region", sort=False):
        means = averaged(of_region)
        course = means[means["kind"] == kind]
        is_found = significant(course["p_corrected"], dataset.inference.alpha)
        if not is_found.any():
            without.append(str(region))
            continue
        row = course.loc[course["accuracy"].where(is_found).idxmax()]
        text = (
            f"{rst(region)}: accuracy {LABELS[kind]} {row['accuracy']:.2f} at {row['time']:.3g} s, "
            f"significant in {is_found.sum()} of {len(course)} bins."
        )
        lines.append((row["accuracy"] - row["chance"], text))
    few = 0 < len(without) <= NAMED
    named = listing(map(rst, ordered(without))) if few else f"{len(without)} regions"
    none = f"Significant {LABELS[kind]} in no bin: {named}." if without else ""
    found = findings(lines) if lines else ""
    in_rows = rows["region"].nunique() > many_regions.MOST
    return paragraphs(f"{found} {none}", _description(dataset, in_rows), sample(rows))


def _description(dataset: AnyDataset, in_rows: bool) -> str:
    decoding, inference = dataset.decoding, dataset.inference
    several = len(dataset.tasks) > 1
    over = "tasks or directions between tasks" if several else "folds and draws"
    mirrored = "; across tasks, also against randomly mirrored units" if several else ""
    only = ""
    if dataset.test_only:
        only = f" Not shown: {rst(listing(dataset.test_only))}, whose trials are only tested."
    marked = region_rows.how_to_read(in_rows, over, inference.confidence)
    return (
        f"{decoding.score_label.capitalize()} of decoders ({decoding.decoder_label}) trained and "
        f"tested at the same time, {dataset.time.described}. {marked}: all "
        f"have {significance(inference, over=family(inference, 'times', 'regions'), of_times=True)}"
        f"{mirrored}.{only}"
    )


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    transfer = results["transfer"]
    return Drawn(draw(transfer, Shown.of(settings)), caption(transfer, settings))
