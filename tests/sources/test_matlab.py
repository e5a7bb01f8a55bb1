"""Arrays of unit x condition x time x trial, in MATLAB files of both kinds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import sources
from neuro_attn.errors import InputError
from neuro_attn.onboarding import inspection, reading
from neuro_attn.sources.mat import listing
from neuro_attn.sources.matlab import contents as matlab_contents
from neuro_attn.sources.matlab import reading as matlab
from tests.matlab_files import write_hdf5, write_older

UNITS, SIDES, ORDERS, SAMPLES, TRIALS = 3, 2, 2, 8, 5
AXES = ["unit", "side", "order", "time", "trial"]
N_TRIALS = np.array([[5, 3], [4, 5]])
"""Trials of each side and order; the others are padded."""
KEYS: dict[str, Any] = {
    "source": "matlab",
    "files": "*.mat",
    "variable": "rates",
    "axes": AXES,
    "levels": {"side": ["left", "right"], "order": "orders"},
    "start": -0.2,
    "sample": 0.1,
    "tasks": {name: {"trials": f"order == '{name}'"} for name in ("pro", "retro")},
    "regions": {"column": "areas"},
}


def array() -> np.ndarray:
    """Return rates that tell where they stand, with NaN for trials that are not there."""
    made = np.random.default_rng(0).uniform(0, 50, (UNITS, SIDES, ORDERS, SAMPLES, TRIALS))
    for side in range(SIDES):
        for order in range(ORDERS):
            made[:, side, order, :, N_TRIALS[side, order] :] = np.nan
    return made


def variables(**changed: Any) -> dict[str, Any]:
    return {"rates": array(), "areas": ["V4", "FEF", "V4"], "orders": ["pro", "retro"], **changed}


@pytest.fixture(params=[write_older, write_hdf5], ids=["version 5", "version 7.3"])
def write(request, tmp_path) -> Callable[..., Path]:
    """Write a file of either kind with the usual variables, some of them changed."""

    def write(name: str = "mouse1", **changed: Any) -> Path:
        content = {k: v for k, v in variables(**changed).items() if v is not None}
        request.param(tmp_path / f"{name}.mat", content)
        return tmp_path / f"{name}.mat"

    return write


@pytest.fixture
def made_with(dataset) -> Callable[..., Any]:
    return lambda **keys: dataset(**{**KEYS, **keys})


def read(path: Path, settings: Any) -> Any:
    (made,) = sources.read("small", settings, path.parent, 0)
    return made


def problem(path: Path, settings: Any) -> str:
    with pytest.raises(InputError) as error:
        read(path, settings)
    return str(error.value)


# --- what is read --------------------------------------------------------------------------------


def test_every_trial_has_the_rates_of_its_place_in_the_array(write, made_with):
    path = write()
    made = read(path, made_with(time={"start": 0.0, "stop": 0.4, "bin": 0.2}))
    assert made.sizes == {"trial": N_TRIALS.sum(), "unit": UNITS, "time": 2}
    assert made["region"].values.tolist() == ["V4", "FEF", "V4"]
    for number in range(made.sizes["trial"]):
        one = made.isel(trial=number)
        side = ["left", "right"].index(str(one["side"].values))
        order = ["pro", "retro"].index(str(one["order"].values))
        assert str(one["task"].values) == str(one["order"].values)
        samples = array()[:, side, order, 2:6, int(one["trial"].values) - 1]
        expected = samples.reshape(UNITS, 2, 2).mean(axis=2)
        np.testing.assert_allclose(one["rates"].values, expected, rtol=1e-6)
    assert made["rates"].attrs["units"] == "spikes/s"
    assert made.attrs["sha256"]


def test_padding_gives_no_trials(write, made_with):
    made = read(write(), made_with())
    counts = made.to_dataframe().reset_index().groupby(["side", "order"])["trial_id"].nunique()
    assert counts.to_numpy().tolist() == N_TRIALS.ravel().tolist()


def test_the_axes_may_stand_in_any_order(write, made_with):
    order = ["trial", "time", "order", "unit", "side"]
    turned = array().transpose([AXES.index(axis) for axis in order])
    one, other = read(write(), made_with()), read(write(rates=turned), made_with(axes=order))
    for side in ("left", "right"):
        rates = [made["rates"].values[(made["side"].values == side)].sum() for made in (one, other)]
        assert rates[0] == pytest.approx(rates[1])


def test_counts_are_divided_by_the_width_of_their_samples(write, made_with):
    one, other = read(write(), made_with()), read(write(), made_with(values="counts"))
    np.testing.assert_allclose(other["rates"], one["rates"] / 0.1, rtol=1e-6)


def test_anything_else_may_be_negative(write, made_with):
    path = write(rates=array() - 25)
    text = problem(path, made_with())
    assert text.startswith(f"{path}, rates, values: values: rates was given, but the array has")
    assert text.endswith("If it contains z-scores or another signal, set values: other.")
    assert read(path, made_with(values="other"))["rates"].attrs["units"] == "a.u."


def test_the_array_may_be_the_field_of_a_struct(write, made_with):
    path = write(rates=None, data={"rates": array()})
    assert read(path, made_with(variable="data.rates")).sizes["unit"] == UNITS


def test_one_region_for_all_units_and_numbers_for_conditions(write, made_with):
    path = write(areas=None, orders=None)
    tasks = {"one": {"trials": "order == 1"}, "two": {"trials": "order == 2"}}
    made = read(path, made_with(region="IT", levels={}, tasks=tasks, regions={}))
    assert set(made["region"].values) == {"IT"}
    assert set(made["label"].values) == {"1", "2"}


def test_an_axis_of_one_trial_that_matlab_drops_comes_back(write, made_with):
    path = write(rates=array()[..., 0])
    assert read(path, made_with()).sizes["trial"] == SIDES * ORDERS


def test_units_recorded_apart_are_sessions_with_their_own_trials(write, made_with):
    apart = array()
    apart[1, 0, 0, :, 2:] = np.nan
    path = write(rates=apart)
    assert problem(path, made_with()) == (
        f"{path}, rates: units 1 and 2 have different trials in condition 1. Units recorded "
        "together share their trials; simultaneous: false makes each unit a session."
    )
    settings = made_with(simultaneous=False)
    made = sources.read("small", settings, path.parent, 0)
    names = ["mouse1-unit1", "mouse1-unit2", "mouse1-unit3"]
    assert [each.attrs["session"] for each in made] == names
    assert sources.session_names("small", settings, path.parent) == names
    assert [each.sizes["trial"] for each in made] == [17, 14, 17]
    outlines = sources.outlines("small", settings, path.parent, 0)
    assert [each.sizes["trial"] for each in outlines] == [17, 14, 17]


def test_arrays_of_numbers_are_listed_with_matlabs_shape(write):
    (rates,) = listing.listed(write(areas=None, orders=None)).items()
    assert rates == ("rates", listing.Listed("numbers", array().shape))


def test_each_element_of_an_array_of_structs_is_a_session(write, made_with):
    """Regions and levels are those of the same element, and an element may be read alone."""
    one, other = variables(), variables(areas=["FEF", "FEF"], rates=array()[:2] + 100)
    path = write(rates=None, areas=None, orders=None, data=[one, other])
    keys = {
        "variable": "data.rates",
        "regions": {"column": "data.areas"},
        "levels": {"side": ["left", "right"], "order": "data.orders"},
    }
    settings = made_with(**keys)
    made = sources.read("small", settings, path.parent, 0)
    assert [each.attrs["session"] for each in made] == ["mouse1-1", "mouse1-2"]
    assert sources.session_names("small", settings, path.parent) == ["mouse1-1", "mouse1-2"]
    assert [each["region"].values.tolist() for each in made] == [["V4", "FEF", "V4"], ["FEF"] * 2]
    np.testing.assert_allclose(made[1]["rates"], made[0]["rates"][:, :2] + 100, rtol=1e-6)
    outlines = sources.outlines("small", settings, path.parent, 0)
    assert [each.sizes["unit"] for each in outlines] == [3, 2]
    levels = {**keys["levels"], "order": "data(2).orders"}
    alone = read(path, made_with(variable="data(2).rates", levels=levels, region="V1"))
    assert alone.attrs["session"] == "mouse1"
    np.testing.assert_array_equal(alone["rates"], made[1]["rates"])


def test_sessions_of_an_array_of_structs_are_chosen_by_name(write, made_with):
    path = write(rates=None, data=[variables(), variables()])
    settings = made_with(variable="data.rates", sessions={"exclude": ["mouse1-1"]})
    (made,) = sources.read("small", settings, path.parent, 0)
    assert made.attrs["session"] == "mouse1-2"
    assert sources.session_names("small", settings, path.parent) == ["mouse1-2"]


@pytest.mark.parametrize("kind", [np.bytes_, h5py.string_dtype()])
def test_text_that_python_wrote_into_hdf5_is_read(tmp_path, made_with, kind):
    path = tmp_path / "python.mat"
    write_hdf5(path, {k: v for k, v in variables().items() if k != "areas"})
    with h5py.File(path, "r+") as file:
        file.create_dataset("areas", data=np.array([b"V4", b"FEF", b"V4"]).astype(kind))
    assert read(path, made_with())["region"].values.tolist() == ["V4", "FEF", "V4"]


def test_each_array_in_cells_is_a_session(write, made_with):
    path = write(rates=[array(), array() + 1])
    made = sources.read("small", made_with(), path.parent, 0)
    assert [each.attrs["session"] for each in made] == ["mouse1-1", "mouse1-2"]
    np.testing.assert_allclose(made[1]["rates"], made[0]["rates"] + 1, rtol=1e-6)


def test_fields_are_listed_and_axes_guessed_from_what_stands_beside_them(write):
    nested = {"recorded": [variables(), variables()], "note": "two mice"}
    path = write(rates=None, areas=None, orders=None, all=nested)
    contents = reading.read([str(path)])[0].sessions[0]
    assert sorted(contents.also) == [
        "array 'all.recorded.rates' (3 x 2 x 2 x 8 x 5) in each of 2 elements",
        "values 'all.recorded.areas' (3) in each of 2 elements",
        "values 'all.recorded.orders' (2) in each of 2 elements",
    ]
    assert "axes: [unit, condition1, condition2, time, trial]" in contents.advice[0]
    assert "regions: {column: all.recorded.areas}" in contents.advice[0]
    assert (
        "each is a session. 'all.recorded(1).rates' is the first one alone." in contents.advice[1]
    )


def test_a_condition_is_recognised_by_the_length_of_its_values(write):
    rates = np.ones((4, 7, 3, 30))
    path = write(rates=rates, areas=["V4"] * 7, orders=["a", "b", "c"], task=[1.0, 2.0, 3.0])
    guess = matlab_contents.guess_axes(str(path), "rates", listing.listed(path))
    assert (guess.axes, guess.region) == (["time", "unit", "orders", "trial"], "areas")
    assert guess.levels == {"orders": "orders"}


def test_signals_that_are_no_rates_are_recognised(write):
    (text,) = inspection.describe([str(write(rates=array() - 25))])[0]["warnings"][1:]
    assert text.endswith("has negative values: z-scores or another signal need values: other.")


def test_axes_named_after_the_files_task_get_another_name(write):
    path = write(rates=np.ones((4, 7, 3, 30)), areas=None, orders=None, task=["a", "b", "c"])
    guess = matlab_contents.guess_axes(str(path), "rates", listing.listed(path))
    assert (guess.axes[2], guess.levels) == ("task_given", {"task_given": "task"})


# --- what is refused -----------------------------------------------------------------------------


def test_a_missing_variable_is_answered_with_those_there(write, made_with):
    path = write()
    assert problem(path, made_with(variable="spikes")).startswith(
        f"{path}: no variable 'spikes'. Variables: "
    )


def test_regions_that_are_nowhere_ask_for_the_key(write, made_with):
    text = problem(write(areas=None), made_with())
    assert "regions.column: no variable 'areas'." in text
    assert text.endswith("Or give the key region, one for all units.")


def test_too_many_axes_are_refused(write, made_with):
    path = write()
    text = problem(path, made_with(axes=["unit", "side", "time", "trial"], levels={}))
    assert text == f"{path}, rates: has 5 axes (3 x 2 x 2 x 8 x 5), not 4."


def test_levels_must_fit_their_axis(write, made_with):
    path = write()
    levels = {"side": ["left", "right", "none"]}
    assert problem(path, made_with(levels=levels)) == (
        f"{path}, rates: axis 'side' has 2 values, levels.side has 3."
    )


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("data", "contains cells, not numbers."),
        ("data.rates(3", "is not the name of a variable."),
        ("data.speed", "no variable 'data(1).speed'. Variables: data(1)."),
        ("data(3).rates", "no element 3 of 'data'. It has 2."),
        ("orders.rates", "no variable 'orders.rates'."),
    ],
)
def test_a_name_that_leads_nowhere_is_answered(write, made_with, variable, expected):
    path = write(rates=None, areas=None, data=[variables(), variables()])
    assert expected in problem(path, made_with(variable=variable, region="V4"))


def test_an_object_of_matlab_is_named_with_what_to_save_instead(tmp_path, made_with):
    path = tmp_path / "objects.mat"
    write_hdf5(path, variables())
    with h5py.File(path, "r+") as file:
        del file["orders"]
        file.create_dataset("orders", data=np.arange(6, dtype=np.uint32))
        file["orders"].attrs["MATLAB_object_decode"] = 3
    assert "object 'orders'" in str(reading.read([str(path)])[0].sessions[0].also)
    text = problem(path, made_with())
    assert text.startswith(f"{path}, orders: is an object of MATLAB: a string array, table, ")
    assert text.endswith("with cellstr, table2struct or double.")


def test_text_is_no_array(write, made_with):
    path = write(rates=["a", "b"])
    assert problem(path, made_with()).startswith(f"{path}, rates: contains ")


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ({"start": 0.0, "stop": 0.75, "bin": 0.25}, "do not fall on its samples. They are 0.1 s"),
        ({"start": 0.05, "stop": 0.45, "bin": 0.1}, "do not fall on its samples"),
        ({"start": 0.0, "stop": 0.7, "bin": 0.1}, "outside the samples. They cover -0.2 to 0.6 s"),
        ({"start": -0.3, "stop": 0.4, "bin": 0.1}, "outside the samples"),
    ],
)
def test_bins_must_be_made_of_samples(write, made_with, time, expected):
    windows = {"all": [time["start"], time["stop"]]}
    assert expected in problem(write(), made_with(time=time, windows=windows))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_missing_inside_a_trial_is_named(write, made_with, value):
    holes = array()
    holes[1, 0, 1, 4, 2] = value
    path = write(rates=holes)
    assert problem(path, made_with()) == (
        f"{path}, rates: {value} in unit 2, condition 2, trial 3, bin 3 of time. Only whole "
        "trials may be missing (NaN); choose a time that all trials have."
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"axes": ["unit", "side", "time"]}, "axes: must name 'trial' once"),
        ({"axes": ["unit", "side", "side", "time", "trial"]}, "axes: 'side' occurs twice"),
        ({"axes": ["unit", "task", "time", "trial"]}, "choose another name, as task_given"),
        ({"axes": ["unit", "session", "time", "trial"]}, "cannot be named 'session'"),
        ({"levels": {"rule": ["a", "b"]}}, "levels.rule: is not an axis"),
    ],
)
def test_axes_are_checked_with_the_configuration(made_with, keys, expected):
    with pytest.raises(InputError, match=expected):
        made_with(**keys)


@given(content=st.binary(max_size=200), place=st.integers(0, 8000), which=st.integers(0, 1))
@settings(max_examples=40)
def test_damaged_bytes_are_an_input_error_or_harmless(content, place, which, damaged, dataset):
    path = damaged[which].with_stem("damaged")
    good = damaged[which].read_bytes()
    for mangled in (content, good[:place], good[:place] + content + good[place:]):
        path.write_bytes(mangled)
        try:
            named = matlab.load(path, dataset(**KEYS))[0].path
        except InputError as error:
            named = error.where
        assert named.startswith(str(path))


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matlab")
    paths = [folder / "older.mat", folder / "hdf5.mat"]
    for path, write in zip(paths, (write_older, write_hdf5), strict=True):
        write(path, variables())
    return paths
