"""Names that become files are refused, or encoded, where a file system or Snakemake trips."""

import os
import re
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from snakemake.io import PeriodicityDetector

from neuro_attn import decoding, files, sources
from neuro_attn.command_line import main
from neuro_attn.configuration import network_dataset, parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking
from neuro_attn.study import Study
from tests import formats
from tests.hostile.conftest import keys
from tests.workflow.conftest import NETWORKS, SMALL

COMPOSED, DECOMPOSED = "\u00e9", "e\u0301"
DEVICES = ["CON", "con", "Nul", "aux.x", "PRN.nc", "com1", "LPT9.csv", "COM\u00b9"]
NO_DEVICES = ["CONE", "null", "com", "com10", "lpt", "V4.con", "x.nul"]


# --- predicates ---------------------------------------------------------------------------------


@given(
    start=st.text("ab%", max_size=5),
    repeated=st.text("ab2", min_size=1, max_size=4),
    times=st.integers(15, 110),
)
def test_endings_that_repeat_are_those_that_snakemake_refuses(start, repeated, times):
    name = start + repeated * times
    assert files.is_periodic(name) == (PeriodicityDetector().is_periodic(name) is not None)


@pytest.mark.parametrize("name", DEVICES)
def test_names_that_windows_reserves_are_encoded_in_file_names(name):
    assert files.is_device(name)
    encoded = files.as_filename(name)
    assert not files.is_device(encoded + ".nc")
    assert files.from_filename(encoded) == name


@pytest.mark.parametrize("name", NO_DEVICES)
def test_names_like_them_stay_legible(name):
    assert files.as_filename(name) == name


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=8, unique=True))
def test_names_that_do_not_meet_are_different_files_on_any_file_system(names):
    if files.meeting(names) is not None:
        return
    for on_disk in (
        str.casefold,
        str.upper,
        lambda name: unicodedata.normalize("NFD", name),
        lambda name: unicodedata.normalize("NFD", name).casefold(),
    ):
        encoded = [on_disk(files.as_filename(name)) for name in names]
        assert len(set(encoded)) == len(names)


@pytest.mark.parametrize(
    ("one", "other"),
    [("V4", "v4"), ("\u00c4", "\u00e4"), (COMPOSED, DECOMPOSED), ("\u00c9", DECOMPOSED)],
)
def test_names_that_meet(one, other):
    assert files.meeting(["x", one, "y", other]) == (one, other)
    assert files.meeting([one, "x", one]) is None


def test_names_that_look_the_same_are_shown_apart():
    assert files.shown_apart("V4", "v4") == "'V4' and 'v4'"
    assert files.shown_apart(COMPOSED, DECOMPOSED) == r"'\xe9' and 'e\u0301'"


@pytest.mark.parametrize("name", ["a" * 20, "x " * 30, "\u00e4" * 20, "V4" + "_l" * 25])
def test_a_region_or_session_whose_ending_repeats_is_refused(name):
    with pytest.raises(InputError, match="ends in a text that repeats 20 times or more"):
        files.as_filename(name)
    files.as_filename(name[: len(name) * 19 // 30])


# --- names in the configuration -----------------------------------------------------------------


def with_datasets(*names: str) -> dict:
    made = keys()
    return {**made, "datasets": dict.fromkeys(names, made["datasets"]["mine"])}


def with_networks(*names: str) -> dict:
    return {**SMALL, **NETWORKS, "networks": dict.fromkeys(names, NETWORKS["networks"]["tiny"])}


REFUSED = {
    "two data sets that differ in case": (
        with_datasets("Mine", "mine"),
        "datasets.mine: 'Mine' and 'mine' would be one folder where file names ignore case",
    ),
    "two networks that differ in case": (
        with_networks("GRU", "gru"),
        "networks.gru: 'GRU' and 'gru' would be one folder",
    ),
    "two data sets that differ in how syllables are encoded": (
        with_datasets("\ud55c", unicodedata.normalize("NFD", "\ud55c")),
        r"'\ud55c' and '\u1112\u1161\u11ab' would be one folder",
    ),
    "a reserved name in capitals": (with_datasets("Figures"), "that name is reserved"),
    "the folder of checksums": (with_datasets("checksums"), "that name is reserved"),
    "the report": (with_datasets("report.HTML"), "that name is reserved"),
    "a name of the networks' in capitals": (with_datasets("Network-x"), "that name is reserved"),
    "a table of the networks": (
        with_networks("training.csv"),
        "networks.training.csv: that name is reserved for workflow output",
    ),
    "the folder of lists": (with_networks("List_Recall"), "that name is reserved"),
    "a network called as an untrained one": (
        with_networks("gru", "GRU-untrained"),
        "results of the untrained network would be in the folder of another network",
    ),
    "a device": (with_datasets("con"), "or be one that Windows reserves"),
    "a device with a suffix": (with_networks("Aux.x"), "or be one that Windows reserves"),
    "a dot at the end": (with_datasets("mine."), "must not end in a dot"),
    "an ending that repeats": (with_datasets("my" + "-1" * 20), "repeats 20 times"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_name_of_a_data_set_or_network_is_refused(case):
    given, said = REFUSED[case]
    with pytest.raises(InputError) as caught:
        parse(given)
    assert said in str(caught.value)


@pytest.mark.parametrize("command", ["check", "run"])
def test_check_and_run_refuse_it_alike(command, tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(with_datasets("Mine", "mine")))
    monkeypatch.chdir(tmp_path)
    assert main([command, "mine.yaml"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("neuro-attn: error: mine.yaml, line ")
    assert "'Mine' and 'mine' would be one folder" in said
    assert said.count("\n") == 1


def test_names_that_are_no_file_names_may_differ_in_case():
    """Tasks, windows and classes stand in tables and captions only."""
    given = keys()["datasets"]["mine"]
    given["tasks"] = {
        name: {"trials": f"rule == '{name}'", "align": "stimulus"} for name in ("Aux", "aux")
    }
    given["windows"] = {"Late": [0.2, 0.4], "late": [0.4, 0.6]}
    assert set(parse({"datasets": {"mine": given}}).datasets["mine"].tasks) == {"Aux", "aux"}


def test_networks_called_untrained_have_rules_of_their_own():
    parse(with_networks("gru", "untrained_gru"))
    rules = Path(__file__).parents[1] / "workflow/rules/networks.smk"
    names = re.findall(r'f"(\w+_)\{name\}"', rules.read_text())
    assert sorted(names) == ["record_", "train_"]
    assert not any(one != other and one.startswith(other) for one in names for other in names)


# --- names in files -----------------------------------------------------------------------------


def examined(keys: dict, folder: Path) -> list[str]:
    (report,) = checking.examine(parse({"datasets": {"planted": keys}}), folder)
    return list(map(str, report.problems))


@pytest.mark.parametrize("source", formats.EVERY)
def test_regions_that_differ_in_case_are_refused_by_check_and_run(source, tmp_path):
    session = formats.planted(n_units=8)
    session = formats.Session(session.trials, session.spike_times, ["V4"] * 4 + ["v4"] * 4)
    written = formats.write(source, tmp_path, session)
    written["decoding"] = {"population": "pseudopopulation", "folds": 2}
    said = (
        "datasets.planted.regions: the regions 'V4' and 'v4' would be one file where file names "
        "ignore case and the encoding of accents, as on macOS and Windows. If they are one region, "
        "group them under regions.map: V4: [V4, v4]. Otherwise, give one another name there, or "
        "exclude it."
    )
    assert said in examined(written, tmp_path)
    dataset = parse({"datasets": {"planted": written}}).datasets["planted"]
    recordings = sources.read("planted", dataset, tmp_path, 0)
    with pytest.raises(InputError) as caught:
        decoding.regions_table(recordings, Study("planted", dataset, 1))
    assert str(caught.value) == said

    written["regions"] = {**written.get("regions", {}), "map": {"V4": ["V4", "v4"]}}
    assert not [each for each in examined(written, tmp_path) if "would be one file" in each]


@pytest.mark.parametrize(("one", "other"), [("Day1", "day1"), (COMPOSED, DECOMPOSED)])
@pytest.mark.parametrize("source", formats.EVERY)
def test_sessions_that_differ_in_case_or_accents_are_refused_by_check_and_run(
    source, one, other, tmp_path
):
    if source in ("matlab", "binned", "binned_csv"):
        pytest.skip("sessions are named by number")
    session = formats.planted(n_units=4, n_trials=16)
    written = formats.write_several(source, tmp_path, {one: session, other: session})
    (problem,) = examined(written, tmp_path)
    assert "would be one file where file names ignore case" in problem
    assert "leave one out with sessions.exclude" in problem
    dataset = parse({"datasets": {"planted": written}}).datasets["planted"]
    with pytest.raises(InputError) as caught:
        sources.session_names("planted", dataset, tmp_path)
    assert str(caught.value) == problem


# --- lengths ------------------------------------------------------------------------------------


def test_the_longest_names_fit_into_a_file_system(tmp_path):
    """255 bytes a name; names of data sets may be of letters that take four bytes."""
    long = "".join(chr(0x20000 + number) for number in range(50))
    network = network_dataset(long)
    parse(with_datasets(long))
    encoded = files.as_filename("ab" + "/c" * 60 + "x" * 8)
    longest = [
        f"figures/decoding_over_time-{network}.png",
        f"networks/{long}/seed0/weights.npz",
        f"{network}-untrained/decoding/{encoded}.nc",
        f"checksums/decode/{network}-untrained/{encoded}.json",
    ]
    for each in longest:
        files.write_text("x", tmp_path / "results" / each)
        assert max(len(os.fsencode(part)) for part in Path(each).parts) <= 255
    with pytest.raises(InputError, match="At most 250"):
        files.as_filename("x" * 251)


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_folder_whose_path_leaves_no_room_is_refused(command, tmp_path, monkeypatch, capsys):
    limit = os.pathconf(tmp_path, "PC_PATH_MAX") - 1000
    deep = tmp_path
    while len(os.fsencode(deep)) <= limit:
        deep = deep / ("x" * 200)
    deep.mkdir(parents=True)
    (deep / "mine.yaml").write_text(yaml.safe_dump(keys()))
    monkeypatch.chdir(deep)
    assert main([command, "mine.yaml"]) == 1
    said = capsys.readouterr().err
    assert f"Use a folder whose path has at most {limit} bytes." in said
    assert said.count("\n") == 1
