"""Sources of recordings: one module each with its settings, found by its file."""

from importlib import import_module
from pathlib import Path

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.discovery import modules

FILES = modules(Path(__file__).parent)
"""The module of the settings of each source, by the name of the source."""


def _settings(source: str) -> type[RecordedDataset]:
    """Return the class of settings that the module of a source defines."""
    # Digests of code contain the settings of a source only where a data set has it, so the name of
    # the package must not be a literal here (see `provenance`).
    module = import_module(f"{__name__}.{source}")
    (found,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, RecordedDataset)
        and each.__module__ == module.__name__
    )
    return found


SETTINGS = {source: _settings(source) for source in FILES}
"""The settings of each source, by name."""


def meant(given: str) -> list[str]:
    """Return the sources that a user may mean by another name, such as "csv" for table."""
    return [name for name, each in SETTINGS.items() if given.lower() in each.SPELLINGS]
