"""Which units of an NWB file are read, and where they lie."""

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml
from pynwb.misc import Units

from neuro_attn import sources
from neuro_attn.command_line import main
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.sources.nwb import reading as nwb
from tests import formats, nwb_layouts

N_UNITS = 6


@pytest.fixture
def session():
    regions = [("V4", "FEF")[n % 2] for n in range(N_UNITS)]
    return replace(formats.planted(n_trials=24, n_units=N_UNITS), regions=regions)


@pytest.fixture
def saved(tmp_path, session):
    """Save a file with trials and electrodes, to which a function adds units; return its keys."""

    def saved(add, locations=None):
        file = nwb_layouts.file_of(session, locations)
        nwb_layouts.add_trials(file, session)
        add(file)
        nwb_layouts.save(file, tmp_path / "planted.nwb")
        return nwb_layouts.keys_of({})

    return saved


def read(tmp_path, keys, **more):
    dataset = parse({"datasets": {"planted": {**keys, **more}}}).datasets["planted"]
    return nwb.read(tmp_path / "planted.nwb", dataset)


def problem(*arguments, **more) -> str:
    with pytest.raises(InputError) as error:
        read(*arguments, **more)
    return str(error.value)


def processed(*names):
    """Return what adds units tables of two units each to a processing module."""

    def add(file):
        module = file.create_processing_module("ecephys", "sorted spikes")
        for k, name in enumerate(names):
            units = Units(name=name, description=name, electrode_table=file.electrodes)
            module.add(units)
            for n in range(2):
                units.add_unit(spike_times=5 + 0.01 * np.arange(10 * (k + 1)), electrodes=[n])

    return add


def test_of_several_units_tables_one_must_be_chosen(tmp_path, saved):
    keys = saved(processed("probe0", "probe1"))
    assert problem(tmp_path, keys) == (
        f"{tmp_path / 'planted.nwb'}, units: the file has 2 units tables. Name one with the key "
        "units_table: ecephys/probe0, ecephys/probe1."
    )
    for name in ("probe1", "ecephys/probe1"):
        assert list(map(len, read(tmp_path, keys, units_table=name).spike_times)) == [20, 20]
    assert problem(tmp_path, keys, units_table="probe2").endswith(
        "no units table is named 'probe2' (units_table). Units tables: ecephys/probe0, "
        "ecephys/probe1."
    )


def test_the_files_own_units_come_before_those_of_modules(tmp_path, saved, capsys):
    def add(file):
        file.add_unit(spike_times=[6.0, 7.0, 8.0], electrodes=[0])
        processed("raw")(file)

    keys = saved(add)
    assert list(map(len, read(tmp_path, keys).spike_times)) == [3]
    assert main(["inspect", str(tmp_path / "planted.nwb")]) == 0
    assert "also: units table 'ecephys/raw' (2 units)" in capsys.readouterr().out


def test_inspect_and_init_name_the_units_tables(tmp_path, saved, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    saved(processed("probe0", "probe1"))
    assert main(["inspect", "--json", "planted.nwb"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert any("2 units tables; a run needs the key units_table" in w for w in found["warnings"])
    options = ("init", "planted.nwb", "-o", "planted.yaml", "--label", "side")
    assert main(options) == 1
    assert "Candidates: ecephys/probe0, ecephys/probe1" in capsys.readouterr().err
    assert main([*options, "--units-table", "ecephys/probe1"]) == 0
    keys = yaml.safe_load((tmp_path / "planted.yaml").read_text())["datasets"]["planted"]
    assert keys["units_table"] == "ecephys/probe1"


def test_an_electrode_of_the_peak_comes_before_all_electrodes(tmp_path, saved, session):
    def add(file):
        for times in session.spike_times:
            file.add_unit(spike_times=times, electrodes=list(range(N_UNITS)))
        peaks = list(range(N_UNITS))[::-1]
        file.units.add_column("max_electrode", "peak", data=peaks, table=file.electrodes)

    keys = saved(add)
    assert read(tmp_path, keys).units["region"].tolist() == session.regions[::-1]
    for column, regions in {
        "max_electrode.location": session.regions[::-1],
        "electrodes.location": ["V4"] * N_UNITS,
        "electrode_group.location": session.regions[::-1],
    }.items():
        read_again = read(tmp_path, keys, regions={"column": column})
        assert read_again.units["region"].tolist() == regions


@pytest.mark.parametrize("indexed", [False, True])
def test_any_reference_to_the_electrodes_leads_to_regions(tmp_path, saved, session, indexed):
    def add(file):
        for times in session.spike_times:
            file.add_unit(spike_times=times)
        rows = [[n] for n in range(N_UNITS)] if indexed else list(range(N_UNITS))
        file.units.add_column(
            "seen_on", "electrodes", data=rows, table=file.electrodes, index=indexed
        )

    keys = saved(add)
    for column in ("location", "seen_on.location", "electrodes.location"):
        found = read(tmp_path, keys, regions={"column": column})
        assert found.units["region"].tolist() == session.regions


def test_units_of_no_interval_of_observation_count_as_observed(tmp_path, saved, session):
    def add(file):
        for n, times in enumerate(session.spike_times):
            intervals = np.array([[0.0, 100.0]]) if n % 2 else np.empty((0, 2))
            times = times[:0] if n == 0 else times
            file.add_unit(spike_times=times, electrodes=[n], obs_intervals=intervals)

    keys = saved(add)
    found = read(tmp_path, keys)
    assert len(found.spike_times[0]) == 0
    said = "3 of 6 units have no obs_intervals; they count as observed throughout."
    assert found.remarks == [said]
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    (made,) = sources.read("planted", dataset, tmp_path, 0)
    assert made.sizes["unit"] == N_UNITS
    assert made.sizes["trial"] == len(session.trials)
    assert said in made.attrs["remarks"]


def test_spike_times_without_an_index_are_refused(tmp_path, saved):
    keys = saved(lambda file: file.add_unit(spike_times=[6.0, 7.0], electrodes=[0]))
    with nwb_layouts.edited(tmp_path / "planted.nwb") as kept:
        del kept["units/spike_times_index"]
    assert "units.spike_times: the column has no index" in problem(tmp_path, keys)


def test_arrays_of_a_unit_are_no_region(tmp_path, saved, session):
    def add(file):
        for n, times in enumerate(session.spike_times):
            file.add_unit(spike_times=times, electrodes=[n], waveform_mean=np.zeros((5, 2)))

    keys = saved(add)
    text = problem(tmp_path, keys, regions={"column": "waveform_mean"})
    assert "regions.column: the column 'waveform_mean' has arrays, not one name a unit." in text


# --- every source with a table of units --------------------------------------------------------

WITH_UNITS = ("nwb", "csv", "parquet", "alf", "phy")


@pytest.mark.parametrize("source", WITH_UNITS)
def test_blank_regions_are_one_message_and_the_key_region_names_one(source, tmp_path, session):
    keys = formats.write(source, tmp_path, replace(session, regions=[""] * N_UNITS))
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    with pytest.raises(InputError, match=r"none of the 6 units has a region: .* is blank\. .*key"):
        sources.read("planted", dataset, tmp_path, 0)
    named = parse({"datasets": {"planted": {**keys, "region": "LPFC"}}}).datasets["planted"]
    (made,) = sources.read("planted", named, tmp_path, 0)
    assert made["region"].values.tolist() == ["LPFC"] * N_UNITS


@pytest.mark.parametrize("source", WITH_UNITS)
def test_units_are_kept_by_an_expression_in_every_source(source, tmp_path, session):
    keys = formats.write(source, tmp_path, session)
    column = keys.get("regions", {}).get("column", "location")
    key = "units_where" if source in ("csv", "parquet") else "units"

    def kept(expression):
        chosen = {**keys, key: expression}
        dataset = parse({"datasets": {"planted": chosen}}).datasets["planted"]
        return sources.read("planted", dataset, tmp_path, 0)[0]

    every = kept(f"{column} != 'nowhere'")
    made = kept(f"{column} == 'FEF'")
    assert made["region"].values.tolist() == ["FEF"] * (N_UNITS // 2)
    np.testing.assert_array_equal(made["rates"], every["rates"][:, every["region"] == "FEF"])
    with pytest.raises(InputError, match=f"Values of {column}: 'V4' \\(3\\), 'FEF' \\(3\\)"):
        kept(f"{column} == 'LIP'")
    with pytest.raises(InputError, match=r"no column of the (unit|cluster)s 'loc'"):
        kept("loc == 'V4'")


@pytest.mark.parametrize("source", WITH_UNITS)
def test_init_gives_units_without_regions_the_key_region(
    source, tmp_path, session, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    formats.write(source, tmp_path, replace(session, regions=[""] * N_UNITS))
    monkeypatch.chdir(tmp_path)
    files = {"nwb": ["planted.nwb"], "alf": ["planted"], "phy": ["planted"]}.get(
        source, [f"{role}.{source}" for role in ("spikes", "trials", "units")]
    )
    assert main(["inspect", *files]) == 0
    assert "or the key region, which gives all units one" in " ".join(
        capsys.readouterr().out.split()
    )
    assert main(["init", *files, "-o", "blank.yaml", "--label", "side", "--align", "cue"]) == 0
    written = yaml.safe_load((tmp_path / "blank.yaml").read_text())["datasets"]["blank"]
    assert written["region"] == "all"
    assert main(["check", "blank.yaml"]) == 0
