"""Configurations and small data of any kind, and what a run makes of them in one process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from hypothesis import strategies as st

from neuro_attn import decoding, recording, sources
from neuro_attn.configuration import Configuration
from neuro_attn.decoding import confounds
from neuro_attn.files import as_filename
from neuro_attn.geometry.tables import measure
from neuro_attn.inference import tables
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.study import Study
from tests import formats

SIDES = ("left", "right", "up", "down")
RAPID = ("csv", "parquet", "netcdf", "matlab", "phy", "alf", "raster", "simulation")
"""Sources whose files are written in some 20 ms; an NWB file takes ten times as long."""


@dataclass(frozen=True, repr=False)
class Case:
    """A configuration, and the sessions that its files hold."""

    source: str
    keys: dict[str, Any]
    sessions: dict[str, formats.Session] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return the report of a failure, without the arrays."""
        counts = {name: session.trials.shape for name, session in self.sessions.items()}
        return f"Case({self.source!r}, {self.keys!r}, sessions {counts!r})"

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the files and return the keys of the whole configuration."""
        made = dict(self.keys)
        if self.source != "simulation":
            read_by = formats.write_several(self.source, folder, self.sessions)
            tasks = made["tasks"]
            if self.source in formats.RATES:
                tasks = {name: {"trials": task["trials"]} for name, task in tasks.items()}
            if self.source == "raster":
                tasks = {name: {**task, "align": "onset"} for name, task in tasks.items()}
            regions = {**read_by.get("regions", {}), **made["regions"]}
            own = ("label", "tasks", "time", "windows", "regions", "decoding")
            made |= {key: value for key, value in read_by.items() if key not in own}
            made |= {"tasks": tasks, "regions": regions}
        return {"datasets": {"drawn": made}}


def _mostly(usual: Any, *others: Any) -> st.SearchStrategy:
    """Draw what most configurations have, at times something else."""
    return st.sampled_from([usual] * max(3, len(others)) + list(others))


def _seldom() -> st.SearchStrategy[bool]:
    """Draw something wrong once in ten."""
    return st.integers(0, 9).map(lambda number: number == 5)


@st.composite
def _sessions(draw: Callable) -> dict[str, formats.Session]:
    """Draw one to five sessions; some have few trials of a class, or lack one."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_sides = draw(_mostly(2, 3, 4))
    blocked = draw(st.booleans())
    made = {}
    for number in range(draw(st.integers(1, 4))):
        n_trials = draw(st.integers(24, 60))
        weights = np.array(draw(st.lists(st.integers(0, 3), min_size=n_sides, max_size=n_sides)))
        if draw(_seldom()) is False or not weights.any():
            weights = weights + 1
        side = rng.choice(n_sides, n_trials, p=weights / weights.sum())
        if blocked:
            side = np.repeat(side, 4)[:n_trials]
        side = np.array(SIDES, object)[side]
        if draw(_mostly(False, True)):
            side[rng.random(n_trials) < 0.1] = ""
        orders = ["pro", "retro", "rest"][: draw(_mostly(2, 2, 2, 1, 3))]
        order = np.resize(np.repeat(orders, draw(st.sampled_from([1, 2, 6]))), n_trials)
        colors = rng.uniform(0, 2 * np.pi, (2, n_trials))
        if draw(_mostly(False, True)):
            colors[1, rng.random(n_trials) < 0.5] = np.nan
        contrast = rng.integers(0, draw(st.integers(1, 4)), n_trials).astype(float)
        if draw(_mostly(False, True)):
            contrast[rng.random(n_trials) < 0.2] = np.nan
        trials = pd.DataFrame(
            {
                "cue": 5 + 2.0 * np.arange(n_trials),
                "side": side,
                "order": order.astype(object),
                "contrast": contrast,
                "block": np.arange(n_trials) // draw(st.sampled_from([2, 5, 20])),
                "upper_color": colors[0],
                "lower_color": colors[1],
            }
        )
        n_units = draw(st.integers(1 if draw(_seldom()) else 4, 8))
        end = 5 + 2 * n_trials
        rate = draw(_mostly(10.0, 0.3))
        spikes = [np.sort(rng.uniform(0, end, 1 + rng.poisson(rate * end))) for _ in range(n_units)]
        names = draw(
            st.lists(st.sampled_from(["V4", "FEF", ""]), min_size=n_units, max_size=n_units)
        )
        levels = {"side": ["", *SIDES[:n_sides]], "order": ["pro", "rest", "retro"]}
        made[f"s{number}"] = formats.Session(trials, spikes, names, levels)
    return made


@st.composite
def cases(draw: Callable, among: tuple[str, ...] = RAPID) -> Case:
    """Draw a configuration and the data that it is of."""
    source = draw(st.sampled_from(among))
    simulated = source == "simulation"
    label: Any = "selected" if simulated else "side"
    if draw(_mostly(False, True)):
        names = ("upper", "lower") if simulated else ("left", "right")
        label = {name: f"{label} == '{name}'" for name in names}
    column, align = ("trial_type", "cue_onset") if simulated else ("order", "cue")
    names = draw(_mostly(["pro", "retro"], ["pro"]))
    tasks = {n: {"trials": f"{column} == '{n}'", "align": align} for n in names}
    windows = {"late": [0.2, 0.4], "early": [0.0, 0.2]}
    columns = ["contrast", "block"]
    if simulated:
        columns = ["report_error", "block"]
    elif source in ("matlab", "raster") and not draw(_seldom()):
        columns = ["order", "side"]
    splits = draw(_mostly("stratified", "blocks"))
    null = draw(_mostly("shuffle", "pseudosession", "session_swap"))
    keys: dict[str, Any] = {
        "source": source,
        "label": label,
        "tasks": tasks,
        "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
        "windows": {name: windows[name] for name in draw(_mostly(["late"], ["early", "late"]))},
        "regions": {
            "min_units": 8 if draw(_seldom()) else draw(_mostly(1, 2)),
            "include": ["V4"] if draw(_seldom()) else None,
            "exclude": draw(_mostly([], ["FEF"])),
        },
        "sessions": {
            "min_trials": draw(_mostly(1, 1, 1, 3, 6)),
            "exclude": ["session01" if simulated else "s0"] if draw(_seldom()) else [],
        },
        "confounds": draw(_mostly([], ["trial_number"], ["mean_rate"], columns[:1], columns[1:])),
        "balance": draw(_mostly([], columns[:1], columns[1:])) if null == "shuffle" else [],
        "decoding": {
            "population": draw(st.sampled_from(["simultaneous", "pseudopopulation"])),
            "C": draw(_mostly(1.0, [0.1, 1.0])),
            "standardize": draw(_mostly(True, False)),
            "folds": draw(_mostly(2, 2, 3, 5)),
            "splits": splits,
            "block": draw(st.sampled_from([None, columns[1]])) if splits == "blocks" else None,
            "draws": draw(_mostly(1, 2)),
            "units": draw(_mostly("matched", "all", 1, 4)),
            "pseudotrials": draw(_mostly("auto", 1, 6)),
            "unit_counts": draw(_mostly([2], [], [1, 3])),
        },
        "inference": {
            "null_model": null,
            "permute_within": draw(_mostly([], columns[:1])) if null == "shuffle" else [],
            "permutations": draw(_mostly(3, 1, 7)),
            "bootstraps": 20,
            "confidence": draw(_mostly(0.95, 0.8)),
            "alpha": draw(_mostly(0.4, 0.4, 0.05)),
            "correction": draw(st.sampled_from(["max", "cluster", "fdr"])),
            "min_consecutive_bins": draw(_mostly(1, 2, 9)),
        },
    }
    if draw(_mostly(False, True)):
        second = draw(st.sampled_from(["side", "nothing"])) if draw(_seldom()) else "lower_color"
        keys["colors"] = {"items": {"upper": "upper_color", "lower": second}, "bins": 3}
    if not simulated:
        return Case(source, keys, draw(_sessions()))
    keys["simulation"] = {
        "sessions": draw(st.integers(1, 5)),
        "cycles": draw(st.integers(1, 2)),
        "block_trials": {
            "pro": draw(st.integers(10, 24)),
            "retro_1": draw(st.integers(10, 24)),
        },
        "selection_run": draw(_mostly(1, 4)),
        "regions": {"V4": {"units": draw(st.integers(4, 12))}},
    }
    return Case(source, keys)


def run(settings: Configuration, data_folder: Path, results: Path | None = None) -> None:
    """Do what the jobs of a run do with every data set, up to its tables, in one process.

    With a folder of results, recordings and decoding results go through files, as in a run: that
    takes as long as the rest.
    """

    def stored(made: xr.Dataset, file: str) -> xr.Dataset:
        if results is None:
            return made
        recording.save(made, results / file)
        return recording.load(results / file)

    for name, dataset in settings.datasets.items():
        sources.input_files(name, dataset, data_folder)
        sessions = sources.session_names(name, dataset, data_folder)
        made = sources.read(name, dataset, data_folder, settings.seed)
        recordings = [
            stored(each, f"{as_filename(session)}.nc")
            for session, each in zip(sessions, made, strict=True)
        ]
        study = Study(name, dataset, settings.seed)
        table = decoding.regions_table(recordings, study)
        n_units = decoding.units_per_draw(dataset, table)
        decoded = []
        for region in table["region"].unique():
            members = decoding.build_populations(recordings, study, region)
            one = decoding.decode_region(
                members,
                study,
                region=region,
                n_units=n_units,
                progress=False,
            )
            decoded.append(stored(one, "decoding.nc"))
            measure(recordings, study, region)
        inference = dataset.inference
        tables.transfer_table(decoded, inference)
        tables.summary_table(decoded, inference)
        onset_table(decoded, inference, settings.seed)
        tables.unit_count_table(decoded)
        tables.trial_count_table(decoded)
        cross_temporal(decoded, inference)
        if dataset.nuisance_variables:
            found = confounds.decode_confounds(recordings, study, table)
            each = [tables.summary_table(one.decodings, inference) for one in found]
            confounds.together(found, each)
