"""Folders of sorted spikes, and MATLAB arrays, as a newcomer meets them."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import yaml

from tests import formats, layouts
from tests.onboarding.conftest import N_UNITS, spike_trains, trials_table, write_nwb

TRIALS = trials_table()


def pooled() -> tuple[np.ndarray, np.ndarray]:
    """Return the times and clusters of all spikes, in the order of time."""
    trains = spike_trains()
    times = np.concatenate(trains)
    clusters = np.repeat(np.arange(N_UNITS), [len(train) for train in trains])
    order = np.argsort(times)
    return times[order], clusters[order]


def write_alf(folder: Path) -> Path:
    probe = folder / "mouse7" / "2020-01-31" / "001" / "alf" / "probe00"
    probe.mkdir(parents=True)
    times, clusters = pooled()
    np.save(probe / "spikes.times.npy", times)
    np.save(probe / "spikes.clusters.npy", clusters)
    np.save(probe / "clusters.channels.npy", np.arange(N_UNITS) % 2)
    np.save(probe / "channels.acronym.npy", np.array(["V4", "FEF"]))
    table = TRIALS.rename(columns={"start_time": "intervals_0", "stop_time": "intervals_1"})
    table.to_parquet(probe.parent / "_ibl_trials.table.pqt")
    return probe.parents[1]


def write_phy(folder: Path) -> Path:
    made = folder / "monday" / "kilosort4"
    made.mkdir(parents=True)
    times, clusters = pooled()
    np.save(made / "spike_times.npy", np.round(times * 30_000).astype(np.uint64))
    np.save(made / "spike_clusters.npy", clusters)
    (made / "params.py").write_text("sample_rate = 30000.0\n")
    groups = [f"{n}\t{'good' if n < N_UNITS - 4 else 'mua'}" for n in range(N_UNITS)]
    (made / "cluster_group.tsv").write_text("\n".join(["cluster_id\tgroup", *groups]) + "\n")
    TRIALS.to_csv(made / "trials.csv", index=False)
    return made


OPTIONS = ["--label", "side", "--quick"]
OPTIONS += [f"--task={rule}=rule == '{rule}'" for rule in ("visual", "auditory")]


@pytest.mark.parametrize("write", [write_alf, write_phy])
def test_a_folder_leads_to_a_configuration_that_runs(write, tmp_path, command, described):
    folder = write(tmp_path / "recorded").relative_to(tmp_path)
    kind = write.__name__.removeprefix("write_")
    found = described(folder)
    assert found["kind"] == kind
    (session,) = found["sessions"]
    assert session["n_units"] == {"alf": N_UNITS, "phy": N_UNITS - 4}[kind]
    assert session["n_rows"] == {"trials": len(TRIALS)}
    assert not [each for each in found["warnings"] if "no units" in each or "interval" in each]
    assert command("inspect", folder).code == 0
    done = command("init", folder, "-o", "mine.yaml", *OPTIONS)
    assert done.code == 0, done.err
    (keys,) = yaml.safe_load(Path("mine.yaml").read_text())["datasets"].values()
    assert keys["source"] == kind
    assert keys.get("region", keys["regions"].get("column")) in ("all", "acronym")
    assert command("check", "mine.yaml").code == 0


def test_a_folder_of_anything_else_is_one_message(tmp_path, command):
    (tmp_path / "photos").mkdir()
    assert command("inspect", "photos").message == (
        "photos: is a folder without files that can be read. Files that can be read: .csv, .mat, "
        ".nc, .nwb, .parquet; folders: ALF, NWB in Zarr, Phy."
    )


def test_a_folder_of_files_stands_for_the_files_in_it(tmp_path, command, described):
    for name in ("mice/a.nwb", "mice/b.nwb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_nwb(tmp_path / name)
    (tmp_path / "mice/notes.txt").write_text("not read")
    assert described("mice")["files"] == ["mice/a.nwb", "mice/b.nwb"]


def test_files_in_folders_below_are_named_by_a_pattern(tmp_path, command):
    (tmp_path / "mice/sub-1").mkdir(parents=True)
    (tmp_path / "mice/sub-1/a.nwb").touch()
    assert command("inspect", "mice").message == (
        "mice: is a folder; the first file in a folder below is sub-1/a.nwb. "
        "Name the files, as mice/*/*.nwb."
    )


def test_arrays_of_matlab_are_listed_and_lead_to_the_example(tmp_path, command, described):
    scipy.io.savemat(tmp_path / "a.mat", {"rates": np.ones((5, 4, 20, 3)), "note": "text"})
    found = described("a.mat")
    assert found["kind"] == "matlab"
    assert found["sessions"][0]["also"] == ["array 'rates' (5 x 4 x 20 x 3)"]
    assert "array 'rates' (5 x 4 x 20 x 3)" in command("inspect", "a.mat").out
    message = command("init", "a.mat", "-o", "mine.yaml").message
    assert "Write the configuration by hand" in message
    assert "axes: [unit, condition, time, trial]" in message


# --- folders as other programs leave them: inspect, init, check and a run agree -------------------

SESSION = formats.planted(n_trials=40, n_units=12)
BY_RULE = ["--align=cue", "--label=side", "--quick"]
BY_RULE += [f"--task={order}=order == '{order}'" for order in ("pro", "retro")]


def written(folder: Path | str, command, *options: str) -> dict:
    """Write a configuration with `init` and return the keys of its data set."""
    done = command("init", folder, "-o", "mine.yaml", "--force", *options)
    assert done.code == 0, done.err
    (keys,) = yaml.safe_load(Path("mine.yaml").read_text())["datasets"].values()
    return keys


def without(key: str) -> None:
    """Take a key out of the configuration."""
    configuration = yaml.safe_load(Path("mine.yaml").read_text())
    del configuration["datasets"]["mine"][key]
    Path("mine.yaml").write_text(yaml.safe_dump(configuration))


def test_a_probe_sorted_twice_is_shown_once_and_init_chooses(tmp_path, command, described):
    places = ("alf/probe00/iblsorter", "alf/probe00/pykilosort")
    root = layouts.write_alf(tmp_path, SESSION, *reversed(places)).relative_to(tmp_path)
    found = described(root)
    assert found["sessions"][0]["n_units"] == 12
    (warning,) = [each for each in found["warnings"] if "sorted more than once" in each]
    assert ", ".join(places) in warning
    assert "sorting: iblsorter" in warning
    assert written(root, command, *BY_RULE)["sorting"] == ["iblsorter", "pykilosort"]
    assert "sorting: [iblsorter, pykilosort]" in Path("mine.yaml").read_text()
    checked = command("check", "mine.yaml")
    assert checked.code == 0
    without("sorting")
    checked = command("check", "mine.yaml")
    assert checked.code == 1
    assert "a probe was sorted 2 times" in checked.out
    assert "Set the key sorting" in checked.out


def test_one_sorting_needs_no_key(tmp_path, command):
    root = layouts.write_alf(tmp_path, SESSION, "alf/probe00/pykilosort").relative_to(tmp_path)
    assert "sorting" not in written(root, command, *BY_RULE)


def test_revisions_are_inspected_as_a_run_reads_them(tmp_path, command, described):
    root = layouts.write_alf_with_revisions(tmp_path, SESSION).relative_to(tmp_path)
    found = described(root)
    (session,) = found["sessions"]
    assert (session["n_units"], session["n_rows"]) == (12, {"trials": 40})
    said = "the newest revision of each file is read: none, 2024-04-01, 2024-05-06"
    assert said in session["also"]
    (regions,) = found["regions"]
    assert [each["region"] for each in regions["units"]] == ["V4"]
    (cue,) = [each for each in found["tables"][0]["columns"] if each["name"] == "cue"]
    assert cue["low"] == SESSION.trials["cue"][0]
    written(root, command, *BY_RULE)
    assert command("check", "mine.yaml").code == 0


def test_the_release_of_steinmetz_2019_leads_to_a_configuration(tmp_path, command, described):
    session = formats.planted(n_trials=40, n_units=12)
    session.regions[:] = ["VISp"] * 5 + ["CA1"] * 5 + ["root"] * 2
    root = layouts.write_steinmetz(tmp_path, session).name
    found = described(root)
    assert found["regions"][0]["column"] == "allen_ontology"
    counts = {each["region"]: each["n_units"] for each in found["regions"][0]["units"]}
    assert counts == {"VISp": 5, "CA1": 5, "root": 2}
    options = ["--align=visualStim_times", "--quick"]
    options += ["--label=left=response_choice == -1", "--label=right=response_choice == 1"]
    options += ["--task=pro=repNum == 1", "--task=retro=repNum == 2"]
    keys = written(root, command, *options)
    assert keys["regions"]["column"] == "allen_ontology"
    assert keys["regions"]["exclude"] == ["root"]
    checked = command("check", "mine.yaml")
    assert checked.code == 0
    for text in (checked.out, " ".join(found["warnings"])):
        assert "taken as numbered from 1" in " ".join(text.split())


LABELS = {n: "mua" if n % 3 == 2 else "good" for n in range(12)}


def test_output_of_kilosort_4_is_inspected_and_leads_to_a_run(tmp_path, command, described):
    root = layouts.write_kilosort4(tmp_path, SESSION, LABELS).relative_to(tmp_path)
    found = described(root)
    (session,) = found["sessions"]
    assert session["n_units"] == 8
    assert session["also"] == ["4 of 12 clusters that are not good"]
    said = "No cluster was given a group in Phy; group is Kilosort's KSLabel (good: 8, mua: 4)."
    assert f"{root}: {said}" in found["warnings"]
    assert "units" not in written(root, command, *BY_RULE)
    checked = command("check", "mine.yaml")
    assert checked.code == 0
    assert said in " ".join(checked.out.split())


def test_a_half_curated_folder_is_counted_alike(tmp_path, command, described):
    root = layouts.write_kilosort4(tmp_path, SESSION, LABELS)
    layouts.save_in_phy(root, dict.fromkeys(range(4), "good") | {4: "noise"})
    root = root.relative_to(tmp_path)
    found = described(root)
    assert found["sessions"][0]["n_units"] == 4
    said = "7 of 12 clusters were given no group in Phy and are not good."
    assert any(said in each for each in found["warnings"])
    written(root, command, *BY_RULE)
    assert said in " ".join(command("check", "mine.yaml").out.split())


def test_where_nothing_says_what_is_good_init_takes_all(tmp_path, command, described):
    root = layouts.write_kilosort4(tmp_path, SESSION, LABELS)
    for name in ("KSLabel", "group"):
        (root / f"cluster_{name}.tsv").unlink()
    root = root.relative_to(tmp_path)
    found = described(root)
    assert found["sessions"][0]["n_units"] == 12
    assert any("no cluster has a group or a KSLabel" in each for each in found["warnings"])
    keys = written(root, command, *BY_RULE)
    assert keys["units"] is None
    assert command("check", "mine.yaml").code == 0
    without("units")
    checked = command("check", "mine.yaml")
    assert checked.code == 1
    assert "set units to null for all clusters" in " ".join(checked.out.split())


def test_spike_times_on_two_clocks_are_told_and_init_names_the_file(tmp_path, command, described):
    root = layouts.write_kilosort4(tmp_path, SESSION, LABELS)
    times = layouts.spikes_of(SESSION)[0]
    np.save(root / "spike_times_sec_adj.npy", times + 0.05)
    root = root.relative_to(tmp_path)
    (warning,) = [each for each in described(root)["warnings"] if "clocks" in each]
    assert "The times below are from spike_times_sec_adj.npy." in warning
    assert written(root, command, *BY_RULE)["spike_times"] == "spike_times_sec_adj.npy"
    assert command("check", "mine.yaml").code == 0
    without("spike_times")
    checked = command("check", "mine.yaml")
    assert checked.code == 1
    assert "Set the key spike_times" in " ".join(checked.out.split())


def test_sortings_of_all_sessions_are_put_together(tmp_path, command):
    one, other = (tmp_path / name for name in ("one", "other"))
    layouts.write_alf(one, SESSION, "alf/probe00/pykilosort")
    another = formats.planted(n_trials=40, n_units=12, seed=1)
    layouts.write_alf(other, another, "alf/probe00/iblsorter", "alf/probe00/sorter2")
    roots = [layouts.alf_session(each) for each in (one, other)]
    renamed = roots[1].rename(roots[1].with_name("002"))
    done = command("init", roots[0], renamed, "-o", "mine.yaml", *BY_RULE)
    assert done.code == 0, done.err
    (keys,) = yaml.safe_load(Path("mine.yaml").read_text())["datasets"].values()
    assert keys["sorting"] == ["pykilosort", "iblsorter", "sorter2"]


def test_units_null_is_not_proposed_where_a_session_has_groups(tmp_path, command):
    roots = [layouts.write_kilosort4(tmp_path / name, SESSION, LABELS) for name in "ab"]
    renamed = roots[1].parent.rename(roots[1].parent.with_name("monkey2")) / "kilosort4"
    for name in ("KSLabel", "group"):
        (renamed / f"cluster_{name}.tsv").unlink()
    message = command("init", roots[0], renamed, "-o", "mine.yaml", *BY_RULE).message
    assert message.startswith(f"{renamed}, units: no cluster_*.tsv marks clusters as good")


def test_channels_that_may_count_from_0_or_1_are_told_and_init_names_the_key(
    tmp_path, command, described
):
    root = layouts.write_steinmetz(tmp_path, formats.planted(n_trials=40, n_units=12))
    peaks = np.load(root / "clusters.peakChannel.npy")
    np.save(root / "clusters.peakChannel.npy", peaks.astype(np.int32) + 1)
    (warning,) = [each for each in described(root.name)["warnings"] if "first_channel" in each]
    assert "channels 2 to 24 of 384 may be numbered from 0 or from 1." in warning
    options = ["--align=visualStim_times", "--label=response_choice", "--quick"]
    options += ["--task=pro=repNum == 1", "--task=retro=repNum == 2"]
    assert written(root.name, command, *options)["first_channel"] == 0
    without("first_channel")
    checked = command("check", "mine.yaml")
    assert checked.code == 1
    assert "Set the key first_channel to 0 or 1." in " ".join(checked.out.split())
