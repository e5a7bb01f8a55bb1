r"""Prevent names and expressions in Snakemake's report from being executed as scripts.

Snakemake writes settings, paths and captions as JSON into inline scripts of the report. JSON can
contain ``</script>``, so an expression in an untrusted configuration could end the script and start
another. We replace every ``<``, ``>`` and ``&`` of that JSON by a ``\u`` escape. We also add a
Content-Security-Policy that permits only the scripts of Snakemake's report, identified by their
digests. Browsers then ignore any other active content, such as links to ``javascript:``.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from neuro_attn.errors import InputError
from neuro_attn.files import write_text

_DATA_SCRIPTS = (
    "workflow-desc",
    "results",
    "categories",
    "rulegraph",
    "runtimes",
    "timeline",
    "rules",
    "packages",
    "metadata",
    "logo",
)
"""Ids of the scripts that assign JSON to a variable, in the order of the page."""
_OPENING = re.compile(r'<script(?: id="([^"]*)")?>')
_ASSIGNMENT = re.compile(r"\s*var \w+ = ")
_CLOSING = re.compile(r"\s*;?\s*</script>")
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
_HEAD = '<meta charset="utf-8">'
_POLICY = (
    "default-src 'none'; "
    # Vega, which draws the rule graph and the statistics, compiles its own expressions.
    "script-src 'unsafe-eval' {scripts}; "
    "style-src 'unsafe-inline'; "
    # The report embeds tables as pages in frames and figures as images.
    "img-src data:; frame-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)


class _Script(NamedTuple):
    """A script of the page, with content from index `start` to `stop`."""

    name: str
    start: int
    stop: int
    content: str


def secure_report(unsecured: str | Path, report: str | Path) -> None:
    """Escape the data in a Snakemake report and permit only its own scripts.

    Parameters
    ----------
    unsecured : str or Path
        The page written by Snakemake.
    report : str or Path
        File of the secured page.

    Raises
    ------
    InputError
        If the page does not have the structure of a Snakemake report and thus cannot be secured.
    """
    try:
        page = secured_page(Path(unsecured).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            str(report),
            f"was not written: the scripts of Snakemake's report cannot be verified ({error}).",
            "Install the package versions in requirements.lock, then run again.",
        ) from None
    write_text(page, report)


def secured_page(page: str) -> str:
    r"""Return a report with escaped data and a policy that permits only its scripts.

    Parameters
    ----------
    page : str
        HTML as Snakemake writes it.

    Returns
    -------
    str
        The page with every ``<``, ``>`` and ``&`` in data scripts replaced by a ``\u`` escape, and
        with a Content-Security-Policy in its head.

    Raises
    ------
    ValueError
        If scripts are missing or not as expected, or if the result fails verification.
    """
    scripts = list(_scripts(page))
    found = tuple(script.name for script in scripts if script.name)
    if found != _DATA_SCRIPTS:
        raise ValueError(f"expected the scripts {', '.join(_DATA_SCRIPTS)}; found {found}")
    if page.count(_HEAD) < 1 or page.index(_HEAD) > scripts[0].start:
        raise ValueError("the page has no head")
    parts, end = [], 0
    for script in scripts:
        parts += [page[end : script.start], script.content]
        end = script.stop
    escaped = "".join([*parts, page[end:]])
    digests = dict.fromkeys(_digest(script.content) for script in scripts)
    policy = _POLICY.format(scripts=" ".join(digests))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    secured = escaped.replace(_HEAD, f"{_HEAD}\n    {meta}", 1)
    _verify(secured, policy)
    return secured


def _scripts(page: str) -> Iterator[_Script]:
    """Yield the scripts of a report in order, with escaped JSON in data scripts.

    We find the end of data by decoding the JSON, not by searching for the end of the script.
    """
    position = 0
    while (opening := _OPENING.search(page, position)) is not None:
        name, start = opening[1] or "", opening.end()
        if name:
            assignment = _ASSIGNMENT.match(page, start)
            if assignment is None:
                raise ValueError(f"the script {name} assigns nothing")
            value, stop = json.JSONDecoder().raw_decode(page, assignment.end())
            closing = _CLOSING.match(page, stop)
            if closing is None:
                raise ValueError(f"the script {name} holds more than one value")
            content = f"{assignment[0]}{_escaped_json(value)};"
            yield _Script(name, start, closing.end() - len("</script>"), content)
            position = closing.end()
        else:
            stop = page.find("</script>", start)
            if stop < 0:
                raise ValueError("a script has no end")
            yield _Script(name, start, stop, page[start:stop])
            position = stop + len("</script>")


def _escaped_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)


def _digest(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


class _Reader(HTMLParser):
    """Parser that collects scripts, policies and event handlers as a browser would."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.policies: list[str] = []
        self.handlers: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.handlers += [name for name in given if name.startswith("on")]
        if tag == "script":
            self._inside = True
            self.scripts.append("")
        if given.get("http-equiv", "") == "Content-Security-Policy":
            self.policies.append(given.get("content") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data


def _verify(page: str, policy: str) -> None:
    """Raise `ValueError` unless a parser finds the policy and only scripts that it permits."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if reader.policies != [policy]:
        raise ValueError("the policy is not in the page")
    if strange := [script for script in reader.scripts if _digest(script) not in policy]:
        raise ValueError(f"a script is not one of Snakemake's: {strange[0][:60]!r}")
    if reader.handlers:
        raise ValueError(f"the page has a handler of events, {reader.handlers[0]}")
