"""The same planted session gives the same rates from every format."""

from dataclasses import replace

import numpy as np
import pytest

from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking
from tests import formats


@pytest.mark.parametrize("source", formats.EVERY)
def test_every_format_gives_the_planted_rates(source, tmp_path):
    session = formats.planted()
    keys = formats.write(source, tmp_path, session)
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    recordings = sources.read("planted", dataset, tmp_path, 0)
    expected = formats.rates_of(session)
    assert sum(made.sizes["unit"] for made in recordings) == expected.shape[1]
    found = np.concatenate([made["rates"].values for made in recordings], axis=1)
    if source == "matlab":  # It orders trials by condition.
        order = session.trials.assign(row=range(len(expected))).sort_values(["side", "order"])
        expected = expected[order["row"]]
    assert {*recordings[0]["region"].values} == {"V4"}
    # Phy's clock counts samples, so a spike next to an edge may fall on its other side.
    wrong = ~np.isclose(found, expected, atol=1e-3)
    assert wrong.mean() < 0.002


@pytest.mark.parametrize("source", formats.EVERY)
def test_outlines_count_the_spikes_that_a_run_bins(source, tmp_path):
    session = formats.planted(n_trials=24)
    session.spike_times[3] = session.spike_times[3][:0]
    keys = formats.write(source, tmp_path, session)
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    recordings = sources.read("planted", dataset, tmp_path, 0)
    outlines = list(sources.outlines("planted", dataset, tmp_path, 0))
    for outline, made in zip(outlines, recordings, strict=True):
        # Formats of rates do not say how many spikes a rate was, only that there were some.
        rates = made["rates"].values
        spikes = (rates != 0) if source in formats.RATES else np.rint(rates * formats.BIN)
        np.testing.assert_array_equal(outline["spikes_per_bin"], spikes.sum(axis=(0, 1)))
        np.testing.assert_array_equal(outline["spikes_per_unit"], spikes.sum(axis=(0, 2)))
    silent = np.concatenate([outline["spikes_per_unit"].values for outline in outlines]) == 0
    # To Phy a cluster is what spikes belong to, so one without spikes is none.
    assert silent.sum() == (source != "phy")


@pytest.mark.parametrize("source", formats.SPIKES)
@pytest.mark.parametrize("sampling_rate", [1000, 30_000])
def test_spikes_on_a_grid_that_meets_the_edges_are_counted_exactly(source, sampling_rate, tmp_path):
    """A spike in the sample of an edge is counted after it, by integer arithmetic."""
    session = formats.planted(n_trials=24)
    cues = np.round(session.trials["cue"].to_numpy() * sampling_rate).astype(np.int64)
    width = round(formats.BIN * sampling_rate)
    edges = (cues[:, None] + width * np.arange(5)).ravel()
    samples = [
        np.sort(np.append(np.round(times * sampling_rate).astype(np.int64), edges))
        for times in session.spike_times
    ]
    gridded = replace(session, spike_times=[each / sampling_rate for each in samples])
    keys = formats.write(source, tmp_path, gridded)
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    (made,) = sources.read("planted", dataset, tmp_path, 0)
    bins = [(each - cues[:, None]) // width for each in samples]
    expected = np.array(
        [[(each == time_bin).sum(axis=1) for time_bin in range(4)] for each in bins]
    )
    expected = expected.transpose(2, 0, 1)
    np.testing.assert_array_equal(np.rint(made["rates"].values * formats.BIN), expected)


@pytest.mark.parametrize("source", formats.EVERY)
@pytest.mark.parametrize("key", ["include", "exclude"])
def test_sessions_are_chosen_by_name_in_every_format(source, key, tmp_path):
    sessions = {name: formats.planted(16, 2) for name in ("monday", "tuesday")}
    keys = formats.write_several(source, tmp_path, sessions)
    names, others = (
        formats.session_names(source, name, sessions[name]) for name in ("tuesday", "monday")
    )
    keys["sessions"] = {key: names if key == "include" else others}
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    assert sources.session_names("planted", dataset, tmp_path) == names
    recordings = sources.read("planted", dataset, tmp_path, 0)
    outlines = list(sources.outlines("planted", dataset, tmp_path, 0))
    for found in (recordings, outlines):
        assert [made.attrs["session"] for made in found] == names


def test_the_file_of_a_session_that_is_left_out_is_not_read(tmp_path):
    keys = formats.write_several("nwb", tmp_path, {"monday": formats.planted(16, 2)})
    (tmp_path / "tuesday.nwb").write_text("broken")
    keys["sessions"] = {"exclude": ["tuesday"]}
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    files = sources.input_files("planted", dataset, tmp_path)
    assert files == [str(tmp_path / "monday.nwb")]
    (made,) = sources.read("planted", dataset, tmp_path, 0)
    assert made.attrs["session"] == "monday"


@pytest.mark.parametrize("source", formats.EVERY)
def test_a_data_folder_with_a_typo_gets_a_suggestion(source, tmp_path):
    keys = formats.write(source, tmp_path / "data", formats.planted(16, 2))
    config = parse({"datasets": {"planted": keys}})
    with pytest.raises(InputError) as error:
        sources.input_files("planted", config.datasets["planted"], tmp_path / "dta")
    assert error.value.where == "data_folder"
    assert error.value.problem == f"the folder '{tmp_path / 'dta'}' does not exist."
    assert error.value.remedy.startswith(f"Did you mean {tmp_path / 'data'}? It is the folder")
    (report,) = checking.examine(config, tmp_path / "dta")
    assert list(map(str, report.problems)) == [str(error.value)]


WRONG = {
    "include": ({"include": ["tuesdy"]}, "include: session 'tuesdy' does not exist. Did you mean"),
    "exclude": ({"exclude": ["friday"]}, "exclude: session 'friday' does not exist. Sessions: mon"),
    "none": ({"exclude": ["monday", "tuesday"]}, "sessions: no session is left."),
}


@pytest.mark.parametrize("source", sorted({*formats.EVERY} - {*formats.APART}))
@pytest.mark.parametrize("case", WRONG)
def test_sessions_that_there_are_not_are_an_error(source, case, tmp_path):
    sessions = {name: formats.planted(16, 2) for name in ("monday", "tuesday")}
    keys = formats.write_several(source, tmp_path, sessions)
    keys["sessions"], message = WRONG[case]
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    with pytest.raises(InputError, match=r"datasets\.planted\.sessions(\.|: )") as error:
        sources.session_names("planted", dataset, tmp_path)
    assert message in str(error.value)
