"""The answer page: the findings of a run, on one page that opens offline.

The first screen answers the question for every data set, in words and in one table. Figures and
tables follow in sections, and then what is needed to repeat and to cite the analysis. The page
contains all that it shows, and links to files of results beside it.
"""

import base64
import hashlib
import struct
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import jinja2
import pandas as pd
from docutils.core import publish_parts
from markupsafe import Markup

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import printable
from neuro_attn.figures import shared_codes, style
from neuro_attn.figures.over_time import Shown as Marked
from neuro_attn.figures.prediction_words import as_course
from neuro_attn.figures.prediction_words import headline as in_words
from neuro_attn.figures.specification import FORMATS
from neuro_attn.figures.tables import p_text, table_element
from neuro_attn.figures.verdict_words import (
    RegionInWords,
    headline,
    listing,
    networks_in_words,
    regions_in_words,
)
from neuro_attn.files import write_text
from neuro_attn.inference.significance import first_look, significant
from neuro_attn.report import PAGE
from neuro_attn.report.courses import chart
from neuro_attn.report.methods_text import Origin, citations, methods, origin_of
from neuro_attn.report.published import rows_of
from neuro_attn.report.software import commit, versions
from neuro_attn.results import TABLES, read_csv
from neuro_attn.results.sections import SECTIONS

SCRIPTS = ("sortable.min.js", "sortable.a11y.min.js", "page.js")
ZOOM = 1.45 * 96 / 300
"""Size of a figure on a screen, in CSS pixels for each of its pixels: text is as in captions."""
LEVELS = {
    "these units": "in these units",
    "the region": "in this region",
    "other subjects": "in other subjects",
}
"""Levels of inference, in words."""
MEANINGS = {
    "region": "region, or group of units",
    "tasks": "the two tasks",
    "window": "time window of the configuration",
    "within": "accuracy on held-out trials of the trained task, for the first and second task",
    "across": "accuracy on trials of the other task, trained on the first and on the second task",
    "overlap": "overlap of the two codes, with its confidence interval",
    "p": "two-sided p-value of the overlap, corrected over the windows and regions of two tasks",
    "onset": "onset of cross-task accuracy, trained on the first and on the second task, s",
    "verdict": "conclusion for other subjects, other sessions or these units, as far as possible",
}


class Shown(NamedTuple):
    """A figure or table on the page."""

    title: str
    note: str
    caption: Markup
    body: Markup
    files: dict[str, str]


class OfDataset(NamedTuple):
    """Contents of the first screen for a data set."""

    name: str
    question: str
    headline: str
    regions: list[RegionInWords]
    rows: list[dict[str, Any]]
    legend: str
    tasks: str
    directions: str
    summary: Shown | None
    published: list[dict[str, str]]
    chart_title: str
    chart: Markup
    sample: str
    warnings: list[str]
    methods: str
    origin: Origin


def write_answer(
    *,
    datasets: Mapping[str, AnyDataset],
    entries: Sequence[Mapping[str, Any]],
    tables: Sequence[str],
    configuration: str,
    folder: str | Path,
    page: str | Path,
    text: str | Path,
) -> None:
    """Write the answer page, and the methods as text.

    Parameters
    ----------
    datasets : mapping of str to settings of a data set
        The data sets, without those of networks.
    entries : sequence of mapping
        Figures and tables of the report: the fields ``kind``, ``name``, ``section``, ``subject``,
        ``title`` and ``note`` of a `figures.targets.Entry`, its ``files``, and the ``csv`` of a
        table.
    tables : sequence of str
        Files of all tables of results.
    configuration : str
        The configuration, as YAML.
    folder : str or Path
        The folder of results.
    page, text : str or Path
        The files to write.
    """
    folder = Path(folder)
    found = [_of_dataset(name, each, entries, folder) for name, each in datasets.items()]
    cited = citations(" ".join(each.methods for each in found))
    compared = [folder / f"comparison/{name}.csv" for name in ("nearest", "fit")]
    sections: dict[str, dict[str, list[Shown]]] = {section: {} for section in SECTIONS}
    for entry in entries:
        shown = _shown(entry, folder)
        sections[entry["section"]].setdefault(entry["subject"], []).append(shown)
    scripts = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    html = environment.get_template("page.html").render(
        datasets=found,
        names=list(datasets),
        networks=networks_in_words(*map(read_csv, compared)) if compared[0].exists() else [],
        sections=sections,
        meanings=MEANINGS,
        downloads=[_relative(path, folder) for path in tables],
        configuration=configuration,
        versions=versions(),
        commit=commit(),
        citations=cited,
        style=Markup((PAGE / "page.css").read_text(encoding="utf-8")),
        scripts=Markup(scripts),
        digest=base64.b64encode(hashlib.sha256(scripts.encode()).digest()).decode(),
    )
    write_text(html, page)
    paragraphs = [*(each.methods for each in found), "References", *cited]
    write_text("\n\n".join(map(printable, paragraphs)) + "\n", text)


def _of_dataset(
    name: str, dataset: AnyDataset, entries: Sequence[Mapping[str, Any]], folder: Path
) -> OfDataset:
    own = folder / name
    regions = read_csv(own / "regions.csv")
    verdicts = read_csv(own / "verdicts.csv") if (own / "verdicts.csv").exists() else None
    predictions = None if dataset.has_classes else read_csv(own / "predictions.csv")
    course = "transfer" if predictions is None else "prediction_over_time"
    sample = _sample(dataset, regions, verdicts)
    summaries = [
        each for each in entries if (each["name"], each["subject"]) == ("shared_codes", name)
    ]
    pairs = _pairs(verdicts)
    if predictions is not None:
        answer = in_words(predictions, dataset)
    else:
        answer = "" if verdicts is None else headline(verdicts)
    return OfDataset(
        name=name,
        question=_question(dataset),
        headline=answer,
        regions=[] if verdicts is None else regions_in_words(verdicts),
        rows=[] if verdicts is None else _rows(verdicts, own),
        legend=_legend(dataset, verdicts),
        tasks=", ".join(pairs[0]) if len(pairs) == 1 else "",
        directions=_directions(*pairs[0]) if len(pairs) == 1 else "",
        summary=_shown(summaries[0], folder) if summaries else None,
        published=rows_of(own / "published.csv"),
        chart_title="Accuracy over time" if dataset.has_classes else "Prediction over time",
        chart=chart(as_course(read_csv(own / f"{course}.csv")), Marked.of(dataset)),
        sample=sample,
        warnings=_warnings(dataset, regions, verdicts),
        methods=methods(name, dataset, sample),
        origin=origin_of(dataset),
    )


def _pairs(verdicts: pd.DataFrame | None) -> list[tuple[str, str]]:
    """Return the printable names of the pairs of tasks that are compared."""
    if verdicts is None:
        return []
    names = (verdicts[task].map(printable) for task in ("first_task", "second_task"))
    return list(dict.fromkeys(zip(*names, strict=True)))


def _directions(one: str, two: str) -> str:
    """Return both directions between two tasks, in the order of the numbers below."""
    # Lines break between directions, not within one.
    arrow = "\N{NO-BREAK SPACE}\N{RIGHTWARDS ARROW}\N{NO-BREAK SPACE}"
    return f"{one}{arrow}{two}, {two}{arrow}{one}"


def _question(dataset: AnyDataset) -> str:
    """Return the question that the data set answers."""
    tasks, several = " and ".join(dataset.tasks), len(dataset.tasks) > 1
    if not dataset.has_classes:
        shared = ", by decoders that transfer between them" if several else ""
        return f"Can {dataset.label_column} be decoded in {tasks}{shared}?"
    if several:
        return f"Does a population use the same code in {tasks}?"
    return f"Can the label be decoded in {tasks}?"


def _rows(verdicts: pd.DataFrame, own: Path) -> list[dict[str, Any]]:
    """Return the rows of the table on the first screen, one a region, pair of tasks and window."""
    summary = style.across_sessions(read_csv(own / "summary.csv"), "summary")
    summary = summary.set_index(["region", "window", "train_task", "test_task"])
    onsets = read_csv(own / "onsets.csv")
    onsets = onsets[onsets["compared_with"] == ""]
    onsets = onsets.set_index(["region", "train_task", "test_task"])["onset_s"]
    rows = []
    ranks = {region: rank for rank, region in enumerate(style.ordered(verdicts["region"]))}
    for row in verdicts.sort_values(
        "region", key=lambda names: names.map(ranks), kind="stable"
    ).itertuples():
        one, two = row.first_task, row.second_task
        accuracy = summary["accuracy"][row.region][row.window]
        rows.append(
            {
                "region": row.region,
                "tasks": f"{one} and {two}",
                "window": row.window,
                "within": _both([accuracy.get((each, each)) for each in (one, two)]),
                "across": _both([accuracy.get(pair) for pair in ((one, two), (two, one))]),
                "overlap": _number(row.overlap),
                "interval": f"[{_number(row.ci_low)}, {_number(row.ci_high)}]",
                "p": p_text(row.p_corrected),
                "onset": _both(
                    [onsets.get((row.region, *pair)) for pair in ((one, two), (two, one))]
                ),
                "verdict": row.verdict,
                "level": LEVELS[row.level],
                "keys": {"overlap": row.overlap, "p": row.p_corrected},
            }
        )
    return rows


def _sample(dataset: AnyDataset, regions: pd.DataFrame, verdicts: pd.DataFrame | None) -> str:
    pooled = regions.groupby("region")["n_units"].sum()
    counts = [f"{pooled.sum():,} units in {_count(len(pooled), 'region')}"]
    if verdicts is not None and len(verdicts):
        n_sessions, n_subjects = (int(verdicts[key].max()) for key in ("n_sessions", "n_subjects"))
        counts.append(f"{_count(n_sessions, 'session')} of {_count(n_subjects, 'subject')}")
    n_trials = int(regions["n_trials"].min())
    of_each = "task and class" if dataset.has_classes else "task"
    counts.append(f"at least {_count(n_trials, 'trial')} of each {of_each} in every session")
    return ", ".join(counts)


def _warnings(
    dataset: AnyDataset, regions: pd.DataFrame, verdicts: pd.DataFrame | None
) -> list[str]:
    """Return the limits of the conclusions."""
    found = []
    if note := first_look(dataset.inference):
        consequence = "No accuracy can be significant. Verdicts do not depend on permutations."
        if not dataset.has_classes:
            consequence = "No prediction can be significant."
        found.append(f"{note[0].upper()}{note[1:]}. {consequence}")
    if verdicts is not None and len(verdicts):
        alpha, levels = dataset.inference.alpha, set(verdicts["level"])
        for noun, reached in (
            ("session", {"the region", "other subjects"}),
            ("subject", {"other subjects"}),
        ):
            if levels.isdisjoint(reached):
                n = int(verdicts[f"n_{noun}s"].max())
                found.append(
                    f"No verdict concerns other {noun}s: this requires at least "
                    f"{fewest_for(alpha)} {noun}s with units of the region, and there "
                    f"{'is' if n == 1 else 'are'} {n}."
                )
    fewest = regions.loc[regions["n_trials"].idxmin()]
    task, of_each = f"task {fewest['limiting_task']}", "task"
    if dataset.has_classes:
        task, of_each = f"{task}, class {fewest['limiting_class']}", "class"
    found.append(
        f"Session {fewest['limiting_session']} has the fewest trials of a {of_each}, "
        f"{fewest['n_trials']} ({task}), which limits the number of training trials."
    )
    return found


def fewest_for(alpha: float) -> int:
    """Return with how many sessions, or subjects, flips of their signs permit p below alpha.

    Examples
    --------
    >>> fewest_for(0.05)
    6
    """
    return next(n for n in count(1) if significant(2.0 ** (1 - n), alpha))


def _legend(dataset: AnyDataset, verdicts: pd.DataFrame | None) -> str:
    """Return how to read the table on the first screen."""
    text = (
        "Overlap: 1 for a shared code, 0 for unrelated codes, \N{MINUS SIGN}1 for a reversed code, "
        f"with its {100 * dataset.inference.confidence:g} % confidence interval. P-values test "
        "an overlap of 0 and are corrected over windows and regions."
    )
    if len(_pairs(verdicts)) > 1:
        text += " Of two numbers, the first is that of decoders trained on the first task."
    if verdicts is not None and shared_codes.exceed(verdicts):
        text += f" {shared_codes.EXCEEDING}"
    if dataset.reference_tasks:
        reference = listing(dataset.reference_tasks)
        text += (
            f" Verdicts rest on the overlap relative to that of {reference}, which the table of "
            "verdicts below lists."
        )
    return text


def _shown(entry: Mapping[str, Any], folder: Path) -> Shown:
    files = {Path(path).suffix.lstrip("."): Path(path) for path in entry["files"]}
    caption = caption_of(files["rst"])
    if entry["kind"] == "figure":
        image = files["png"].read_bytes()
        width, height = (round(ZOOM * pixels) for pixels in struct.unpack(">II", image[16:24]))
        body = Markup(
            '<img loading="lazy" width="{}" height="{}" alt="{}" src="data:image/png;base64,{}">'
        ).format(
            width,
            height,
            f"{entry['title']}, {entry['subject']}: {caption.striptags()[:300]}",
            base64.b64encode(image).decode(),
        )
        linked = list(FORMATS)
    else:
        table = TABLES[entry["name"]]
        frame = read_csv(entry["csv"], entry["name"])
        meanings = {column.name: column.meaning.replace("`", "") for column in table.columns}
        body = Markup(table_element(frame, meanings))
        files["csv"] = Path(entry["csv"])
        linked = ["csv"]
    links = {kind: _relative(files[kind], folder) for kind in linked}
    return Shown(entry["title"], entry["note"], caption, body, links)


def caption_of(path: Path) -> Markup:
    """Return a caption, which is reStructuredText with escaped names, as HTML."""
    parts = publish_parts(
        path.read_text(encoding="utf-8"),
        writer="html5",
        settings_overrides={
            "file_insertion_enabled": False,
            "raw_enabled": False,
            "_disable_config": True,
            "report_level": 5,
        },
    )
    return Markup(parts["fragment"])


def _relative(path: str | Path, folder: Path) -> str:
    return quote(Path(path).relative_to(folder).as_posix())


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _number(value: float | None) -> str:
    if value is None or pd.isna(value):
        return "\N{EN DASH}"
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def _both(values: list[float | None]) -> str:
    shown = list(map(_number, values))
    return shown[0] if set(shown) == {"\N{EN DASH}"} else ", ".join(shown)
