"""What the figures show, in numbers and words: reStructuredText for captions in the report."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.escaping import rst
from neuro_attn.figures.attended import mean_over_attentions
from neuro_attn.inference.significance import significant

ARROW = "\N{RIGHTWARDS ARROW}"
EMPTY = "Nothing to state.\n"


def decoding_over_time(transfer: pd.DataFrame, onsets: pd.DataFrame) -> str:
    """Say when each region's accuracy is above chance, for every pair of tasks."""
    rows = transfer[transfer["session"] == "all"]
    plain = onsets[onsets["compared_with"] == ""].set_index(["region", "train_task", "test_task"])
    lines = []
    for (region, train, test), course in rows.groupby(
        ["region", "train_task", "test_task"], sort=False
    ):
        peak = course.loc[course["accuracy"].idxmax()]
        onset = "no onset"
        if (region, train, test) in plain.index:
            row = plain.loc[(region, train, test)]
            onset = f"onset {_interval(row['onset_s'], row['ci_low'], row['ci_high'], 2)} s"
        lines.append(
            f"{rst(region)}, {_pair(train, test)}: highest "
            f"{_interval(peak['accuracy'], peak['ci_low'], peak['ci_high'], 2)} at "
            f"{peak['time']:.3g} s (corrected p {_p(peak['p_corrected'])}), {onset}; "
            f"n = {int(peak['n_units'])} units, {int(peak['n_train'])} training and "
            f"{int(peak['n_test'])} test trials{_over_sessions(int(peak['n_sessions']))}."
        )
    return _listed(lines)


def _over_sessions(n_sessions: int) -> str:
    return f" over {n_sessions} sessions" if n_sessions > 1 else ""


def transfer_matrix(summary: pd.DataFrame, windows: Mapping[str, tuple[float, float]]) -> str:
    """Say when the windows are, and how well each region transfers between tasks in each."""
    spans = [f"{rst(name)} {start:g} to {stop:g} s" for name, (start, stop) in windows.items()]
    rows = summary[(summary["session"] == "all") & (summary["train_task"] != summary["test_task"])]
    lines = []
    for row in rows.to_dict("records"):
        accuracy = _interval(row["accuracy"], row["ci_low"], row["ci_high"], 2)
        ratio = "no transfer ratio, as within-task accuracy is not above chance"
        if np.isfinite(row["transfer_ratio"]):
            values = (row["transfer_ratio"], row["ratio_ci_low"], row["ratio_ci_high"])
            ratio = f"transfer ratio {_interval(*values, 2)}"
        lines.append(
            f"{rst(row['region'])}, {_pair(row['train_task'], row['test_task'])}, "
            f"{rst(row['window'])}: {accuracy} "
            f"(chance {row['chance']:.3g}, corrected p {_p(row['p_corrected'])}), {ratio}."
        )
    return f"Windows: {', '.join(spans)}.\n\n{_listed(lines)}"


def onsets(table: pd.DataFrame) -> str:
    """Say which regions differ in onset."""
    lines = [
        f"{rst(row['region'])} \N{MINUS SIGN} {rst(row['compared_with'])}, "
        f"{_pair(row['train_task'], row['test_task'])}: "
        f"{_interval(row['onset_s'], row['ci_low'], row['ci_high'], 2)} s."
        for row in table[table["compared_with"] != ""].to_dict("records")
    ]
    return _listed(lines)


def cross_temporal(results: xr.Dataset, alpha: float) -> str:
    """Say in how many pairs of times each region decodes."""
    above = significant(results["p_corrected"], alpha).mean(["train_time", "test_time"])
    lines = [
        f"{rst(region)}, {_pair(train, test)}: above chance in "
        f"{100 * float(above.sel(region=region, train_task=train, test_task=test)):.0f} % "
        "of the pairs of times."
        for region in results["region"].values
        for train in results["train_task"].values
        for test in results["test_task"].values
    ]
    return _listed(lines)


def unit_counts(table: pd.DataFrame) -> str:
    """Say how accurate each region is within tasks with the most units."""
    within = table[table["train_task"] == table["test_task"]]
    keys = ["region", "train_task", "window"]
    last = within.loc[within.groupby(keys, sort=False)["n_units"].idxmax()]
    lines = [
        f"{rst(row['region'])}, {rst(row['train_task'])}, {rst(row['window'])}: "
        f"{row['accuracy']:.2f}{_spread(row['sd'])} with {row['n_units']} units."
        for row in last.to_dict("records")
    ]
    return _listed(lines)


def _spread(sd: float) -> str:
    """Say the SD over draws; one draw has none."""
    return "" if np.isnan(sd) else f" (SD over draws {sd:.2f})"


def geometry(table: pd.DataFrame) -> str:
    """Say each measure with its interval, ceiling and floor."""
    lines = [
        f"{rst(row['region'])}, {rst(row['task'])}, {rst(row['window'])}: "
        f"{rst(row['measure'])} {_interval(row['value'], row['ci_low'], row['ci_high'], 2)}, "
        f"ceiling {row['ceiling']:.2f}, floor {row['floor']:.2f}."
        for row in table.to_dict("records")
    ]
    return _listed(lines)


def geometry_over_time(table: pd.DataFrame) -> str:
    """Say in how many bins each measure is defined, and its largest value."""
    lines = []
    for (region, task, measure), course in table.groupby(["region", "task", "measure"], sort=False):
        row = course.loc[course["value"].idxmax()]
        lines.append(
            f"{rst(region)}, {rst(task)}: {rst(measure)}, {len(course)} bins, largest "
            f"{_interval(row['value'], row['ci_low'], row['ci_high'], 2)} at {row['time']:.3g} s."
        )
    return _listed(lines)


def color_planes(table: pd.DataFrame, geometry: pd.DataFrame) -> str:
    """Say the angle between the planes that are drawn."""
    drawn = table[["region", "task", "window"]].drop_duplicates()
    angles = geometry[geometry["measure"] == "plane_angle_cos"]
    lines = [
        f"{rst(row['region'])}, {rst(row['task'])}, {rst(row['window'])}: absolute cosine "
        f"{_interval(row['value'], row['ci_low'], row['ci_high'], 2)}, floor {row['floor']:.2f}."
        for row in drawn.merge(angles, on=["region", "task", "window"]).to_dict("records")
    ]
    return _listed(lines)


def signatures(table: pd.DataFrame) -> str:
    """Say the range of the accuracies in each signature."""
    lines = []
    for (dataset, region), own in table.groupby(["dataset", "region"], sort=False):
        rows = own[own["feature"].str.startswith("accuracy ")]
        best = rows.loc[rows["value"].idxmax()]
        lines.append(
            f"{rst(dataset)}, {rst(region)}: {len(own)} features; accuracies from "
            f"{rows['value'].min():.2f} to {best['value']:.2f} "
            f"({rst(best['feature'].removeprefix('accuracy '))})."
        )
    return _listed(lines)


def learning(report_error: pd.DataFrame) -> str:
    """Say how large the report errors of trained and untrained networks are."""
    grouped = report_error.groupby(["network", "trained", "task"], sort=True)
    lines = []
    for (network, trained, task), rows in grouped:
        errors = rows["report_error"]
        lines.append(
            f"{rst(network)}, {'trained' if trained else 'untrained'}, {rst(task)}: "
            f"{errors.mean():.1f} degrees (seeds {errors.min():.1f} to {errors.max():.1f}; "
            f"n = {len(errors)} seeds, {int(rows['n_trials'].sum())} held-out trials)."
        )
    return _listed(lines)


def memory_locus(table: pd.DataFrame) -> str:
    """Say what is lost without attention to the items."""
    lines = []
    for (network, population, measure), rows in table.groupby(
        ["network", "population", "measure"], sort=False
    ):
        means = rows["intact"].mean(), rows["cut"].mean()
        if measure == "delay_r2":
            intact, cut = (f"{mean:.2f}".replace("-", "\N{MINUS SIGN}") for mean in means)
            change = f"{rst(population)}: R2 in the delay {intact}, blocked {cut}"
        else:
            task = rst(measure.removeprefix("report_error_"))
            change = f"{task}: report error {means[0]:.1f} degrees, blocked {means[1]:.1f}"
        lines.append(f"{rst(network)}, {change} (n = {len(rows)} seeds).")
    return _listed(lines)


def list_recall(table: pd.DataFrame) -> str:
    """Say how much of the lists of each length is recalled."""
    lines = []
    for (family, length), rows in table.groupby(["family", "length"], sort=False):
        accuracy = rows["token_accuracy"]
        lines.append(
            f"{rst(family)}, {length} items: {accuracy.mean():.2f} in their place (seeds "
            f"{accuracy.min():.2f} to {accuracy.max():.2f}; chance {rows['chance'].iloc[0]:.3g}), "
            f"{rows['forced_accuracy'].mean():.2f} if told the items before ("
            f"n = {len(rows)} seeds, {int(rows['n_lists'].sum())} held-out lists)."
        )
    return _listed(lines)


def attention(recording: xr.Dataset) -> str:
    """Say what each task attends to at the last step before the report."""
    attended = recording.attrs.get("attended", "step")
    weights = mean_over_attentions(recording)
    lines = []
    for task in np.unique(recording["task"].values):
        is_task = recording["task"].values == task
        last = weights.isel(trial=is_task, time=-1).mean("trial")
        peak = last.isel(source=int(last.argmax("source")))
        source = float(peak["source"])
        where = f"the input at {source:.2f} s" if attended == "step" else f"{attended} {source:.0f}"
        lines.append(
            f"{rst(task)}: at the last step the weight peaks on {where}, with {float(peak):.2f} "
            f"of the attention; n = {int(is_task.sum())} trials."
        )
    return _listed(lines)


def similarity(nearest: pd.DataFrame) -> str:
    """Say which region each population is nearest to, and whether training matters."""
    lines = []
    known = nearest.assign(untrained_as_near=nearest["untrained_as_near"].fillna(False))
    for row in known.to_dict("records"):
        as_near = "; the untrained network is as near" if row["untrained_as_near"] else ""
        lines.append(
            f"{rst(row['network'])}, {rst(row['population'])}: "
            f"{'undecided, ' if row['verdict'] != row['region'] else ''}nearest to "
            f"{rst(row['region'])}, distance "
            f"{_interval(row['distance'], row['ci_low'], row['ci_high'], 1)}, nearest in "
            f"{100 * row['fraction_nearest']:.0f} % of the bootstrap replicates and "
            f"{100 * row['fraction_of_seeds']:.0f} % of the seeds{as_near}."
        )
    return _listed(lines)


def _listed(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines) or EMPTY


def _pair(train: str, test: str) -> str:
    return f"{rst(train)} {ARROW} {rst(test)}"


def _interval(value: float, low: float, high: float, digits: int) -> str:
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]".replace(
        "-", "\N{MINUS SIGN}"
    )


def _p(value: float) -> str:
    return f"{value:.2g}"
