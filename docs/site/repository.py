"""Pages of the site that do not lie in docs/, and links that lead out of it.

The pages of docs/ link to files of the repository, as ``../config/README.md`` or
``../neuro_attn/rates.py``, and README.md links into docs/. Here every such link is led to a
page of the site: Markdown files become pages as they are, other text files pages that show them.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs/"
HOME = "README.md"
OUTSIDE = [HOME, "CHANGELOG.md"]
"""Pages outside docs/ that the navigation names; others are found through links."""

FENCE = re.compile(r"^(`{3,}).*?^\1`*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)#\s]+)(?=[)#])")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".cff": "yaml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside docs/, and the files that any page links to."""
    waiting = [DOCS + f.src_uri for f in files.documentation_pages()] + OUTSIDE
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        if not path.startswith(DOCS):
            page = File.generated(config, address(path), content=shown(path))
            if not path.endswith(".md"):
                page.inclusion = InclusionLevel.NOT_IN_NAV
            files.append(page)
        if path.endswith(".md"):
            found = {target(path, link) for link in links((ROOT / path).read_text("utf-8"))}
            found = {each for each in found if not each.startswith(DOCS)}
            waiting += sorted(found - seen)
            seen |= found
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links of a page to pages of the site."""
    uri = page.file.src_uri
    path = next((p for p in pages_outside(files) if address(p) == uri), DOCS + uri)
    if not path.endswith(".md") or not (ROOT / path).is_file():
        return markdown
    folder = str(PurePosixPath(uri).parent)

    def led(link: re.Match[str]) -> str:
        return relpath(address(target(path, link[1])), folder)

    return outside_fences(lambda text: LINK.sub(led, text), markdown)


def pages_outside(files: Files) -> list[str]:
    """Return the paths of the Markdown files outside docs/ that are pages."""
    uris = {file.src_uri for file in files.documentation_pages()}
    return [HOME] + [uri for uri in uris if (ROOT / uri).is_file()]


def links(markdown: str) -> list[str]:
    """Return where the relative links of a page lead, fenced blocks left out."""
    return LINK.findall(FENCE.sub("", markdown))


def target(path: str, link: str) -> str:
    """Return the file of the repository that a link in the file `path` leads to."""
    found = normpath(str(PurePosixPath(path).parent / link))
    if not (ROOT / found).exists():
        raise PluginError(f"{path} links to {link}, and there is no {found}")
    return found


def address(path: str) -> str:
    """Return where in the site a file of the repository stands."""
    if path == HOME:
        return "index.md"
    if path.startswith(DOCS):
        return path.removeprefix(DOCS)
    return path if path.endswith(".md") else f"{path}.md"


def shown(path: str) -> str:
    """Return the Markdown of a page that shows a file of the repository."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".md"):
        return text
    language = LANGUAGES.get(Path(path).suffix, "text")
    return (
        f"---\nhide: [toc]\nsearch:\n  exclude: true\n---\n# {path}\n\n````{language}\n{text}````\n"
    )


def outside_fences(change, markdown: str) -> str:
    """Return the page with all but its fenced blocks changed."""
    parts, end = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [change(markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(markdown[end:])])
