"""The written configuration and its schema say what the models say."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from neuro_attn import command_line
from neuro_attn.configuration import ActivationFiles, NetworkDataset, parse
from neuro_attn.configuration.sources import SETTINGS
from neuro_attn.configuration.sources.simulation import SimulationDataset
from neuro_attn.configuration.types import Settings

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config"
FILES = sorted(CONFIG.glob("*.yaml"))
PAGES = ["README.md", "config/README.md"]
EXPLAINED = (CONFIG / "config.yaml").read_text(encoding="utf-8")
COMMENTED_OUT = re.compile(r"^( *)#(?=\S)", re.MULTILINE)
"""A "#" with a key behind it; explanations have a space there."""


def with_commented_keys() -> dict[str, Any]:
    """Return config.yaml with every key that is commented out."""
    return yaml.safe_load(COMMENTED_OUT.sub(r"\1", EXPLAINED))


def examples() -> dict[str, dict[str, Any]]:
    """Return the data sets that config.yaml shows but does not run."""
    run = yaml.safe_load(EXPLAINED)["datasets"]
    return {k: v for k, v in with_commented_keys()["datasets"].items() if k not in run}


def subclasses(model: type[Settings]) -> list[type[Settings]]:
    direct = model.__subclasses__()
    return direct + [deeper for each in direct for deeper in subclasses(each)]


def collect(settings: Settings, shown: dict[str, Any], found: dict[type, set[str]]) -> None:
    """Add the keys that `shown` has of each model to `found`."""
    for model in type(settings).__mro__:
        found[model] |= set(shown)
    for key, value in shown.items():
        held = getattr(settings, key)
        parts = held if isinstance(held, dict) else {None: held}
        if isinstance(held, tuple):
            parts = dict(enumerate(held))
        for name, part in parts.items():
            if isinstance(part, Settings):
                collect(part, value if name is None else value[name], found)


def test_the_schema_on_disk_is_that_of_the_models():
    on_disk = (CONFIG / "schema.json").read_text(encoding="utf-8")
    message = "regenerate it: neuro-attn schema > config/schema.json"
    assert json.loads(on_disk) == command_line.schema(), message


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(command_line.schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_configuration_is_valid_for_the_editor_and_for_the_workflow(path):
    keys = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.validate(keys, command_line.schema())
    parse(keys, path.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_configuration_tells_editors_its_schema(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema.json"


def test_the_schema_refuses_what_the_workflow_refuses():
    keys = yaml.safe_load(EXPLAINED)
    keys["datasets"]["simulation"]["windws"] = {}
    with pytest.raises(jsonschema.ValidationError, match="windws"):
        jsonschema.validate(keys, command_line.schema())


def own_keys(model):
    return set(vars(model).get("__annotations__", {})) & set(model.model_fields)


def test_config_yaml_shows_every_key():
    keys = with_commented_keys()
    found: dict[type, set[str]] = defaultdict(set)
    collect(parse(keys), keys, found)
    made = {NetworkDataset, ActivationFiles}
    models = [model for model in subclasses(Settings) if model not in made]
    missing = {model.__name__: sorted(own_keys(model) - found[model]) for model in models}
    assert {name: keys for name, keys in missing.items() if keys} == {}


def test_keys_commented_out_in_config_yaml_show_their_defaults():
    keys = with_commented_keys()
    run = yaml.safe_load(EXPLAINED)
    for of in ("datasets", "networks"):
        keys[of] = {name: each for name, each in keys[of].items() if name in run[of]}
    assert parse(keys).model_dump() == parse(yaml.safe_load(EXPLAINED)).model_dump()


def test_config_yaml_has_an_example_of_every_source_with_its_defaults():
    keys = examples()
    datasets = parse({"datasets": keys}).datasets
    assert {dataset.source for dataset in datasets.values()} == set(SETTINGS) - {"simulation"}
    for name, dataset in datasets.items():
        own = set(type(dataset).model_fields) - set(SimulationDataset.model_fields)
        for key in own:
            field = type(dataset).model_fields[key]
            if not field.is_required():
                assert keys[name][key] == field.default, f"{name}.{key}"


@pytest.mark.parametrize("page", PAGES)
def test_examples_in_the_documentation_are_valid(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    configurations = [block for block in blocks if "datasets" in block]
    assert configurations
    for keys in configurations:
        jsonschema.validate(keys, command_line.schema())
        parse(keys, page)
