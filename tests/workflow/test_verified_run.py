"""In a whole run, damage to any file is found."""

import shutil

import pytest

from neuro_attn import checksums
from neuro_attn.checksums import DAMAGED, MISSING, UNRECORDED, Problem
from tests.test_checksums import deleted, emptied, flipped, truncated


@pytest.fixture
def results(small_run, tmp_path):
    return shutil.copytree(small_run.folder / "results", tmp_path / "results")


def test_every_file_that_the_configuration_makes_is_recorded(small_run):
    done = small_run.run("verify", "config.yaml")
    # Every result has a record, so none is left over, and the report is one of them.
    n = len(checksums.recorded(small_run.folder / "results")[0])
    assert done.stdout == f"All {n} results in results match their checksums.\n"
    assert n > 100


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("damage", [flipped, truncated, emptied, deleted])
def test_damage_to_any_file_is_found_and_the_others_are_not_blamed(results, damage, half):
    known, _ = checksums.recorded(results)
    kind = MISSING if damage is deleted else DAMAGED
    damaged = sorted(known)[half::2]
    for name in damaged:
        damage(results / name, 0.5)
    expected = [Problem(name, kind, known[name][-1].rule) for name in damaged]
    assert checksums.verify(results) == expected


@pytest.mark.parametrize("first", [0, 1])
def test_any_two_neighbours_that_swapped_their_names_are_found(results, first):
    names = sorted(checksums.recorded(results)[0])[first:]
    expected = set()
    for one, other in zip(names[::2], names[1::2], strict=False):
        contents = (results / one).read_bytes(), (results / other).read_bytes()
        if contents[0] != contents[1]:
            (results / one).write_bytes(contents[1])
            (results / other).write_bytes(contents[0])
            expected |= {one, other}
    assert {each.path for each in checksums.verify(results)} == expected
    assert len(expected) > 50


@pytest.mark.parametrize("damage", [flipped, truncated, emptied, deleted])
def test_damage_to_any_record_is_found(results, damage):
    for record in sorted((results / "checksums").rglob("*.json")):
        before = record.read_bytes()
        damage(record, 0.5)
        problems = checksums.verify(results)
        assert {each.kind for each in problems} <= {DAMAGED, UNRECORDED}
        assert problems
        record.write_bytes(before)
