"""Contents of binned data: sites, their trials and their bins."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.sources.binned.files import Site, load
from neuro_attn.sources.binned.reading import chain, from_event, overlap
from neuro_attn.sources.contents import RegionColumn, SessionContents
from neuro_attn.sources.ndt.contents import SAMPLING_RATE, region_columns


def read(path: str) -> list[SessionContents]:
    """Return the sites of a file, each a session of one unit.

    Raises
    ------
    InputError
        If the file is missing, damaged or no binned data.
    """
    sites = load(path)
    columns = region_columns([each.site for each in sites])
    return [_contents(each, number, columns, path) for number, each in enumerate(sites)]


def bins_from(path: str, event_sample: float) -> tuple[float, float, float]:
    """Return the bins of a file, s from a sample that the user names as that of the event."""
    return _bins(from_event(load(path)[0], event_sample, path))


def _bins(edges: np.ndarray) -> tuple[float, float, float]:
    start, stop, width = (each / SAMPLING_RATE for each in chain(edges))
    return start, stop, width


def _contents(site: Site, number: int, columns: list[RegionColumn], path: str) -> SessionContents:
    bins, also = None, []
    try:
        edges = from_event(site, None, path)
    except InputError:
        # A run requires the event; without it the times of the bins are unknown.
        also.append("the file does not give the sample of the event; event_sample does")
    else:
        bins = _bins(edges)
        if shared := overlap(edges):
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
