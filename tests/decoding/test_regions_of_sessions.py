"""A region is decoded from its own units in its own sessions, and no others are read."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import decoding, recording
from neuro_attn.configuration import Decoding
from neuro_attn.decoding.building import fewest_units
from neuro_attn.errors import InputError
from neuro_attn.recording import storage
from tests.studies import study_of

REGIONS = ("FEF", "V4", "LIP")


def recording_of(session: str, regions: list[str], n_trials: int = 80) -> xr.Dataset:
    """Return a Recording of units in these regions, of one task."""
    rates = np.random.default_rng(len(regions)).random((n_trials, len(regions), 1))
    return xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates.astype(np.float32))},
        coords={
            "time": ("time", [0.05]),
            "trial_id": ("trial", np.arange(n_trials)),
            "task": ("trial", np.full(n_trials, "task0", dtype=object)),
            "label": ("trial", np.resize(np.array(["left", "right"], dtype=object), n_trials)),
            "unit_id": ("unit", np.arange(len(regions))),
            "region": ("unit", np.array(regions, dtype=object)),
        },
        attrs={"session": session},
    )


def study(population: str):
    return study_of(Decoding(population=population))


@given(
    regions=st.lists(
        st.lists(st.sampled_from(REGIONS), min_size=1, max_size=8), min_size=1, max_size=4
    ),
    population=st.sampled_from(["simultaneous", "pseudopopulation"]),
)
def test_the_sessions_of_a_region_give_the_same_populations_as_all(regions, population):
    made = [recording_of(f"s{number}", each) for number, each in enumerate(regions)]
    given_study = study(population)
    table = decoding.regions_table(made, given_study)
    units = decoding.session_units(made, given_study.dataset, table["region"].unique())
    assert units["n_units"].min() >= fewest_units(given_study.dataset)
    for region in table["region"].unique():
        sessions = set(units["session"][units["region"] == region])
        own = [each for each in made if each.attrs["session"] in sessions]
        every, some = (
            decoding.build_populations(each, given_study, region) for each in (made, own)
        )
        assert [member.session for member in every] == [member.session for member in some]
        for one, other in zip(every, some, strict=True):
            assert one.classes == other.classes
            for part, same in zip(one.parts, other.parts, strict=True):
                assert part.session == same.session
                np.testing.assert_array_equal(part.rates, same.rates)
                np.testing.assert_array_equal(part.label, same.label)
                assert part.unit_ids.tolist() == same.unit_ids.tolist()


def test_only_the_rates_of_a_region_are_read(tmp_path, monkeypatch):
    made = recording_of("s1", ["V4", "FEF"] * 20)
    stored = recording.by_region(made)
    assert stored["region"].values.tolist() == ["V4"] * 20 + ["FEF"] * 20
    assert stored["unit_id"].values.tolist() == [*range(0, 40, 2), *range(1, 40, 2)]
    recording.save(stored, tmp_path / "s1.nc")
    read = []

    def reads(self, key):
        read.append(key)
        return original(self, key)

    original = storage._Stored._read
    monkeypatch.setattr(storage._Stored, "_read", reads)
    on_disk = recording.on_disk(tmp_path / "s1.nc")
    assert read == []
    (member,) = decoding.build_populations([on_disk], study("pseudopopulation"), "FEF")
    assert [units for _, units, _ in read] == [slice(20, 40)]
    (in_memory,) = decoding.build_populations([made], study("pseudopopulation"), "FEF")
    np.testing.assert_array_equal(member.parts[0].rates, in_memory.parts[0].rates)


def test_units_are_compressed_in_chunks_that_contain_few_others(tmp_path):
    made = recording_of("s1", ["V4"] * 500, n_trials=1_000)
    recording.save(made, tmp_path / "s1.nc")
    with recording.opened(tmp_path / "s1.nc") as found:
        n_trials, n_units, n_times = found["rates"].encoding["chunksizes"]
    assert (n_trials, n_times) == (1_000, 1)
    assert 4 * n_trials * n_units * n_times <= 2**18


def test_the_outline_of_a_file_has_its_units_and_trials_and_no_rates(tmp_path):
    made = recording_of("s1", ["V4", "FEF"])
    recording.save(made, tmp_path / "s1.nc")
    outline = recording.outline(tmp_path / "s1.nc")
    assert outline.drop_vars("rates").identical(
        recording.load(tmp_path / "s1.nc").drop_vars("rates")
    )
    assert outline["rates"].shape == made["rates"].shape
    assert not outline["rates"].values.any()
    assert outline["rates"].values.strides == (0, 0, 0)


def test_a_damaged_file_is_one_message_when_its_rates_are_read(tmp_path):
    path = tmp_path / "s1.nc"
    recording.save(recording_of("s1", ["V4"] * 4), path)
    on_disk = recording.on_disk(path)
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"s1\.nc"):
        decoding.build_populations([on_disk], study("pseudopopulation"), "V4")
