"""A profile whose limits are below what jobs are expected to need is cautioned against."""

from pathlib import Path

import pytest
import yaml

from neuro_attn.errors import InputError
from neuro_attn.onboarding.needs import Law, Need
from neuro_attn.onboarding.profile_limits import limits_of, too_small

ROOT = Path(__file__).parents[2]
NEEDS = [
    Need("decode", "V4", Law(2e9, 1e6), Law(3600, 1)),
    Need("decode", "LPFC", Law(1e9, 1e6), Law(600, 1)),
    Need("reduce", "V4", Law(1e9, 1e5), Law(60)),
    Need("infer", "", Law(5e8), Law(25)),
]


@pytest.fixture
def profile(tmp_path):
    def write(name="config.yaml", **keys) -> str:
        (tmp_path / name).write_text(yaml.safe_dump(keys))
        return str(tmp_path)

    return write


def cautions(profile: str, permutations: int = 1000) -> list[str]:
    found = too_small(limits_of(profile), NEEDS, permutations, profile)
    return [f"{each.where}, {each.problem}" for each in found]


@pytest.mark.parametrize(
    "keys",
    [
        {"set-resources": {"decode": {"mem_mb": 2999}}},
        {"set-resources": ["decode:mem_mb=2999"]},
        {"set-resources": {"decode": {"mem": "2.9GB"}}},
        {"set-resources": {"decode_nulls": {"mem_mb": "2999"}}},
        {"resources": {"mem_mb": 2999}},
        {"resources": ["mem_mb=2999"]},
        {"set-resources": {"decode": {"runtime": 76}}},
        {"set-resources": {"decode": {"runtime": "1h"}}},
    ],
)
def test_a_limit_below_the_largest_job_is_named_with_what_it_needs(profile, keys):
    (message,) = cautions(profile(**keys))
    assert "decoding region V4 is expected to need" in message
    assert ("3.0 GB" in message) or ("77 minutes" in message)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"set-resources": {"decode": {"mem_mb": 3000, "runtime": 77}}},
        {"set-resources": {"infer": {"mem_mb": 2999}}},
        {"set-resources": {"decode": {"mem_mb": "attempt * 100", "tmpdir": "/tmp"}}},
        {"default-resources": ["mem_mb=10"]},
        {"resources": {"gpu": 1, "runtime": 1}},
    ],
)
def test_other_limits_are_not(profile, keys):
    assert cautions(profile(**keys)) == []


def test_more_than_a_block_of_permutations_needs_more_in_tests_only(profile):
    path = profile(**{"set-resources": {"decode": {"mem_mb": 3000}, "reduce": {"mem_mb": 1900}}})
    (message,) = cautions(path, permutations=10_000)
    assert "set-resources: reduce: mem_mb is 1900, and tests of region V4" in message


def test_the_file_for_a_version_of_snakemake_comes_first(profile):
    profile(**{"set-resources": {"decode": {"mem_mb": 1}}})
    assert cautions(profile("config.v8+.yaml", jobs=3)) == []


@pytest.mark.parametrize(("content", "problem"), [("a: [", "is not YAML"), ("7", "no keys")])
def test_what_is_no_profile_is_refused(tmp_path, content, problem):
    with pytest.raises(InputError, match="no config"):
        limits_of(tmp_path)
    (tmp_path / "config.yaml").write_text(content)
    with pytest.raises(InputError, match=problem):
        limits_of(tmp_path / "config.yaml")


def test_the_profile_for_slurm_limits_nothing():
    assert limits_of(ROOT / "workflow/profiles/slurm") == []
