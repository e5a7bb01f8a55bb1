"""All sources, found by the files of their settings."""

from importlib import import_module
from pathlib import Path
from typing import Any

from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.sources import FILES
from neuro_attn.sources.specification import Source

# The name of the package is no literal: digests of code contain a source only where a data set has
# it (see `provenance`).
SOURCES: dict[str, Source[Any]] = {
    name: import_module(f"{__package__}.{name}").SOURCE for name in FILES
}
"""All sources by name."""


def _module(source: str) -> Path:
    """Return the module with ``SOURCE``."""
    module = Path(__file__).with_name(f"{source}.py")
    return module if module.is_file() else Path(__file__).parent / source / "__init__.py"


READERS = {source: [settings, _module(source)] for source, settings in FILES.items()}
"""The modules on which recordings of each source depend, with what these import."""
DESCRIBERS = list(Path(__file__).parent.rglob("contents.py"))
"""The modules for `inspect` and `init`, which recordings do not depend on."""


def source_of(name: str, dataset: AnyDataset) -> Source[Any]:
    """Return the source of a data set.

    Raises
    ------
    TypeError
        If it consists of activations of a network.
    """
    if dataset.source not in SOURCES:
        raise TypeError(f"{name} is a {dataset.source} data set, which is not read from files")
    return SOURCES[dataset.source]
