"""Contents of an ALF folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from neuro_attn.sources.alf import files, reading
from neuro_attn.sources.alf.channels import UndecidedChannelsError
from neuro_attn.sources.contents import SessionContents
from neuro_attn.sources.sorting import check_distinct, trains_of
from neuro_attn.sources.spike_contents import contents_of


def read(path: str) -> SessionContents:
    """Return the contents of an ALF folder, without selecting clusters.

    If a probe was sorted more than once, the preferred sorting is shown.

    Raises
    ------
    InputError
        If there are no spikes, or a file is unreadable or does not fit the others.
    """
    folder = Path(path)
    of_probes = files.sortings(folder)
    every = sorted((each for of_probe in of_probes for each in of_probe), key=files.preference)
    names = list(dict.fromkeys(each.name for each in every))
    remarks = [_sorted_again(of_probe, folder) for of_probe in of_probes if len(of_probe) > 1]
    sortings = files.chosen(folder, names)
    parts, trains = [], []
    keys: dict[str, Any] = {"sorting": names}
    try:
        probes = list(reading.read_probes(folder, sortings, None))
    except UndecidedChannelsError as error:
        keys["first_channel"] = 0
        remarks.append(f"{error.problem} Regions are shown as if from 0. {error.remedy}")
        probes = list(reading.read_probes(folder, sortings, 0))
    check_distinct([(each.name, each.times) for each in probes], path)
    for probe in probes:
        clusters = probe.clusters.table
        trains += trains_of(probe.times, probe.of_spike, clusters.index, probe.origin)
        parts.append(clusters.assign(unit_id=[f"{probe.name} {row}" for row in clusters.index]))
        remarks += probe.clusters.remarks
    tables = {"trials": reading.read_trials(folder)} if reading.has_trials(folder) else {}
    found = files.revisions(files.data_files(folder, sortings))
    return contents_of(
        path,
        pd.concat(parts, ignore_index=True),
        trains,
        tables,
        place="clusters column",
        also=[f"the newest revision of each file is read: {', '.join(found)}"] if found else [],
        keys=keys,
        remarks=remarks,
        derived={name: reading.derived_columns(folder) for name in tables},
    )


def _sorted_again(of_probe: Sequence[files.Sorting], folder: Path) -> str:
    listed = ", ".join(each.place.relative_to(folder).as_posix() for each in of_probe)
    return (
        f"a probe was sorted more than once ({listed}); only the first of these is shown. A run "
        f"needs the key sorting, as in sorting: {of_probe[0].name}."
    )
