"""Every known data set says what it is, and comes with a configuration that parses."""

import fnmatch
import re

import pytest

from neuro_attn import configuration, registry
from neuro_attn.command_line import main
from neuro_attn.errors import InputError

IDENTIFIERS = {"000469", "000017", "000409", "000713", "000010", "000673"}


def test_the_data_sets_are_there():
    assert {registry.known(name).identifier for name in registry.names()} == IDENTIFIERS


@pytest.mark.parametrize("name", registry.names())
def test_a_data_set_comes_with_a_configuration(name):
    dataset = registry.known(name)
    settings = configuration.parse(configuration.keys_of(registry.render(dataset), name))
    assert list(settings.datasets) == [name]
    (files,) = [each.files for each in settings.datasets.values()]
    # The configuration reads files where the download puts them.
    folder, _, rest = files.partition("/")
    assert folder == name
    assert fnmatch.fnmatch("sub-1/sub-1_ses-2_x_ecephys.nwb", rest) or "desc-processed" in rest
    assert len(settings.datasets[name].tasks) == 2


@pytest.mark.parametrize("name", registry.names())
def test_what_a_configuration_uses_is_documented(name):
    """Columns in expressions and events are among the fields that the entry names."""
    dataset = registry.known(name)
    (settings,) = configuration.parse(configuration.keys_of(dataset.config, name)).datasets.values()
    told = set(re.findall(r"\w+", " ".join(dataset.fields.values()))) | {"start_time"}
    label = settings.label
    expressions = [task.trials for task in settings.tasks.values()]
    expressions += label.values() if isinstance(label, dict) else [label]
    used = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"'[^']*'", "", " ".join(expressions))))
    used |= {task.align for task in settings.tasks.values()}
    assert used - {"and", "or", "not"} <= told
    assert set(dataset.fields) == {"regions", "trials", "events"}


@pytest.mark.parametrize("name", registry.names())
def test_nothing_is_claimed_to_be_verified(name):
    """Nobody has run these on the archive's files: each entry says so."""
    said = registry.known(name).unverified
    assert "not been run on the files" in said or "have not verified" in said


def test_the_command_lists_and_prints(capsys):
    assert main(["datasets"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == registry.names()
    assert main(["datasets", "steinmetz"]) == 0
    assert capsys.readouterr().out == registry.render(registry.known("steinmetz"))
    assert main(["datasets", "steinmets"]) == 1
    assert "Did you mean steinmetz?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../catalogue", "x", ""])
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match="no known data set"):
        registry.known(name)
