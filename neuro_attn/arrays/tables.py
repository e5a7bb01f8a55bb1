"""The tables of an analysis of arrays, and their figures."""

from dataclasses import dataclass, field

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuro_attn.arrays.recordings import CALL
from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding import POOLED
from neuro_attn.errors import InputError, did_you_mean
from neuro_attn.figures import (
    decoding_over_time,
    over_time,
    shared_codes,
    style,
    transfer_matrix,
    transfer_over_time,
)


@dataclass(frozen=True, repr=False)
class CrossTask:
    """Results of `neuro_attn.cross_task`: the tables of the workflow, and their figures.

    The tables have the columns of the files of the same names, which ``docs/outputs.md`` describes.
    Each ``draw_`` method plots the whole figure of the report, or one panel of it into ``ax``.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        One verdict a region, pair of tasks and window.
    overlap, overlap_differences, overlap_sessions : pandas.DataFrame
        Overlap of the codes at both levels, its differences between regions, and d' of sessions.
    summary, over_time : pandas.DataFrame
        Balanced accuracy within and across tasks in the windows, and over time (``transfer.csv``).
    accuracy_differences : pandas.DataFrame
        Differences of accuracy between tasks, of which at least one is only tested.
    onsets, regions : pandas.DataFrame
        Onsets of decoding, and the units and trials of each region.
    unit_counts, trial_counts : pandas.DataFrame
        Accuracy against the number of units, and of training trials.
    confusion, information : pandas.DataFrame
        Confusion matrices in the windows, and the information of decoded on true classes.
    cross_temporal : xarray.Dataset
        Accuracy for every training and test time.
    settings : settings of a data set
        All settings, defaults included.
    """

    verdicts: pd.DataFrame
    overlap: pd.DataFrame
    overlap_differences: pd.DataFrame
    overlap_sessions: pd.DataFrame
    summary: pd.DataFrame
    over_time: pd.DataFrame
    accuracy_differences: pd.DataFrame
    onsets: pd.DataFrame
    unit_counts: pd.DataFrame
    trial_counts: pd.DataFrame
    confusion: pd.DataFrame
    information: pd.DataFrame
    regions: pd.DataFrame
    cross_temporal: xr.Dataset
    settings: AnyDataset = field(repr=False)

    def __repr__(self) -> str:
        """Return the verdicts, one a line."""
        return "\n".join(
            f"{row.region}, {row.first_task} and {row.second_task}, {row.window}: {row.conclusion}"
            for row in self.verdicts.itertuples()
        )

    def draw_verdicts(
        self,
        *,
        tasks: tuple[str, str] | None = None,
        window: str | None = None,
        ax: Axes | None = None,
    ) -> Figure | Axes:
        """Plot the overlap of the codes in every region, with the verdicts as colours.

        Parameters
        ----------
        tasks : tuple of str, optional
            The pair of tasks; by default the first. Only with `ax`.
        window : str, optional
            The window; by default the first. Only with `ax`.
        ax : matplotlib.axes.Axes, optional
            Axes for one panel.

        Returns
        -------
        matplotlib.figure.Figure or matplotlib.axes.Axes
            The figure with all panels, or `ax`.

        Raises
        ------
        InputError
            If there is no such pair of tasks or window.
        """
        if ax is None:
            return shared_codes.draw(self.verdicts, self.settings.inference.confidence)
        rows = _chosen(self.verdicts, "window", window)
        pairs = list(dict.fromkeys(zip(rows["first_task"], rows["second_task"], strict=True)))
        if tasks is not None and tuple(tasks) not in pairs:
            raise InputError(f"{CALL}, tasks", f"no pair {tasks!r}.", f"Pairs: {pairs}.")
        first, second = pairs[0] if tasks is None else tasks
        rows = rows[(rows["first_task"] == first) & (rows["second_task"] == second)]
        with style.style_of(ax):
            shared_codes.draw_panel(ax, rows, style.ordered(rows["region"]))
        return ax

    def draw_over_time(self, *, region: str | None = None, ax: Axes | None = None) -> Figure | Axes:
        """Plot accuracy over time in each region, within and across tasks.

        Parameters
        ----------
        region : str, optional
            The region; by default the first. Only with `ax`.
        ax : matplotlib.axes.Axes, optional
            Axes for one panel.

        Returns
        -------
        matplotlib.figure.Figure or matplotlib.axes.Axes
            The figure with all panels, or `ax`.

        Raises
        ------
        InputError
            If there is no such region.
        """
        shown = over_time.Shown.of(self.settings)
        if ax is None:
            return decoding_over_time.draw(self.over_time, shown)
        together = self.over_time[self.over_time["session"] == POOLED]
        rows = over_time.of_trained_tasks(_chosen(together, "region", region))
        limits = over_time.accuracy_limits(rows)
        with style.style_of(ax):
            over_time.draw_panel(ax, rows, shown, limits=limits)
        return ax

    def draw_directions(
        self, *, region: str | None = None, train_task: str | None = None, ax: Axes | None = None
    ) -> Figure | Axes:
        """Plot accuracy over time for each pair of training and test task.

        Parameters
        ----------
        region, train_task : str, optional
            The region and the task of training; by default the first. Only with `ax`.
        ax : matplotlib.axes.Axes, optional
            Axes for one panel.

        Returns
        -------
        matplotlib.figure.Figure or matplotlib.axes.Axes
            The figure with all panels, or `ax`.

        Raises
        ------
        InputError
            If there is no such region or task.
        """
        inference = self.settings.inference
        if ax is None:
            return transfer_over_time.draw(
                self.over_time,
                self.onsets,
                inference.alpha,
                inference.confidence,
                self.settings.decoding.score_label,
            )
        together = self.over_time[self.over_time["session"] == POOLED]
        rows = _chosen(together, "region", region)
        rows = _chosen(rows, "train_task", train_task)
        with style.style_of(ax):
            transfer_over_time.draw_panel(
                ax,
                rows,
                self.onsets,
                colors=style.task_colors(rows["test_task"]),
                limits=transfer_over_time.accuracy_limits(rows),
                alpha=inference.alpha,
            )
        return ax

    def draw_transfer(
        self, *, region: str | None = None, window: str | None = None, ax: Axes | None = None
    ) -> Figure | Axes:
        """Plot the accuracy of every pair of training and test task.

        Parameters
        ----------
        region, window : str, optional
            The region and the window; by default the first. Only with `ax`.
        ax : matplotlib.axes.Axes, optional
            Axes for one panel.

        Returns
        -------
        matplotlib.figure.Figure or matplotlib.axes.Axes
            The figure with all panels, or `ax`.

        Raises
        ------
        InputError
            If there is no such region or window.
        """
        alpha = self.settings.inference.alpha
        if ax is None:
            return transfer_matrix.draw(self.summary, alpha, self.settings.decoding.score_label)
        together = self.summary[self.summary["session"] == POOLED]
        rows = _chosen(_chosen(together, "region", region), "window", window)
        norm = style.chance_norm(together["accuracy"].to_numpy(float), together["chance"].mean())
        with style.style_of(ax):
            transfer_matrix.draw_panel(ax, rows, norm, alpha)
        return ax


def _chosen(rows: pd.DataFrame, column: str, wanted: str | None) -> pd.DataFrame:
    """Return the rows with a value of a column; by default its first."""
    names = list(dict.fromkeys(rows[column]))
    if wanted is not None and wanted not in names:
        hint = did_you_mean(wanted, names)
        raise InputError(
            f"{CALL}, {column}",
            f"there is no {wanted!r}.",
            f"{hint} Allowed: {', '.join(names)}.".strip(),
        )
    return rows[rows[column] == (names[0] if wanted is None else wanted)]
