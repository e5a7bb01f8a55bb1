"""What stands in binned data of NDT or NeuroDecodeR: sites, their trials and their bins."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.onboarding.contents import Contents, RegionColumn, SessionContents
from neuro_attn.onboarding.raster import SAMPLING_RATE, region_columns
from neuro_attn.sources import binned, binned_files


def read(path: str) -> list[SessionContents]:
    """Read the sites of a file, each a session of one unit.

    Raises
    ------
    InputError
        If the file is missing, damaged or no binned data.
    """
    sites = binned_files.load(path)
    columns = region_columns([each.site for each in sites])
    return [_contents(each, number, columns, path) for number, each in enumerate(sites)]


def at_event(contents: Contents, event_sample: float) -> Contents:
    """Return contents with the bins that a file has where the user names the event's sample."""
    first = contents.files[0]
    edges = binned.from_event(binned_files.load(first)[0], event_sample, first)
    return replace(contents, sessions=[replace(contents.sessions[0], bins=_bins(edges))])


def _bins(edges: np.ndarray) -> tuple[float, float, float]:
    start, stop, width = (each / SAMPLING_RATE for each in binned.chain(edges))
    return start, stop, width


def _contents(
    site: binned_files.Site, number: int, columns: list[RegionColumn], path: str
) -> SessionContents:
    bins, also = None, []
    try:
        edges = binned.from_event(site, None, path)
    except InputError:
        # A run asks for the event; without it the bins have no place in time.
        also.append("the file does not give the sample of the event; event_sample does")
    else:
        bins = _bins(edges)
        if shared := binned.overlap(edges):
            also.append(
                f"overlapping bins: adjacent bins share {shared / SAMPLING_RATE:g} s of spikes. "
                "Those above do not overlap"
            )
    return SessionContents(
        session=f"{Path(path).stem}-site{site.name}",
        path=path,
        start=np.nan,
        stop=np.nan,
        units=pd.DataFrame({"unit_id": [site.name]}),
        region_columns=[
            RegionColumn(each.place, each.column, [each.regions[number]]) for each in columns
        ],
        tables={"trials": site.trials},
        bins=bins,
        also=also,
    )
