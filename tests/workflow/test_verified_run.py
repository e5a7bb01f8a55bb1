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


@pytest.mark.parametrize("damage", [flipped, truncated, emptied, deleted])
def test_damage_to_any_file_is_found(results, damage):
    known, _ = checksums.recorded(results)
    kind = MISSING if damage is deleted else DAMAGED
    for name, (checksum,) in known.items():
        path = results / name
        before = path.read_bytes()
        damage(path, 0.5)
        assert checksums.verify(results) == [Problem(name, kind, checksum.rule)]
        path.write_bytes(before)


def test_any_two_neighbours_that_swapped_their_names_are_found(results):
    known, _ = checksums.recorded(results)
    for one, other in zip(sorted(known), sorted(known)[1:], strict=False):
        before = (results / one).read_bytes(), (results / other).read_bytes()
        if before[0] == before[1]:
            continue
        for path, content in ((one, before[1]), (other, before[0])):
            (results / path).write_bytes(content)
        assert {each.path for each in checksums.verify(results)} == {one, other}
        for path, content in zip((one, other), before, strict=True):
            (results / path).write_bytes(content)


@pytest.mark.parametrize("damage", [flipped, truncated, emptied, deleted])
def test_damage_to_any_record_is_found(results, damage):
    for record in sorted((results / "checksums").rglob("*.json")):
        before = record.read_bytes()
        damage(record, 0.5)
        problems = checksums.verify(results)
        assert {each.kind for each in problems} <= {DAMAGED, UNRECORDED}
        assert problems
        record.write_bytes(before)
