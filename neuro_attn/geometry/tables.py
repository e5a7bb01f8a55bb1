"""Tables of the geometry of a region: estimates of all measures, and reasons for omissions."""

import itertools
import logging
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.decoding.building import POOLED, build_populations
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.geometry.color_planes import coordinates
from neuro_attn.geometry.colors import Colors, shown_colors
from neuro_attn.geometry.estimates import (
    Estimate,
    Resampling,
    UndefinedError,
    averaged,
    normal_interval,
    over_sessions,
)
from neuro_attn.geometry.information import ITEMS, Information, color_information
from neuro_attn.geometry.places import Context, Request, in_windows, over_time
from neuro_attn.geometry.specification import bounds
from neuro_attn.inference.pvalues import p_value
from neuro_attn.results import columns_of
from neuro_attn.study import Study

COLUMNS = columns_of("geometry")
LEFT_OUT_COLUMNS = columns_of("geometry_left_out")
OVER_TIME_COLUMNS = columns_of("geometry_over_time")
INFORMATION_COLUMNS = columns_of("color_information")
PLANES_COLUMNS = columns_of("color_planes")

logger = logging.getLogger(__name__)


class Geometry(NamedTuple):
    """The tables of a region; each is written to a file."""

    geometry: pd.DataFrame
    left_out: pd.DataFrame
    over_time: pd.DataFrame
    color_information: pd.DataFrame
    color_planes: pd.DataFrame


def measure(recordings: list[xr.Dataset], study: Study, region: str) -> Geometry:
    """Estimate the geometry of a region's codes in every named window, and partly over time.

    The modules of `measures`, and `information`, define the measures. We use the populations that
    are decoded: the units of all sessions for pseudopopulations, otherwise the units of each
    session, with measures averaged over sessions. Confidence intervals are about exactly these
    units, since trials are resampled, and about the region in other sessions (`over_sessions`).

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings of all sessions.
    study : Study
        The data set, with its tasks, windows, colours, decoding and inference.
    region : str
        The region.

    Returns
    -------
    Geometry
        ``task`` is a task, or 'A vs B' for a pair; ``window`` is a window, or 'V vs W' for a pair.
        A measure that is not defined in a window has a row in ``left_out`` with the reason. In
        single time bins it has no row.

    Raises
    ------
    InputError
        If the region has too few units or trials, or if a colour column is missing or not numeric.
    """
    recordings, study = without_test_only(recordings, study)
    members = build_populations(recordings, study, region)
    context = _context(recordings, study)
    has_colors = context.colors is not None
    requests = in_windows(members[0], study.dataset, has_colors)
    rows, left_out = _rows(requests, members, region, context)
    without = context._replace(resampling=context.resampling._replace(references=False))
    timed, _ = _rows(over_time(members[0], has_colors), members, region, without)
    informed: list[tuple] = []
    placed: list[pd.DataFrame] = []
    if context.colors is not None:
        found = _information(members, region, context.colors, context.resampling)
        informed, of_time, unknown = found
        timed += of_time
        left_out += unknown
        placed = list(_placed(members, region, context.colors))
    left_out = _once_for_all(left_out, [member.session for member in members])
    for region_, task, window, measures, session, reason in left_out:
        where = f"{region_}, {task}, {window}, {measures}, session {session}"
        logger.info("%s: left out, %s", where, reason)
    return Geometry(
        pd.DataFrame(rows, columns=COLUMNS),
        pd.DataFrame(left_out, columns=LEFT_OUT_COLUMNS),
        pd.DataFrame(timed, columns=OVER_TIME_COLUMNS),
        pd.DataFrame(informed, columns=INFORMATION_COLUMNS),
        pd.concat([pd.DataFrame(columns=PLANES_COLUMNS), *placed], ignore_index=True)
        if placed
        else pd.DataFrame(columns=PLANES_COLUMNS),
    )


def _context(recordings: list[xr.Dataset], study: Study) -> Context:
    """Return the colours of the items, and the settings of decoders and of resampling."""
    dataset = study.dataset
    resampling = Resampling(
        study,
        bootstraps=dataset.inference.bootstraps,
        splits=dataset.decoding.draws,
        shuffles=dataset.inference.permutations,
        confidence=dataset.inference.confidence,
    )
    colors = None
    if dataset.colors is not None:
        colors = {
            recording.attrs["session"]: shown_colors(recording, dataset.colors, study.name)
            for recording in recordings
        }
    return Context(colors, dataset.decoding, resampling)


def _rows(
    requests: Iterable[Request], members: list[Population], region: str, context: Context
) -> tuple[list[tuple], list[tuple]]:
    """Return the rows of estimates, averaged over populations, and the rows of omissions."""
    rows: list[tuple] = []
    left_out: list[tuple] = []
    limits = bounds()
    for request in requests:
        estimates: list[dict[str, Estimate]] = []
        for population in members:
            try:
                estimates.append(request.estimate(population, context))
            except UndefinedError as reason:
                left_out += [
                    (region, request.task, request.window, name, population.session, str(reason))
                    for name in request.names
                ]
        if not estimates:
            continue
        for name in request.names:
            of_sessions = [estimate[name] for estimate in estimates]
            given = of_sessions, context.resampling.confidence, limits[name]
            numbers = averaged(*given)
            if context.resampling.references:
                numbers += over_sessions(*given)
            rows.append((region, request.task, request.window, name, *numbers))
    return rows, left_out


def _once_for_all(left_out: list[tuple], sessions: list[str]) -> list[tuple]:
    """Merge omissions into one row if they concern all sessions for the same reason."""
    lacking: dict[tuple, list[str]] = {}
    for *what, session, reason in left_out:
        lacking.setdefault((*what, reason), []).append(session)
    return [
        (*what, session, reason)
        for (*what, reason), found in lacking.items()
        for session in ([POOLED] if found == sessions else found)
    ]


def _information(
    members: list[Population], region: str, colors: Colors, resampling: Resampling
) -> tuple[list[tuple], list[tuple], list[tuple]]:
    """Return the rows of colour information in windows and over time, and of omissions."""
    windows: list[tuple] = []
    times: list[tuple] = []
    left_out: list[tuple] = []
    places = [*members[0].times.tolist(), *members[0].windows]
    for (task, label), item in itertools.product(enumerate(members[0].tasks), ITEMS):
        for time_bin, place in enumerate(places):
            here = resampling._replace(references=isinstance(place, str))
            found: list[Information] = []
            for population in members:
                try:
                    found.append(color_information(population, time_bin, task, item, colors, here))
                except UndefinedError as reason:
                    if isinstance(place, str):
                        name = f"{item}_color"
                        left_out.append(
                            (region, label, place, name, population.session, str(reason))
                        )
            if not found:
                continue
            value, replicates, null = (np.mean(each, axis=0) for each in zip(*found, strict=True))
            numbers = (
                float(value),
                *normal_interval(float(value), replicates, resampling.confidence),
            )
            if isinstance(place, str):
                p = float(p_value(value, null))
                windows.append((region, label, place, item, *numbers, float(null.mean()), p))
            else:
                times.append((region, label, place, f"{item}_color", *numbers))
    return windows, times, left_out


def _placed(members: list[Population], region: str, colors: Colors) -> Iterable[pd.DataFrame]:
    """Yield the colour plane coordinates of each population, task and window."""
    for population, (number, window) in itertools.product(members, enumerate(members[0].windows)):
        for task, label in enumerate(population.tasks):
            time_bin = len(population.times) + number
            try:
                table = coordinates(population, time_bin, task, colors)
            except UndefinedError:
                continue  # the table of omissions contains the reason
            keys = (region, population.session, label, window)
            yield pd.DataFrame([keys] * len(table), columns=PLANES_COLUMNS[:4]).join(table)
