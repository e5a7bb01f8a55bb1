"""Files are found, sessions named and data sets read alike, whatever the source."""

import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import scipy.io
import yaml

from neuro_attn import sources
from neuro_attn.configuration import AnyDataset, NetworkDataset, parse
from neuro_attn.errors import InputError
from tests import formats

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    for name in ("b.nwb", "a.nwb", "deeper/a.nwb", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.nwb").mkdir()
    return tmp_path


def test_files_come_sorted_once_and_without_folders(folder, dataset):
    settings = dataset(source="nwb", files=["*.nwb", "b.*"])
    expected = [str(folder / "a.nwb"), str(folder / "b.nwb")]
    assert sources.input_files("small", settings, folder) == expected
    assert sources.session_names("small", settings, folder) == ["a", "b"]


def test_patterns_may_be_absolute(folder, dataset, tmp_path_factory):
    settings = dataset(source="nwb", files=str(folder / "b*.nwb"))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert sources.input_files("small", settings, elsewhere) == [str(folder / "b.nwb")]


def test_a_data_folder_may_look_like_a_pattern(tmp_path, dataset):
    strange = tmp_path / "[2021] *"
    strange.mkdir()
    (strange / "a.nwb").touch()
    settings = dataset(source="nwb", files="*.nwb")
    assert sources.session_names("small", settings, strange) == ["a"]


def test_a_pattern_without_files_is_named_with_key_and_folder(folder, dataset):
    settings = dataset(source="nwb", files=["a.nwb", "mouse*.nwb"])
    with pytest.raises(InputError) as error:
        sources.input_files("small", settings, folder)
    assert str(error.value) == (
        f"datasets.small.files: 'mouse*.nwb' matches no file in {folder}. "
        f"{folder} contains: {', '.join(sorted(each.name for each in folder.iterdir()))}. "
        "Patterns are relative to data_folder, or absolute."
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("mine/*.nwb", "Did you mean mice/*.nwb?"),
        ("mice/sesion1.nwb", "Did you mean mice/session1.nwb?"),
        ("mice\\*.nwb", "Write / instead of \\: mice/*.nwb."),
        ("'mice/*.nwb'", "Remove the quotation marks, which are part of the path: mice/*.nwb."),
        ("“mice/*.nwb”", "Remove the quotation marks, which are part of the path: mice/*.nwb."),
        ("~/*.nwb", "Write the path in full, since ~ and variables are not expanded: /"),
        ("mice/*.mat", "mice contains: session1.nwb. Patterns are relative to data_folder"),
        ("rats/*.nwb", "contains: mice. Patterns are relative"),
    ],
)
def test_what_a_pattern_meant_is_named(tmp_path, dataset, pattern, expected):
    (tmp_path / "mice").mkdir()
    (tmp_path / "mice/session1.nwb").touch()
    with pytest.raises(InputError) as error:
        sources.input_files("small", dataset(source="nwb", files=pattern), tmp_path)
    assert expected in str(error.value)


def test_two_files_may_not_be_one_session(folder, dataset):
    settings = dataset(source="nwb", files=["*.nwb", "deeper/*.nwb"])
    with pytest.raises(InputError) as error:
        sources.input_files("small", settings, folder)
    assert str(error.value) == (
        f"datasets.small.files: {folder / 'a.nwb'} and {folder / 'deeper/a.nwb'} would both be "
        "the session 'a'. A session is named after its file; rename one."
    )


@pytest.mark.parametrize("source", ["nwb", "alf", "csv"])
@pytest.mark.parametrize("character", "<>{}")
def test_a_path_cannot_have_a_character_that_is_markup_or_a_wildcard(source, character, tmp_path):
    """The report of Snakemake lists paths; a folder could be called <script>."""
    folder = tmp_path / f"a {character} b"
    keys = formats.write(source, folder, formats.planted(n_trials=4, n_units=1))
    named = {
        k: f"{folder.name}/{keys[k]}" for k in ("files", "spikes", "trials", "units") if k in keys
    }
    settings = parse({"datasets": {"planted": {**keys, **named}}}).datasets["planted"]
    with pytest.raises(InputError, match=r"datasets\.planted\.\w+: .* contains one of \{ \} < >\."):
        sources.input_files("planted", settings, tmp_path)


def test_spikes_need_an_event(folder, dataset):
    tasks = {"pro": {"trials": "order == 1"}}
    with pytest.raises(InputError) as error:
        sources.read("small", dataset(source="nwb", files="*.nwb", tasks=tasks), folder, 0)
    assert str(error.value) == (
        "datasets.small.tasks.pro.align: the key is missing. "
        "It names the trial column with the event's time, s."
    )


@pytest.mark.parametrize("source", formats.EVERY)
def test_files_are_recognised_by_one_source_whatever_the_order_of_sources(source, tmp_path):
    keys = formats.write(source, tmp_path, formats.planted(n_trials=8, n_units=1))
    for path in map(str, tmp_path.iterdir()):
        found = [each for each in sources.SOURCES.values() if each.recognises(path)]
        # A general source reads what no other recognises.
        (only,) = [each for each in found if not each.is_general] or found
        assert only.name == keys["source"]


@pytest.mark.parametrize("source", sources.SOURCES.values(), ids=sources.SOURCES)
def test_a_source_is_named_after_its_modules_and_comments_on_its_own_keys(source):
    assert sources.SOURCES[source.name] is source
    assert source.settings.model_fields["source"].annotation == Literal[source.name]
    assert set(source.comments) <= set(source.settings.model_fields)
    assert source.settings.TITLE
    assert source.called


def test_activations_are_not_read_from_files(dataset):
    settings = dataset(source="nwb", files="*")
    shared = {key: getattr(settings, key) for key in ("label", "tasks", "time", "windows")}
    network = NetworkDataset(network="n", trained=True, **shared)
    with pytest.raises(TypeError, match="network data set"):
        sources.read("n", network, ".", 0)


def test_only_the_source_that_is_read_is_imported():
    code = (
        "import sys, neuro_attn.sources; sys.exit('neuro_attn.sources.nwb.reading' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_all_units_of_a_raster_data_set_are_read(tmp_path, dataset):
    for name in ("unit2", "unit1"):
        labels = np.array(
            [("left", "pro"), ("right", "pro"), ("left", "retro"), ("right", "retro")], object
        )
        scipy.io.savemat(
            tmp_path / f"{name}.mat",
            {
                "raster_data": np.eye(4, 400),
                "raster_labels": {"side": labels[:, 0], "order": labels[:, 1]},
                "raster_site_info": {"alignment_event_time": 1.0},
            },
        )
    tasks = {t: {"trials": f"order == '{t}'", "align": "onset"} for t in ("pro", "retro")}
    settings = dataset(source="raster", files="*.mat", tasks=tasks)
    recordings = sources.read("small", settings, tmp_path, 0)
    assert [made.attrs["session"] for made in recordings] == ["unit1", "unit2"]
    assert sources.session_names("small", settings, tmp_path) == ["unit1", "unit2"]


# --- real recordings ---------------------------------------------------------------------------


def real(name: str) -> AnyDataset:
    with open(ROOT / "config" / f"{name}.yaml") as file:
        return parse(yaml.safe_load(file), f"{name}.yaml").datasets[name]


def folder_of(real_data: Path, name: str) -> Path:
    if not (real_data / name).is_dir():
        pytest.skip(f"no {name} in {real_data}")
    return real_data


def test_steinmetz_session_11_has_rates_of_motor_cortex_without_root(real_data):
    data = folder_of(real_data, "steinmetz2019")
    settings = real("steinmetz2019").model_copy(update={"files": "steinmetz2019/session11.nwb"})
    (made,) = sources.read("steinmetz2019", settings, data, 0)
    regions, counts = np.unique(made["region"].values, return_counts=True)
    assert dict(zip(regions, counts.tolist(), strict=True)) == {
        "CP": 275,
        "LSc": 72,
        "LSr": 4,
        "MOp": 447,
        "PT": 45,
    }
    assert set(made["task"].values) == {"unilateral", "bilateral"}
    assert set(made["label"].values) == {"left", "right"}
    assert (made["feedback_type"] == 1).all()
    assert 0.5 < float(made["rates"].mean()) < 20
    # Spikes were spread evenly over bins of 10 ms; the rates of bins of 20 ms are whole counts.
    np.testing.assert_allclose(made["rates"] * 0.02, np.round(made["rates"] * 0.02), atol=1e-4)


def test_all_steinmetz_sessions_are_read(real_data):
    data = folder_of(real_data, "steinmetz2019")
    settings = real("steinmetz2019")
    recordings = sources.read("steinmetz2019", settings, data, 0)
    names = sources.session_names("steinmetz2019", settings, data)
    assert [made.attrs["session"] for made in recordings] == names
    assert len(names) == 6
    assert not any("root" in made["region"].values for made in recordings)


def test_zhang_desimone_is_132_units_shown_seven_objects_at_three_positions(real_data):
    data = folder_of(real_data, "zhang_desimone")
    recordings = sources.read("zhang_desimone", real("zhang_desimone"), data, 0)
    assert len(recordings) == 132
    for made in recordings:
        assert made.sizes["unit"] == 1
        assert made["region"].values.tolist() == ["IT"]
        conditions = set(zip(made["task"].values, made["label"].values, strict=True))
        assert len(conditions) == 21
        assert len({task for task, _ in conditions}) == 3
    means = [float(made["rates"].mean()) for made in recordings]
    assert 1 < np.mean(means) < 50
