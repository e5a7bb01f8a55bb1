"""The page of every key of the configuration, made from config/schema.json.

The schema is that of the models in neuro_attn/configuration, which say type, default and meaning.
"""

import json
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.json"
INTRODUCTION = """# Configuration, every key

Type, default and meaning of every key. [Step by step](config/README.md) leads through a
configuration; [the default run](config/config.yaml.md) shows all keys in their places.

"""
BOUNDS = {
    "minimum": "at least {:g}",
    "exclusiveMinimum": "above {:g}",
    "maximum": "at most {:g}",
    "exclusiveMaximum": "below {:g}",
}
TYPES = {
    "boolean": "true or false",
    "integer": "whole number",
    "null": "null",
    "number": "number",
    "string": "text",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    files.append(File.generated(config, "configuration.md", content=page(schema)))
    return files


def page(schema: dict[str, Any]) -> str:
    """Return the Markdown of the page."""
    parts = schema["$defs"]
    sources = [
        each["$ref"] for each in schema["properties"]["datasets"]["additionalProperties"]["oneOf"]
    ]
    datasets = [parts[reference.split("/")[-1]] for reference in sources]
    shared = set.intersection(*(set(each["properties"]) for each in datasets)) - {"source"}
    text = INTRODUCTION + section("The run", schema, list(schema["properties"]), parts)
    every = [key for key in datasets[0]["properties"] if key in shared]
    text += section("Every data set", datasets[0], every, parts, "What is analysed, and how.")
    for dataset in datasets:
        source = dataset["properties"]["source"]["const"]
        own = [key for key in dataset["properties"] if key not in shared]
        text += section(f"Source {source}", dataset, own, parts)
    written = {each["title"] for each in datasets} | {"NetworkAnalysis"}
    for name in sorted(set(parts) - written):
        text += section(name, parts[name], list(parts[name]["properties"]), parts)
    return text


def section(
    title: str, model: dict[str, Any], keys: list[str], parts: dict[str, Any], text: str = ""
) -> str:
    """Return the section of one part of the configuration: a table, a row a key."""
    fields = {key: model["properties"][key] for key in keys}
    rows = [
        f"| `{key}` | {kind(field)} | {default(model, key)} | {cell(meaning(field, parts))} |"
        for key, field in fields.items()
    ]
    head = ["| key | type | default | meaning |", "|---|---|---|---|"]
    return "\n".join(
        [f"## {title}\n", text or model.get("description", ""), "", *head, *rows, "\n"]
    )


def kind(field: dict[str, Any]) -> str:
    """Return what values a key takes, in words."""
    if "$ref" in field:
        name = field["$ref"].split("/")[-1]
        if name == "NetworkAnalysis":
            return "[the keys of a data set](#every-data-set)"
        return f"[{name}](#{name.lower()})"
    if "oneOf" in field and "discriminator" not in field:
        return " or ".join(kind(each) for each in field["oneOf"])
    if "oneOf" in field:
        sources = field["discriminator"]["mapping"]
        links = [f"[{source}](#source-{source})" for source in sources]
        return "[data set](#every-data-set) of source " + ", ".join(links)
    if "anyOf" in field:
        return " or ".join(kind(each) for each in field["anyOf"])
    if "enum" in field:
        return ", ".join(f"`{each}`" for each in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "prefixItems" in field:
        return f"[{', '.join(kind(each) for each in field['prefixItems'])}]"
    if field.get("type") == "array":
        return f"list of {kind(field['items'])}"
    if field.get("type") == "object":
        return f"by name: {kind(field['additionalProperties'])}"
    bounds = [words.format(field[key]) for key, words in BOUNDS.items() if key in field]
    return ", ".join([TYPES[field["type"]], *bounds])


def meaning(field: dict[str, Any], parts: dict[str, Any]) -> str:
    """Return what a key means; one that says no more than its part has the part's description."""
    part = parts.get(field.get("$ref", "").split("/")[-1], {})
    return field.get("description") or part.get("description", "")


def default(model: dict[str, Any], key: str) -> str:
    """Return the default of a key; a part's stand in the part's own section."""
    if key in model.get("required", []):
        return "*required*"
    value = model["properties"][key].get("default")
    if isinstance(value, dict):
        return "its own" if value else "none"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def cell(text: str) -> str:
    """Return text escaped for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
