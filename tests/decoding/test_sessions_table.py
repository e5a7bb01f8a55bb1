"""The table of sessions names the origin of the data, with checksums."""

import numpy as np
import xarray as xr

from neuro_attn import decoding


def outline(session: str, **attributes) -> xr.Dataset:
    rates = np.zeros((6, 3, 1), np.float32)
    attributes = {"session": session, "origin": "/data/mouse/night", **attributes}
    return xr.Dataset({"rates": (("trial", "unit", "time"), rates)}, attrs=attributes)


def test_sessions_are_listed_with_their_files_without_folders_and_their_checksums():
    recordings = [
        outline("a", subject="A", file="a.nwb", sha256="12"),
        outline("b", spikes_sha256="34", trials_sha256="56"),
        outline("c").assign_coords(subject=("trial", ["C"] * 6)),
        outline("d").assign_coords(subject=("trial", ["C", "D"] * 3)),
    ]
    table = decoding.sessions_table(recordings)
    assert table.drop(columns=["n_units", "n_trials"]).to_numpy().tolist() == [
        ["a", "A", "a.nwb", "12"],
        ["b", "", "night", "spikes 34; trials 56"],
        ["c", "C", "night", ""],
        ["d", "", "night", ""],
    ]
    assert set(table["n_units"]) == {3}
    assert set(table["n_trials"]) == {6}
