"""Folders as other programs leave them, holding the planted session of `formats`."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.formats import SAMPLING_RATE, Session

_KEYS: dict[str, Any] = {
    "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
    "windows": {"late": [0.2, 0.4]},
}
_TASKS = {name: {"trials": f"order == '{name}'", "align": "cue"} for name in ("pro", "retro")}
ALF_KEYS = {
    **_KEYS,
    "source": "alf",
    "files": "lab/Subjects/*/*/*",
    "label": "side",
    "tasks": _TASKS,
    "regions": {"column": "acronym"},
}
PHY_KEYS = {
    **_KEYS,
    "source": "phy",
    "files": "*/kilosort4",
    "label": "side",
    "tasks": _TASKS,
    "region": "V4",
}
N_CHANNELS = 384


def spikes_of(session: Session) -> tuple[np.ndarray, np.ndarray]:
    """Return the times and units of all spikes, in the order of time."""
    times = np.concatenate(session.spike_times)
    units = np.repeat(np.arange(len(session.spike_times)), list(map(len, session.spike_times)))
    order = np.argsort(times, kind="stable")
    return times[order], units[order]


def save(path: Path, values: Any) -> None:
    """Write an array, or a table by its suffix, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix:
        case ".npy":
            np.save(path, values)
        case ".pqt":
            values.to_parquet(path)
        case _:
            values.to_csv(path, sep="\t", index=False)


# --- ALF -----------------------------------------------------------------------------------------


def alf_session(folder: Path) -> Path:
    """Return the folder of a session in a folder of data, as the laboratory names it."""
    return folder / "lab" / "Subjects" / "mouse7" / "2024-05-01" / "001"


def write_sorting(place: Path, session: Session, shift: float = 0.0) -> None:
    """Write sorted spikes with their clusters and channels; `shift` jitters their times, s."""
    times, units = spikes_of(session)
    n_units = len(session.spike_times)
    times = times + np.random.default_rng(1).normal(0, shift, len(times))
    save(place / "spikes.times.npy", times)
    save(place / "spikes.clusters.npy", units.astype(np.uint32))
    save(place / "spikes.amps.npy", np.ones(len(times)))
    # Unit n lies on channel 2 n, counted from 0.
    acronyms = np.full(N_CHANNELS, "void", dtype="U8")
    acronyms[2 * np.arange(n_units)] = session.regions
    save(place / "clusters.channels.npy", 2 * np.arange(n_units))
    save(place / "channels.acronym.npy", acronyms)
    metrics = pd.DataFrame({"cluster_id": np.arange(n_units), "label": 1.0})
    save(place / "clusters.metrics.pqt", metrics)


def write_alf(folder: Path, session: Session, *places: str) -> Path:
    """Write a session with its sortings in these folders, relative to it; return its folder."""
    root = alf_session(folder)
    for number, place in enumerate(places):
        write_sorting(root / place, session, 1e-5 * number)
    save(root / "alf" / "_ibl_trials.table.pqt", session.trials)
    return root


def write_alf_with_revisions(folder: Path, session: Session) -> Path:
    """Write a session whose spikes, clusters, channels and trials were revised, each at its time.

    What older revisions hold is wrong, and what only they hold is right.
    """
    root = write_alf(folder, session, "alf/probe00/pykilosort")
    place = root / "alf" / "probe00" / "pykilosort"
    right = {name: np.load(place / f"{name}.npy") for name in ("spikes.times", "channels.acronym")}
    for old in ("", "#2023-01-01#", "#2024-03-22#"):
        save(place / old / "spikes.times.npy", right["spikes.times"][::-1] + 0.3)
        save(place / old / "channels.acronym.npy", np.full(N_CHANNELS, "old"))
    save(place / "#2024-05-06#" / "spikes.times.npy", right["spikes.times"])
    save(place / "#2024-04-01#" / "channels.acronym.npy", right["channels.acronym"])
    clusters = np.arange(len(session.spike_times))
    save(place / "clusters.channels.npy", 2 * clusters + 1)
    save(place / "#2024-04-01#" / "clusters.channels.npy", 2 * clusters)
    trials = root / "alf"
    wrong = session.trials.assign(cue=session.trials["cue"] + 0.3)
    save(trials / "_ibl_trials.table.pqt", wrong)
    save(trials / "#2024-05-06#" / "_ibl_trials.table.pqt", session.trials)
    return root


def write_steinmetz(folder: Path, session: Session, first_channel: int = 1) -> Path:
    """Write the ALF release of Steinmetz et al. (2019): columns n x 1, all probes in a folder."""
    root = folder / "Cori_2016-12-14"
    times, units = spikes_of(session)
    n_units = len(session.spike_times)
    probes = np.arange(n_units) % 2
    save(root / "spikes.times.npy", times[:, None])
    save(root / "spikes.clusters.npy", units[:, None].astype(np.uint32))
    # Unit n lies on channel 2 n, counted from 0.
    peaks = 2.0 * np.arange(n_units) + first_channel
    save(root / "clusters.peakChannel.npy", peaks[:, None])
    save(root / "clusters._phy_annotation.npy", np.full((n_units, 1), 2, np.uint8))
    save(root / "clusters.probes.npy", probes[:, None].astype(np.uint8))
    save(root / "clusters.templateWaveforms.npy", np.zeros((n_units, 82, 50), np.float32))
    located = np.full(N_CHANNELS, "root", dtype=object)
    located[2 * np.arange(n_units)] = session.regions
    place = {"ccf_ap": 1.0, "ccf_dv": 2.0, "ccf_lr": 3.0, "allen_ontology": located}
    save(root / "channels.brainLocation.tsv", pd.DataFrame(place, index=range(N_CHANNELS)))
    save(root / "channels.probe.npy", np.zeros((N_CHANNELS, 1)))
    save(root / "channels.sitePositions.npy", np.zeros((N_CHANNELS, 2)))
    cue = session.trials["cue"].to_numpy()
    right = session.trials["side"].to_numpy() == "right"
    pro = session.trials["order"].to_numpy() == "pro"
    save(root / "trials.intervals.npy", np.column_stack([cue - 0.5, cue + 1.4]))
    save(root / "trials.visualStim_times.npy", cue[:, None])
    save(root / "trials.response_choice.npy", np.where(right, 1.0, -1.0)[:, None])
    save(root / "trials.repNum.npy", np.where(pro, 1, 2)[:, None])
    return root


STEINMETZ_KEYS = {
    **_KEYS,
    "source": "alf",
    "files": "Cori_*",
    "label": {"left": "response_choice == -1", "right": "response_choice == 1"},
    "tasks": {
        "pro": {"trials": "repNum == 1", "align": "visualStim_times"},
        "retro": {"trials": "repNum == 2", "align": "visualStim_times"},
    },
    "units": "_phy_annotation >= 2",
    "regions": {"column": "allen_ontology", "exclude": ["root"]},
}

# --- Kilosort and Phy ----------------------------------------------------------------------------


def write_table(folder: Path, column: str, values: dict[int, Any], name: str = "") -> Path:
    """Write a table of clusters as Phy and Kilosort do: cluster_id and one column."""
    path = folder / f"cluster_{name or column}.tsv"
    rows = "".join(f"{cluster}\t{value}\n" for cluster, value in values.items())
    path.write_text(f"cluster_id\t{column}\n{rows}")
    return path


def write_kilosort4(folder: Path, session: Session, labels: dict[int, str]) -> Path:
    """Write what Kilosort 4 exports for Phy, before Phy has saved anything; return the folder."""
    root = folder / "monkey1" / "kilosort4"
    root.mkdir(parents=True)
    times, units = spikes_of(session)
    n_spikes, n_units = len(times), len(session.spike_times)
    arrays = {
        "spike_times": np.round(times * SAMPLING_RATE).astype(np.int64),
        "spike_clusters": units.astype(np.int32),
        "spike_templates": units.astype(np.int32),
        "spike_detection_templates": np.zeros(n_spikes, np.int32),
        "spike_positions": np.zeros((n_spikes, 2), np.float32),
        "amplitudes": np.ones(n_spikes, np.float32),
        # One for each spike that was detected, duplicates included.
        "kept_spikes": np.ones(n_spikes + 7, bool),
        "templates": np.zeros((n_units, 61, 4), np.float32),
        "channel_map": np.arange(4),
        "channel_positions": np.zeros((4, 2)),
    }
    for name, values in arrays.items():
        np.save(root / f"{name}.npy", values)
    # What Kilosort pickles here is never loaded: a test puts a trap into it.
    np.save(root / "ops.npy", np.array({"fs": SAMPLING_RATE}, dtype=object), allow_pickle=True)
    write_table(root, "ContamPct", dict.fromkeys(labels, 3.1))
    write_table(root, "Amplitude", dict.fromkeys(labels, 21.4))
    write_table(root, "KSLabel", labels)
    # Kilosort copies the table, its header included.
    write_table(root, "KSLabel", labels, name="group")
    params = {
        "n_channels_dat": 385,
        "offset": 0,
        "sample_rate": 30000,
        "dtype": "'int16'",
        "hp_filtered": False,
        "dat_path": ["/data/recording.bin"],
    }
    (root / "params.py").write_text("".join(f"{k} = {v}\n" for k, v in params.items()))
    session.trials.to_csv(root / "trials.csv", index=False)
    return root


def save_in_phy(root: Path, groups: dict[int, str]) -> None:
    """Write what Phy writes when it saves: groups that were given, and a table of everything."""
    clusters, n_spikes = np.unique(np.load(root / "spike_clusters.npy"), return_counts=True)
    label = pd.read_csv(root / "cluster_KSLabel.tsv", sep="\t").set_index("cluster_id")["KSLabel"]
    write_table(root, "group", groups)
    info = pd.DataFrame({"cluster_id": clusters, "KSLabel": label.reindex(clusters).to_numpy()})
    info["ch"] = 3
    info["group"] = [groups.get(int(cluster), "") for cluster in clusters]
    info["n_spikes"] = n_spikes
    info.to_csv(root / "cluster_info.tsv", sep="\t", index=False, lineterminator="\r\n")
