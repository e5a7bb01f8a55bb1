"""Draw all figures of a job in one process and write them with their captions."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.errors import InputError
from neuro_attn.figures import style
from neuro_attn.figures.many_regions import note_on, of_regions, regions_shown
from neuro_attn.figures.protocol import Compared, Drawn
from neuro_attn.figures.specification import FORMATS
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

WITH_SIZES = ("transfer", "prediction_over_time")
"""Tables with the number of sessions and units of all regions."""


def write_figures(
    *,
    figures: Mapping[str, str],
    results: Mapping[str, str | Sequence[str]],
    settings: Mapping[str, Any],
    outputs: Mapping[str, str],
) -> None:
    """Draw figures from files of results, and write each in all `FORMATS` with its caption.

    Parameters
    ----------
    figures : mapping of str to str
        For each module of this package, a note to show above the figure and before its caption,
        e.g. from `significance.first_look`; empty for none.
    results : mapping of str to str or list of str
        Input files by stem; a list contains the files of all replicate networks.
    settings : mapping
        Settings of a data set, as in the configuration, or the arguments of `Compared` for the
        comparison, or empty.
    outputs : mapping of str to str
        Output files, by the figure's name with ``_png``, ``_svg``, ``_pdf`` or ``_caption``.

    Raises
    ------
    InputError
        If the inputs of a figure are invalid; the message names the figure.
    """
    read = {stem: _read(paths) for stem, paths in results.items()}
    given = _settings(settings)
    sizes = next((read[name] for name in WITH_SIZES if name in read), None)
    for name, note in figures.items():
        try:
            module = import_module(f"neuro_attn.figures.{name}")
            shows_all = sizes is None or getattr(module, "ALL_REGIONS", False)
            most = getattr(module, "MOST_REGIONS", None)
            regions = None if shows_all else regions_shown(sizes, most)
            drawn: Drawn = module.drawn(of_regions(read, regions) if regions else read, given)
            for kind in FORMATS:
                style.save(drawn.figure, outputs[f"{name}_{kind}"], note)
            text = drawn.caption
            if regions:
                text = f"{drawn.caption}\n{note_on(regions)}\n"
            text = f"**{note.capitalize()}.**\n\n{text}" if note else text
            write_text(text, outputs[f"{name}_caption"])
        except InputError as error:
            where = f"figure {name}, {error.where}"
            raise InputError(where, error.problem, error.remedy) from error
        except Exception as error:
            error.add_note(f"while drawing the figure {name}")
            raise


def _read(paths: str | Sequence[str]) -> Any:
    if not isinstance(paths, str):
        return [recording.load(path) for path in paths]
    return read_csv(paths) if Path(paths).suffix == ".csv" else recording.load(paths)


def _settings(given: Mapping[str, Any]) -> Any:
    if not given:
        return None
    return Compared(**given) if "brain" in given else dataset_from(dict(given))
