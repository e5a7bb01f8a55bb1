"""A configuration executes no code of its own: the command line must name the very file."""

import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
import yaml

from neuro_attn import command_line, networks, trusted_code
from neuro_attn.configuration import Network, check_code, families, parse
from neuro_attn.errors import InputError
from neuro_attn.networks.families import FAMILIES, _module, learner_of
from tests.networks.test_own_networks import KEYS

SEQ2SEQ = Path(families.family_file("seq2seq"))


@pytest.fixture
def mine(tmp_path, monkeypatch) -> Path:
    """A family in a file of a user, which leaves a trace if it is executed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(trusted_code.VARIABLE, raising=False)
    _module.cache_clear()
    path = Path("my_family.py")
    trace = "\nfrom pathlib import Path\nPath('executed').touch()\n"
    path.write_text(SEQ2SEQ.read_text(encoding="utf-8") + trace, encoding="utf-8")
    return path


def settings(**keys) -> Network:
    given = {"family": "my_family.py", "hidden": 8, "batch": 8, "test_trials": 40, "steps": 2}
    return Network(**{**given, **keys})


def configuration():
    return parse({**KEYS, "networks": {"mine": {"family": "my_family.py"}}})


def test_a_configuration_alone_executes_nothing(mine):
    given = configuration()
    assert given.networks["mine"].attended is None
    with pytest.raises(InputError, match=r"networks\.mine\.family: my_family\.py is a program"):
        check_code(given)
    with pytest.raises(InputError, match=r"add --trust-code my_family\.py to the command"):
        networks.untrained(settings(), 1, "mine", 0)
    assert not Path("executed").exists()


def test_a_family_in_a_trusted_file_is_that_family(mine, monkeypatch):
    monkeypatch.setenv(trusted_code.VARIABLE, trusted_code.as_variable(["my_family.py"]))
    check_code(configuration())
    model, log = networks.train(settings(), 1, "mine", 0)
    ours, same = networks.train(settings(family="seq2seq"), 1, "mine", 0)
    for one, other in zip(jax.tree.leaves(model), jax.tree.leaves(ours), strict=True):
        np.testing.assert_array_equal(one, other)
    assert log.equals(same)
    assert Path("executed").exists()
    assert "my_family.py" not in FAMILIES
    assert learner_of("my_family.py") == learner_of("seq2seq")


@pytest.mark.parametrize("change", ["another file", "an edit", "a link"])
def test_another_file_or_version_is_not_executed(mine, monkeypatch, change):
    monkeypatch.setenv(trusted_code.VARIABLE, trusted_code.as_variable(["my_family.py"]))
    match change:
        case "another file":
            Path("other").mkdir()
            shutil.move(mine, "other")
            monkeypatch.chdir("other")
        case "an edit":
            mine.write_text(mine.read_text() + "\n# edited\n")
        case "a link":
            shutil.copy(mine, "hostile.py")
            mine.unlink()
            mine.symlink_to("hostile.py")
    with pytest.raises(InputError, match=r"is a program|has changed since"):
        networks.untrained(settings(), 1, "mine", 0)
    assert not Path("executed").exists()


def test_a_compiled_copy_beside_the_file_is_not_executed(mine, monkeypatch):
    import py_compile

    trusted = mine.read_text(encoding="utf-8")
    mine.write_text("raise SystemExit('a compiled copy')")
    cached = py_compile.compile(
        str(mine), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    mine.write_text(trusted, encoding="utf-8")
    assert Path(cached).is_file()
    monkeypatch.setenv(trusted_code.VARIABLE, trusted_code.as_variable(["my_family.py"]))
    assert networks.untrained(settings(), 1, "mine", 0) is not None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = ", "cannot be executed"),
        ("raise ValueError('no')", "cannot be executed"),
        ("", "build"),
    ],
)
def test_code_that_is_no_family_is_one_message(mine, monkeypatch, code, message):
    mine.write_text(code)
    monkeypatch.setenv(trusted_code.VARIABLE, trusted_code.as_variable(["my_family.py"]))
    with pytest.raises(InputError, match=message):
        networks.untrained(settings(), 1, "mine", 0)


def test_check_names_the_option_and_accepts_it(mine, capsys):
    path = Path("mine.yaml")
    path.write_text(
        yaml.safe_dump(
            {
                **KEYS,
                "networks": {
                    "mine": settings().model_dump(
                        mode="json", include={"family", "test_trials", "hidden"}
                    )
                },
            }
        )
    )
    assert command_line.main(["check", "mine.yaml"]) == 1
    assert "--trust-code my_family.py" in capsys.readouterr().err
    assert not Path("executed").exists()
    command_line.main(["check", "mine.yaml", "--trust-code", "my_family.py"])
    assert "program" not in capsys.readouterr().err
    assert Path("executed").exists()


def test_a_file_that_does_not_exist_is_one_message(mine):
    with pytest.raises(InputError, match=r"absent\.py: No such file"):
        trusted_code.as_variable(["absent.py"])
    assert json.loads(trusted_code.as_variable([])) == {}


def test_an_entry_point_names_a_family_and_is_not_imported(mine, monkeypatch):
    class Point:
        name, module = "theirs", "my_family"

        class dist:  # noqa: N801
            locate_file = staticmethod(lambda relative: Path.cwd() / relative)

    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Point])
    families._offered.cache_clear()
    try:
        assert Network(family="theirs").attended is None
        with pytest.raises(InputError, match=r"--trust-code .*my_family\.py"):
            networks.untrained(settings(family="theirs"), 1, "mine", 0)
        assert not Path("executed").exists()
        monkeypatch.setenv(trusted_code.VARIABLE, trusted_code.as_variable(["my_family.py"]))
        assert networks.untrained(settings(family="theirs"), 1, "mine", 0) is not None
    finally:
        families._offered.cache_clear()
