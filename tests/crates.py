"""An RO-Crate is held against what its specification and its profiles require."""

import json
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from neuro_attn.files import sha256

EXTERNAL = {
    "ro-crate-metadata.json": ("conformsTo",),
    "https://w3id.org/workflowhub/workflow-ro-crate#snakemake": ("identifier", "url"),
}
"""References to what has no entity of its own."""


def entities(folder: Path) -> dict[str, dict]:
    crate = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert "https://w3id.org/ro/crate/1.1/context" in crate["@context"]
    return {each["@id"]: each for each in crate["@graph"]}


def references(value) -> list[str]:
    """Return the identifiers to which a value refers."""
    if isinstance(value, list):
        return [name for each in value for name in references(each)]
    return [value["@id"]] if isinstance(value, dict) else []


def check_crate(folder: Path) -> dict[str, dict]:
    """Hold the metadata against all that RO-Crate 1.1 and Workflow Run Crate 0.5 require."""
    crate = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert crate.keys() == {"@context", "@graph"}
    found = entities(folder)
    assert len(found) == len(crate["@graph"])
    # The graph is flat: each entity has an identifier and a type, and every reference leads to one.
    for each in crate["@graph"]:
        assert each["@id"]
        assert each["@type"]
        for name, value in each.items():
            if name not in EXTERNAL.get(each["@id"], ()):
                assert set(references(value)) <= found.keys(), name
    descriptor = found["ro-crate-metadata.json"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert references(descriptor["conformsTo"]) == [
        "https://w3id.org/ro/crate/1.1",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
    ]
    root = found["./"]
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    assert datetime.fromisoformat(root["datePublished"]).tzinfo
    licence = found[root["license"]["@id"]]
    assert licence["name"]
    assert licence["description"]
    # Files are in the folder, are parts of the data set, and are what their checksums say.
    files = {name: each for name, each in found.items() if "File" in each["@type"]}
    assert files.keys() == set(references(root["hasPart"]))
    for name, each in files.items():
        path = folder / unquote(name)
        assert re.fullmatch(r"[\w./%~-]+", name), name
        assert each["contentSize"] == str(path.stat().st_size)
        assert each["sha256"] == sha256(path)
        assert each["name"]
        assert each["description"]
        assert "/" in each["encodingFormat"]
    # The profiles: the workflow, its run, what it read and what it made.
    profiles = {name: found[name]["@type"] for name in references(root["conformsTo"])}
    for kind in ("process", "workflow"):
        assert profiles[f"https://w3id.org/ro/wfrun/{kind}/0.5"] == "CreativeWork"
    workflow = found[root["mainEntity"]["@id"]]
    assert workflow["@type"] == ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
    assert found[workflow["programmingLanguage"]["@id"]]["@type"] == "ComputerLanguage"
    assert found[workflow["softwareRequirements"]["@id"]]["softwareVersion"] == workflow["version"]
    for each in references([workflow["input"], workflow["output"]]):
        parameter = found[each]
        assert parameter["@type"] == "FormalParameter"
        assert parameter["additionalType"] == "File"
        assert found[parameter["workExample"]["@id"]]["exampleOfWork"] == {"@id": each}
    (action,) = (found[name] for name in references(root["mentions"]))
    assert action["@type"] == "CreateAction"
    start, end = (datetime.fromisoformat(action[name]) for name in ("startTime", "endTime"))
    assert start.tzinfo
    assert start <= end
    assert action["instrument"] == root["mainEntity"]
    read, made = (set(references(action[name])) for name in ("object", "result"))
    assert files.keys() == {workflow["@id"], *(files.keys() & read), *made}
    return found
