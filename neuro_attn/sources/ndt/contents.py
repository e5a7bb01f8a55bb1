"""Columns of regions in the site information of rasters and binned data."""

from typing import Any

from neuro_attn.sources.contents import USUAL_NAMES, RegionColumn
from neuro_attn.sources.ndt import fields

SAMPLING_RATE = 1000.0
"""Samples per second, the default of the configuration."""


def region_columns(sites: list[dict[str, Any]]) -> list[RegionColumn]:
    """Return the fields of site information that may name regions; a run uses the first.

    Parameters
    ----------
    sites : list of dict
        The site information of each unit.
    """
    taken = [fields.region(site, "location") for site in sites]
    found = [RegionColumn("site information", "region", taken)]
    for name in dict.fromkeys(name for site in sites for name in site):
        if name not in fields.REGIONS and name.lower() in USUAL_NAMES:
            values = [fields.text(site.get(name)) for site in sites]
            found.append(RegionColumn("site information", name, values))
    return found
