"""Jobs request memory and time from the estimates of their data set, and more when they fail."""

import re

import yaml

from neuro_attn.onboarding.needs import OF_REGION
from neuro_attn.results import read_csv, write_csv
from tests.workflow.conftest import ROOT, Project


def requested(project: Project, rule: str, *arguments: str) -> list[tuple[int, int]]:
    """Return memory (MB) and time (min) of the jobs of a rule, from a dry run."""
    command = ["-n", "--cores", "2", "--configfile", "config.yaml", "--forcerun", rule, *arguments]
    planned = project.snakemake(*command).stdout
    blocks = re.findall(rf"^(?:rule|checkpoint) {rule}:\n((?:    .*\n)+)", planned, re.M)

    def number(name: str, block: str) -> int:
        return int(re.search(rf" {name}=(\d+)", block)[1])

    return sorted((number("mem_mb", block), number("runtime", block)) for block in blocks)


def test_decoding_requests_what_the_estimate_of_its_region_says(small_run):
    path = small_run.folder / "results/small/costs.csv"
    before = path.read_bytes()
    costs = read_csv(path)
    large = (costs["rule"] == "decode") & (costs["region"] == "V4/anterior")
    assert large.sum() == 1
    # The run has 19 permutations: 9.95019 GB and 3,600 s.
    needs = {"memory_gb": 9, "memory_gb_per_1000": 50.01, "time_s": 3581, "time_s_per_1000": 1000}
    write_csv(costs.assign(**{k: costs[k].mask(large, v) for k, v in needs.items()}), path)
    try:
        # The documented law: 1.5 times the memory, four times the time; at least 1.5 GB, 15 min.
        first = requested(small_run, "decode")
        third = requested(small_run, "decode", "--attempt", "3")
    finally:
        path.write_bytes(before)
    assert {(1500, 15), (14926, 240)} <= set(first)
    assert {(4500, 45), (44778, 720)} <= set(third)


def test_estimates_cover_every_job_of_a_data_set_and_largest_is_that_of_check(small_run):
    costs = read_csv(small_run.folder / "results/small/costs.csv")
    assert list(costs["region"][costs["rule"] == "decode"]) == ["LPFC", "V4/anterior"]
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    estimated = set(re.findall(r'as_(?:estimated|confounds)\("(\w+)"', text))
    # Regions of large data sets have more jobs of their own.
    assert estimated - set(costs["rule"]) == set(OF_REGION.values())
    assert set(costs["rule"]) <= estimated
    done = small_run.run("check", "config.yaml")
    shown, *_ = re.findall(r"([\d.]+) GB in\s+the\s+largest\s+job", done.stdout)
    memory = costs["memory_gb"] + costs["memory_gb_per_1000"] * 19 / 1000
    # Only runs with more than 1,000 permutations reduce regions in jobs of their own.
    assert f"{memory[costs['rule'] != 'reduce'].max():.1f}" == shown


def test_every_rule_that_runs_a_script_requests_memory_and_time():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    scripts, resources = (
        re.findall(rf"^ +{word}:$", rules, re.M) for word in ("script", "resources")
    )
    assert len(scripts) == len(resources) > 15


def test_the_profile_retries_and_keeps_going():
    profile = yaml.safe_load((ROOT / "workflow/profiles/slurm/config.yaml").read_text())
    assert profile["executor"] == "slurm"
    assert profile["retries"] >= 1
    assert profile["keep-going"] is True
