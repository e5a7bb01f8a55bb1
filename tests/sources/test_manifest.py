"""The files of a run are searched once; its jobs read what was found."""

import pytest

from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.sources import manifest
from tests import formats


@pytest.fixture(params=["nwb", "alf", "csv", "matlab", "netcdf"])
def searched(request, tmp_path):
    """Return a data set, its folder and a store, and the sessions when they were searched."""
    session = formats.planted(n_trials=8, n_units=2)
    data = tmp_path / "data"
    keys = formats.write_several(request.param, data, {"monday": session, "tuesday": session})
    datasets = parse({"datasets": {"mine": keys}}).datasets
    return datasets, data, tmp_path / "store", sources.parts("mine", datasets["mine"], data)


def without(data):
    return data.rename(data.with_name("elsewhere"))


def test_a_job_reads_what_the_run_found_and_touches_no_data(searched):
    datasets, data, store, expected = searched
    assert sources.listed(datasets, data, store) == {"mine": expected}
    without(data)
    assert sources.listed(datasets, data, store, in_job=True) == {"mine": expected}


def test_a_job_that_does_not_share_the_folder_of_the_run_finds_the_manifest_in_a_variable(
    searched, tmp_path, monkeypatch
):
    datasets, data, store, expected = searched
    manifest.written(datasets, data, store)
    monkeypatch.setenv(manifest.PACKED, manifest.packed(store))
    without(data)
    elsewhere = tmp_path / "pod"
    assert sources.listed(datasets, data, elsewhere, in_job=True) == {"mine": expected}
    monkeypatch.setenv(manifest.PACKED, "damaged")
    with pytest.raises(InputError, match="does not exist"):
        sources.listed(datasets, data, elsewhere, in_job=True)


@pytest.mark.parametrize(
    ("path", "files", "found"),
    [
        ("data", ["data/a.nwb"], "data"),
        ("data", ["data/data/a.nwb"], "data"),
        ("/data", [".snakemake/storage/s3/bucket/data/a.nwb"], ".snakemake/storage/s3/bucket/data"),
        ("my/data", [".snakemake/fs/data/my/data/s1/x.npy"], ".snakemake/fs/data/my/data"),
        ("data/a.nwb", ["copies/data/a.nwb"], "copies/data/a.nwb"),
        ("data", [], "data"),
        ("data", ["elsewhere/a.nwb"], "data"),
        ("", ["copies/data/a.nwb"], ""),
    ],
)
def test_the_folder_of_copied_files_is_found(path, files, found):
    assert sources.as_copied(path, files) == found


def test_snakemake_reads_what_the_command_line_found_just_before(searched, monkeypatch):
    datasets, data, store, expected = searched
    monkeypatch.setenv(manifest.VARIABLE, manifest.written(datasets, data, store))
    without(data)
    assert sources.listed(datasets, data, store) == {"mine": expected}


def test_a_later_run_searches_again(searched, monkeypatch):
    datasets, data, store, _ = searched
    sources.listed(datasets, data, store)
    without(data)
    with pytest.raises(InputError, match="does not exist"):
        sources.listed(datasets, data, store)
    monkeypatch.setenv(manifest.VARIABLE, "the digest of another manifest")
    with pytest.raises(InputError, match="does not exist"):
        sources.listed(datasets, data, store)


def test_a_job_with_other_settings_or_a_damaged_manifest_searches(searched):
    datasets, data, store, expected = searched
    (path,) = _written(datasets, data, store)
    other = {"mine": datasets["mine"].model_copy(update={"label": "order"})}
    for content in (path.read_text(), path.read_text()[:100], "{}", "[]", ""):
        path.write_text(content)
        assert sources.listed(other, data, store, in_job=True) == {"mine": expected}


def _written(datasets, data, store):
    manifest.written(datasets, data, store)
    return list(store.iterdir())


def test_each_session_has_a_part_unless_files_contain_several(searched):
    datasets, data, _, found = searched
    sessions = [each for part in found for each in part.sessions]
    assert len(found) == (1 if datasets["mine"].source == "table" else len(sessions))
    assert sessions == sources.session_names("mine", datasets["mine"], data)
    files = sources.input_files("mine", datasets["mine"], data)
    assert files == [file for part in found for file in part.files]
    assert len(set(files)) == len(files)
