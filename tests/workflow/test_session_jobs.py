"""A bad session can be left out; a new one is read alone, and reruns its regions only."""

import re
import shutil
from collections import Counter
from dataclasses import replace

import pytest
import yaml

from neuro_attn.results import read_csv
from tests import formats
from tests.workflow.conftest import Project

SETTINGS = {
    "decoding": {"population": "pseudopopulation", "draws": 1, "units": 4},
    "inference": {"permutations": 19, "bootstraps": 20},
}
REGIONS = (["V4", "FEF"], ["V4", "FEF"], ["V4"], ["V4"], ["FEF"])
"""Regions of the five sessions."""


@pytest.fixture
def five(new_project) -> Project:
    """A project with five sessions."""
    sessions = {
        f"day{number}": replace(
            formats.planted(n_trials=24, n_units=6 * len(regions), seed=number),
            regions=regions * 6,
        )
        for number, regions in enumerate(REGIONS)
    }
    project = new_project()
    keys = formats.write_several("nwb", project.folder / "data", sessions)
    project.write_config({**SETTINGS, "data_folder": "data", "datasets": {"mine": keys}})
    return project


def leave_out(project: Project) -> None:
    keys = yaml.safe_load((project.folder / "config.yaml").read_text())
    keys["datasets"]["mine"]["sessions"] = {"on_error": "leave_out"}
    project.write_config(keys)


def test_a_damaged_file_of_five_is_left_out_with_one_message(five):
    damaged = five.folder / "data/day2.nwb"
    damaged.write_bytes(damaged.read_bytes()[:5_000])
    stopped = five.run("run", "config.yaml", "--", "results/mine/regions.csv", check=False)
    assert stopped.returncode == 1
    (message,) = stopped.stderr.strip().splitlines()
    assert "data/day2.nwb" in message
    reason = message.removeprefix("neuro-attn: error: ")

    leave_out(five)
    checked = five.run("check", "config.yaml").stdout
    assert "a session cannot be read: data/day2.nwb" in " ".join(checked.split())
    done = five.run("run", "config.yaml", "--cores", "2", "--", "results/mine/overlap.csv")
    assert done.stderr == ""
    (message,) = [line for line in done.stdout.splitlines() if "left out" in line]
    assert message == f"neuro-attn: session 'day2' of mine is left out: {reason}"
    log = (five.folder / "results/logs/recordings/mine/day2.log").read_text()
    assert log == f"session day2 is left out: {reason}\n"
    left_out = read_csv(five.folder / "results/mine/sessions_left_out.csv")
    assert left_out.to_numpy().tolist() == [["day2", "unreadable", reason]]
    regions = read_csv(five.folder / "results/mine/regions.csv")
    assert regions.set_index("region")["n_units"].to_dict() == {"V4": 18, "FEF": 18}
    overlap = read_csv(five.folder / "results/mine/overlap_sessions.csv")
    assert set(overlap["session"]) == {"day0", "day1", "day3", "day4"}


@pytest.mark.slow
def test_a_new_session_is_read_and_decoded_in_its_regions_only(five):
    new, kept = five.folder / "data/day4.nwb", five.folder / "kept.nwb"
    new.rename(kept)
    decoded = ("results/mine/decoding/V4.nc", "results/mine/decoding/FEF.nc")
    five.run("run", "config.yaml", "--cores", "2", "--", *decoded)
    before = {path: (five.folder / path).read_bytes() for path in decoded}
    shutil.copyfile(kept, new)
    five.run("run", "config.yaml", "--cores", "2", "--", "results/mine/regions.csv")
    planned = five.run("run", "config.yaml", "--", "-n", *decoded).stdout
    assert re.findall(r"^    output: (\S+)$", planned, re.M) == ["results/mine/decoding/FEF.nc"]
    tables = [f"results/mine/{name}.csv" for name in ("summary", "overlap", "geometry")]
    five.run("run", "config.yaml", "--cores", "2", "--", *decoded, *tables)
    assert (five.folder / decoded[0]).read_bytes() == before[decoded[0]]
    assert (five.folder / decoded[1]).read_bytes() != before[decoded[1]]

    # A run from the start gives the same bytes.
    added = five.results(".csv", ".nc")
    assert {*decoded, *tables} < added.keys()
    shutil.rmtree(five.folder / "results")
    five.run("run", "config.yaml", "--cores", "2", "--", *decoded, *tables)
    assert five.results(".csv", ".nc") == added


def rules_run(project: Project, *tables: str) -> Counter[str]:
    """Compute tables of the data set; return how many jobs ran of each rule, but of reading."""
    files = [f"results/mine/{name}.csv" for name in tables]
    done = project.run("run", "config.yaml", "--cores", "2", "--", *files)
    (log,) = re.findall(r"the log is (\S+)", done.stdout)
    text = (project.folder / log).read_text()
    ran = re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):$", text, re.M)
    return Counter(name for name in ran if not name.startswith("recordings"))


@pytest.mark.slow
def test_regions_of_a_large_data_set_have_jobs_of_their_own_and_the_same_bytes(five):
    keys = yaml.safe_load((five.folder / "config.yaml").read_text())
    keys["datasets"]["mine"]["confounds"] = ["trial_number"]
    five.write_config(keys)
    tables = ("geometry", "overlap", "confounds")
    of_all = {"measure_geometry": 1, "compare_codes": 1, "decode_confounds": 1}
    assert rules_run(five, *tables) == {"regions": 1, **of_all}
    together = five.results(".csv")

    # As if decoding took longer than the limit.
    needs = five.folder / "neuro_attn/onboarding/needs.py"
    text = needs.read_text()
    assert text.count("SHARED_SECONDS = 900.0") == 1
    needs.write_text(text.replace("SHARED_SECONDS = 900.0", "SHARED_SECONDS = 0.0"))
    of_regions = {
        "measure_region_geometry": 2,
        "compare_region_codes": 2,
        "share_confounds": 1,
        "decode_region_confounds": 2,
    }
    assert rules_run(five, *tables) == {"regions": 1, **of_regions, **of_all}
    apart = five.results(".csv")
    costs = "results/mine/costs.csv"
    assert together.pop(costs) != apart.pop(costs)
    assert apart == together

    # A region without units in a session that is left out keeps its results.
    keys["datasets"]["mine"]["sessions"] = {"exclude": ["day3"]}
    five.write_config(keys)
    again = rules_run(five, "geometry")
    assert again == {"regions": 1, "measure_region_geometry": 1, "measure_geometry": 1}


@pytest.mark.slow
def test_more_permutations_compute_only_their_blocks(five):
    def with_permutations(n):
        keys = yaml.safe_load((five.folder / "config.yaml").read_text())
        keys["inference"]["permutations"] = n
        five.write_config(keys)
        return rules_run(five, "summary", "geometry", "overlap")

    others = {"regions": 1, "measure_geometry": 1, "compare_codes": 1}
    assert with_permutations(1_000) == {"decode": 2, "infer": 1, **others}
    # Neither regions nor geometry nor codes depend on the number of permutations.
    later = {"decode_nulls": 4, "reduce": 2, "infer": 1}
    assert with_permutations(3_000) == later
    made = five.results(".csv")
    shutil.rmtree(five.folder / "results")
    assert with_permutations(3_000) == {"decode": 2, **later, **others}
    assert five.results(".csv") == made
