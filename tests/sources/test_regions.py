"""Regions are grouped by name and pattern, alike for all sources."""

import numpy as np
import pandas as pd
import pytest

from neuro_attn import recording, sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking

IN_FILE = ["VISp", "VISl", "MOs", "CA1", "", "root"]


@pytest.fixture
def folder(tmp_path):
    """Tables of two sessions: all regions on monday, MOs and CA1 alone on tuesday."""
    rows = [("monday", region) for region in IN_FILE] + [("tuesday", r) for r in IN_FILE[2:4]]
    units = pd.DataFrame(rows, columns=["session", "location"])
    units["unit_id"] = [f"u{n}" for n in range(len(units))]
    number = np.arange(8)
    trials = pd.DataFrame(
        {
            "trial_id": number,
            "order": np.where(number % 2, "retro", "pro"),
            "side": np.where(number // 2 % 2, "right", "left"),
            "cue": 1.0 + number,
        }
    )
    both = [trials.assign(session=name) for name in ("monday", "tuesday")]
    times = np.linspace(0, 10, 101)
    spikes = [
        u.to_frame().T.merge(pd.DataFrame({"time": times}), how="cross")
        for _, u in units[["session", "unit_id"]].iterrows()
    ]
    units.to_csv(tmp_path / "units.csv", index=False)
    pd.concat(both).to_csv(tmp_path / "trials.csv", index=False)
    pd.concat(spikes).to_csv(tmp_path / "spikes.csv", index=False)
    return tmp_path


@pytest.fixture
def tables(dataset):
    """Make the settings of the tables with some regions."""

    def make(**regions):
        roles = {role: f"{role}.csv" for role in ("spikes", "trials", "units")}
        return dataset(source="table", **roles, regions=regions)

    return make


def regions_of(made) -> list[str]:
    return made["region"].values.tolist()


def test_names_and_patterns_make_groups_and_all_others_stay(folder, tables):
    settings = tables(map={"visual": "VIS*", "frontal": ["MOs"], "hpc": ["CA[13]"]})
    monday, tuesday = sources.read("small", settings, folder, 0)
    assert regions_of(monday) == ["visual", "visual", "frontal", "hpc", "root"]
    assert monday["unit_region_in_file"].values.tolist() == ["VISp", "VISl", "MOs", "CA1", "root"]
    assert regions_of(tuesday) == ["frontal", "hpc"]


def test_a_name_counts_more_than_a_pattern(folder, tables):
    settings = tables(map={"visual": "VIS*", "V1": ["VISp"]})
    assert regions_of(sources.read("small", settings, folder, 0)[0])[:2] == ["V1", "visual"]


def test_regions_are_excluded_by_the_name_in_the_file_or_of_the_group(folder, tables):
    settings = tables(map={"visual": "VIS*", "hpc": "CA*"}, exclude=["VISl", "root", "hpc"])
    monday, _ = sources.read("small", settings, folder, 0)
    assert monday["unit_region_in_file"].values.tolist() == ["VISp", "MOs"]


def test_groups_are_what_include_asks_for(folder, tables):
    settings = tables(map={"visual": "VIS*"}, include=["visual"], min_units=2)
    sources.read("small", settings, folder, 0)
    with pytest.raises(InputError, match=r"region 'VISp' has 0 units"):
        sources.read("small", tables(map={"visual": "VIS*"}, include=["VISp"]), folder, 0)


def test_a_recording_kept_as_netcdf_is_grouped_too(folder, tables, dataset):
    made = sources.read("small", tables(), folder, 0)[0]
    recording.save(made, folder / "monday.nc")
    tasks = {name: {"trials": f"task == '{name}'"} for name in ("pro", "retro")}
    settings = dataset(
        source="netcdf", files="monday.nc", tasks=tasks, regions={"map": {"visual": "VIS*"}}
    )
    (again,) = sources.read("again", settings, folder, 0)
    assert regions_of(again) == ["visual", "visual", "MOs", "CA1", "root"]


def test_without_a_map_nothing_changes(folder, tables):
    monday, _ = sources.read("small", tables(), folder, 0)
    assert regions_of(monday) == ["VISp", "VISl", "MOs", "CA1", "root"]
    assert "unit_region_in_file" not in monday.coords


MATCHES_NOTHING = (
    "datasets.small.regions.map.motor: 'MOp*' matches no region of the units that are kept. "
    "Regions: CA1, MOs, VISl, VISp, root."
)


def test_a_pattern_that_matches_nothing_is_answered_with_the_regions(folder, tables):
    settings = tables(map={"motor": ["MOs", "MOp*"]})
    with pytest.raises(InputError) as error:
        sources.read("small", settings, folder, 0)
    assert str(error.value) == MATCHES_NOTHING


def test_check_says_so_before_a_run_and_counts_the_groups(folder, tables):
    bad, good = tables(map={"motor": ["MOs", "MOp*"]}), tables(map={"visual": "VIS*"})
    settings = parse({"datasets": {"small": good.model_dump()}})
    (report,) = checking.examine(settings, folder)
    counts = dict(zip(report.units["region"], report.units["n_units"], strict=True))
    assert counts == {"visual": 2, "MOs": 2, "CA1": 2, "root": 1}
    (report,) = checking.examine(settings.model_copy(update={"datasets": {"small": bad}}), folder)
    assert [str(problem) for problem in report.problems] == [MATCHES_NOTHING]


def test_patterns_of_two_groups_may_not_match_one_region(folder, tables):
    settings = tables(map={"visual": "VIS*", "primary": "*p"})
    with pytest.raises(InputError) as error:
        sources.read("small", settings, folder, 0)
    assert str(error.value) == (
        f"{folder / 'trials.csv'}, regions.map: patterns of the groups 'visual' and 'primary' "
        "match the region 'VISp'. Name it in one of them; a name counts more than a pattern."
    )


def test_a_name_may_stand_in_one_group_only(tables):
    with pytest.raises(InputError, match=r"map: 'MOs' is in groups 'a' and 'b'; keep one"):
        tables(map={"a": ["MOs"], "b": "MOs"})
