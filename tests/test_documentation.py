"""The documentation says what is there: its commands run, its links lead somewhere, as a site too.

docs/your_data.md is run by tests/workflow/test_your_data.py; the files and columns of
docs/outputs.md are those of a run in tests/workflow/test_outputs_page.py.
"""

import argparse
import ast
import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from runpy import run_path
from typing import Any

import nbformat
import numpy as np
import pytest
import yaml
from matplotlib import pyplot as plt

from neuro_attn import command_line
from neuro_attn.command_line import options
from neuro_attn.configuration import parse
from neuro_attn.figures.specification import FIGURES
from neuro_attn.inference.significance import first_look
from tests.onboarding.conftest import spike_trains, trials_table, write_nwb

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in [
        *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
        *ROOT.glob("[a-z]*/README.md"),
        *ROOT.glob("docs/*.md"),
    ]
)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, *languages: str) -> list[str]:
    """Return the fenced blocks of a page that are in one of the languages, in order."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)
    return [block for language, block in found if language in languages]


def commands(page: str) -> list[str]:
    """Return the shell commands of a page, in order."""
    told = []
    for block in blocks(page, "sh", "bash", "shell", "console"):
        lines = block.replace("\\\n", " ").splitlines()
        if any(line.startswith("$ ") for line in lines):
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        told += [shlex.join(words) for line in lines if (words := shlex.split(line, comments=True))]
    return told


# --- commands ----------------------------------------------------------------------------------

HERE = "this module"
NOT_RUN = "not run"

HOW = {
    r"neuro-attn (inspect|check|init|schema|--help)\b": HERE,
    r"cp config/": HERE,
    r"make( |$)": "tests/test_documentation.py::test_make_knows_what_the_pages_ask_of_it",
    r"neuro-attn (run|report)\b(?!.*--profile)": (
        "tests/workflow/test_your_data.py::test_every_command_of_the_page_does_what_the_page_says"
    ),
    r"neuro-attn (run|report)\b.*--profile workflow/profiles/slurm": (
        "tests/workflow/test_cluster.py::test_killed_jobs_and_a_killed_run_change_no_byte"
    ),
    r"neuro-attn datasets\b": "tests/registry/test_catalogue.py::test_the_command_lists_and_prints",
    r"neuro-attn download\b": (
        "tests/registry/test_downloads.py::test_the_command_fetches_into_the_folder_of_the_data"
    ),
    r"(snakemake\b.*storage|export\b)": (
        "tests/workflow/test_cluster.py::test_all_jobs_work_with_data_that_exist_in_a_storage_only"
    ),
    r"snakemake\b(?!.*storage)": "tests/workflow/test_run.py::test_a_second_run_has_nothing_to_do",
    r".venv/bin/snakemake --.* --debug ": (
        "tests/workflow/test_debugging.py::test_the_command_of_contributing_stops_at_a_breakpoint"
    ),
    r"python -m benchmarks\.": (
        "tests/test_documentation.py::test_benchmarks_that_pages_name_are_there"
    ),
    # The set-up: it makes the environment that tests run in, from the network.
    r"python3 -m venv .venv$": NOT_RUN,
    r"\. .venv/bin/activate$": NOT_RUN,
    r"pip install --(require-hashes|no-deps) ": NOT_RUN,
    r"pip install \.$": (
        "tests/workflow/test_installed.py::test_the_commands_of_a_first_day_work_in_any_folder"
    ),
    r"neuro-attn examples\b": (
        "tests/test_wheel.py::test_every_configuration_is_listed_and_printed_as_one_that_can_be_run"
    ),
}
"""How each kind of command is run: by a test that is named, here, or not at all."""

RUN_HERE = {"README.md", "docs/start.md", "docs/quick_look.md"}
"""Pages whose commands this module runs."""
HOW_ON_PAGE = {
    "docs/your_data.md": (
        "tests/workflow/test_your_data.py::test_every_command_of_the_page_does_what_the_page_says"
    ),
    "docs/cluster.md": (
        "tests/workflow/test_cluster.py::test_killed_jobs_and_a_killed_run_change_no_byte"
    ),
    "docs/own_networks.md": (
        "tests/test_documentation.py::test_a_network_of_your_own_is_recorded_and_checked_as_told"
    ),
    "docs/own_tasks.md": (
        "tests/test_documentation.py::test_a_task_of_your_own_is_checked_and_drawn_as_told"
    ),
    # The files are in an archive.
    "docs/datasets.md": NOT_RUN,
}
"""The same for pages whose commands that would be run here are run in another way."""


def how(page: str, command: str) -> list[str]:
    """Return how a command of a page is run; one way, if all is well."""
    ways = [how for pattern, how in HOW.items() if re.match(pattern, command)]
    return [HOW_ON_PAGE.get(page, way) if way == HERE else way for way in ways]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_run_by_a_test_or_has_a_reason_not_to(page):
    for command in commands(page):
        ways = how(page, command)
        assert len(ways) == 1, f"no test runs '{command}' of {page}"
        assert ways[0] != HERE or page in RUN_HERE, f"no test runs '{command}' of {page}"
        if "::" in ways[0]:
            file, name = ways[0].split("::")
            assert f"\ndef {name}(" in text_of(file)


def write_my_nwb(folder: Path) -> None:
    """Write two sessions with the columns that README.md and config/README.md speak of."""
    folder.mkdir(parents=True)
    for number in (1, 2):
        trials = trials_table()
        n = np.arange(len(trials))
        trials = trials[["start_time", "stop_time"]].assign(
            rule=np.where(n % 2, "visual", "auditory"),
            choice=np.where(n // 2 % 2, 1, -1),
            correct=np.ones(len(n), int),
            stimulus_time=trials["start_time"] + 0.5,
        )
        regions = [("V4", "FEF")[unit % 2] for unit in range(len(spike_trains()))]
        write_nwb(folder / f"session{number}.nwb", trials, place="electrodes", regions=regions)


@pytest.fixture
def reader(tmp_path, monkeypatch) -> Path:
    """A folder in which a reader follows the pages, with nobody at the terminal."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    write_my_nwb(tmp_path / "data/my_nwb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEURO_ATTN_DATA", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    return tmp_path


def follow(command: str) -> int:
    """Run a command of a page; return its exit code."""
    name, *words = shlex.split(command)
    files = [sorted(map(str, Path().glob(word))) if "*" in word else [word] for word in words]
    arguments = [argument for each in files for argument in each]
    if name == "cp":
        shutil.copy(*arguments)
        return 0
    try:
        return command_line.main(arguments)
    except SystemExit as done:
        return int(done.code or 0)


def run_here(page: str) -> list[str]:
    assert page in RUN_HERE
    return [command for command in commands(page) if how(page, command) == [HERE]]


def test_the_commands_of_the_readme_lead_to_a_configuration_without_problems(reader, capsys):
    (written,) = [block for block in blocks("README.md", "yaml") if "my_nwb:" in block]
    told = run_here("README.md")
    assert [command.split()[1] for command in told] == ["inspect", "init", "check"]
    for command in told:
        code = follow(command)
        said = capsys.readouterr()
        if " init " in command:
            # With nobody to ask, it says which option is missing, and what could be chosen.
            assert code == 1
            assert "--label: not given" in said.err
            (reader / "config/my_nwb.yaml").write_text(written, encoding="utf-8")
            continue
        assert code == 0, said.out + said.err
        expected = "stimulus_time  event, s" if " inspect " in command else "No problems"
        assert expected in said.out


def test_the_commands_of_the_start_work_on_the_default_configuration(reader, capsys):
    told = run_here("docs/start.md")
    assert [command.split()[0] for command in told] == ["cp", "neuro-attn", "neuro-attn"]
    for command in told:
        assert follow(command) == 0
        said = capsys.readouterr().out
        if command.startswith("cp"):
            mine = reader / "config/mine.yaml"
            before = mine.read_text(encoding="utf-8")
            after = re.sub(r"^#seed: \d+", "seed: 7", before, flags=re.MULTILINE)
            mine.write_text(after, encoding="utf-8")
            assert parse(yaml.safe_load(after)).seed == 7
        elif " check " in command:
            assert "No problems in config/mine.yaml" in said


def test_the_commands_of_the_quick_look_lead_to_a_first_look(reader, capsys):
    told = run_here("docs/quick_look.md")
    assert [command.split()[1] for command in told] == ["inspect", "init", "check"]
    for command in told:
        assert follow(command) == 0, capsys.readouterr().err
    assert "No problems in config/look.yaml" in capsys.readouterr().out
    written = yaml.safe_load((reader / "config/look.yaml").read_text(encoding="utf-8"))
    (dataset,) = parse(written).datasets.values()
    assert first_look(dataset.inference)


@pytest.mark.parametrize(
    ("page", "command"),
    [(p, c) for p in PAGES for c in commands(p) if c.startswith("make")],
)
def test_make_knows_what_the_pages_ask_of_it(page, command):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        [*shlex.split(command), "-n"], cwd=ROOT, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    if config := re.search(r"CONFIG=(\S+)", command):
        assert f"neuro-attn report {config[1]} " in done.stdout
        # A file of the project, or one that the reader has written by then.
        written = [c for c in commands(page) if config[1] in c.split()]
        assert (ROOT / config[1]).is_file() or written


LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")


def test_every_file_that_a_page_links_to_is_there():
    """Links to tests and sources lead out of the site, so building it does not check them."""
    missing = [
        f"{page.name}: {target[1]}"
        for page in [ROOT / "README.md", ROOT / "config/README.md", *(ROOT / "docs").rglob("*.md")]
        for target in LINK.finditer(page.read_text(encoding="utf-8"))
        if not (page.parent / unescape(target[1])).exists()
    ]
    assert missing == []


def test_every_promise_of_safety_links_to_its_tests():
    """Each section, and each bullet that promises something, names the tests that show it."""
    page = (ROOT / "docs/safety.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    assert [each.split("\n")[0] for each in sections if "../tests/" not in each] == []
    bullets = re.findall(r"^- \*\*(.+?)\*\*(.*)$", page, flags=re.MULTILINE)
    assert len(bullets) > 20
    assert [name for name, text in bullets if "../tests/" not in text] == []


def test_benchmarks_that_pages_name_are_there():
    named = {name for page in PAGES for name in re.findall(r"benchmarks\.\w+", text_of(page))}
    assert named
    assert {name for name in named if find_spec(name) is None} == set()


def test_every_option_of_the_command_line_is_documented():
    pages = "\n".join(map(text_of, PAGES))
    (commands_,) = [
        action
        for action in options.build()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    for name, parser in commands_.choices.items():
        assert f"neuro-attn {name}" in pages
        for action in parser._actions:
            forms = set(action.option_strings)
            told = any(re.search(rf"(?<![\w-]){form}\b", pages) for form in forms)
            assert told or not forms or "--help" in forms, f"{name} {forms}"


# --- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_code_on_the_pages_can_be_parsed(page, tmp_path, monkeypatch):
    for block in blocks(page, "python"):
        ast.parse(block)
    found = blocks(page, "yaml")
    monkeypatch.chdir(tmp_path)
    for block in found:
        # Configurations can name a file that the page shows.
        if named := re.match(r"# (\w+\.yaml)\n", block):
            Path(named[1]).write_text(block, encoding="utf-8")
    for block in found:
        keys = yaml.safe_load(block)
        if "datasets" in keys:
            parse(keys, page)


def test_the_example_of_decoding_from_python_runs():
    (example,) = blocks("docs/api.md", "python")
    found: dict[str, Any] = {}
    exec(example, found)
    summary = found["summary"]
    assert set(summary["region"]) == {"LPFC", "V4"}
    assert set(summary["train_task"]) == set(summary["test_task"]) == {"pro", "retro"}
    assert summary["accuracy"].between(0, 1).all()


NOTEBOOKS = run_path(str(ROOT / "docs/site/notebooks.py"))


@pytest.mark.slow
@pytest.mark.parametrize("page", NOTEBOOKS["PAGES"])
def test_the_examples_of_pages_that_are_notebooks_give_what_they_show(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = doctest.testfile(str(ROOT / "docs" / page), module_relative=False)
    assert done.attempted > 20
    assert not done.failed
    plt.close("all")


@pytest.mark.parametrize("page", NOTEBOOKS["PAGES"])
def test_a_notebook_is_valid_and_has_the_text_the_code_and_the_outputs_of_its_page(page):
    text = text_of(f"docs/{page}")
    made = nbformat.from_dict(NOTEBOOKS["notebook"](text))
    nbformat.validate(made)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    for cell in code:
        ast.parse(cell.source)
    examples = doctest.DocTestParser().get_examples(text)
    assert "".join(f"{cell.source}\n" for cell in code) == "".join(each.source for each in examples)
    outputs = [output.text for cell in code for output in cell.outputs]
    assert outputs == [each.want for each in examples if each.want]
    titles = [cell.source for cell in made.cells if cell.cell_type == "markdown"]
    assert titles[0].startswith("# ")


def test_a_network_of_your_own_is_recorded_and_checked_as_told(tmp_path, monkeypatch, capsys):
    page = "docs/own_networks.md"
    monkeypatch.chdir(tmp_path)
    done = doctest.testfile(str(ROOT / page), module_relative=False)
    assert (done.attempted, done.failed) == (4, 0)
    (configuration,) = blocks(page, "yaml")
    Path("mine.yaml").write_text(configuration, encoding="utf-8")
    (check,) = (each for each in commands(page) if each.startswith("neuro-attn check"))
    assert command_line.main(shlex.split(check)[1:]) == 0
    assert "mine" not in capsys.readouterr().err


def test_a_task_of_your_own_is_checked_and_drawn_as_told(tmp_path, monkeypatch, capsys):
    page = "docs/own_tasks.md"
    monkeypatch.chdir(tmp_path)
    for name, text in zip(("my_task.yaml", "mine.yaml"), blocks(page, "yaml"), strict=True):
        Path(name).write_text(text, encoding="utf-8")
    (check,) = (each for each in commands(page) if each.startswith("neuro-attn check"))
    assert command_line.main(shlex.split(check)[1:]) == 0
    assert "my_task" not in capsys.readouterr().err
    found: dict[str, Any] = {}
    (example,) = blocks(page, "python")
    exec(example, found)
    assert len(found["trials"].inputs) == 240


def test_a_network_in_pytorch_is_recorded_as_told(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("docs/own_networks.md", "python")
    exec(example, {})
    assert Path("activations/gru0.npz").is_file()


def test_the_readme_shows_what_its_example_on_arrays_prints():
    (example,) = (each for each in blocks("README.md", "python") if "cross_task" in each)
    found: dict[str, Any] = {}
    exec(example, found)
    assert f"print(found)  # {found['found']}\n" in example


def test_every_figure_has_a_section_on_how_to_read_it_that_names_what_it_is_drawn_from():
    sections = re.split(r"^## ", text_of("docs/figures.md"), flags=re.MULTILINE)
    of_figure = {
        name.split("-")[0]: section
        for section in sections
        for name in re.findall(r"^`([\w{}-]+)`", section, re.MULTILINE)
    }
    assert of_figure.keys() == FIGURES.keys()
    for name, figure in FIGURES.items():
        for file in figure.needs:
            assert f"`{PurePosixPath(file).name}`" in of_figure[name], name


def test_the_gallery_shows_every_figure_and_picture_with_functions_that_exist():
    page = run_path(str(ROOT / "docs/site/gallery.py"))["page"]()
    shown = re.findall(r"^from neuro_attn\.figures import (\w+)$", page, re.MULTILINE)
    assert sorted(shown) == sorted(FIGURES)
    pictures = {path.name for path in (ROOT / "docs/figures").iterdir()}
    assert set(re.findall(r"\(figures/(\w+\.png)\)", page)) == pictures
    assert all(f"\n{name}.draw(" in page for name in FIGURES)


def test_pictures_are_small():
    pictures = list((ROOT / "docs/figures").iterdir())
    assert len(pictures) <= 9
    for picture in pictures:
        assert picture.stat().st_size < 250_000


def test_whatever_the_methods_cite_is_among_their_sources_and_nothing_else():
    text, sources = text_of("docs/methods.md").split("## Sources")
    cited = r"\b([A-Z][\w'-]+)(?:(?:, [A-Z][\w'-]+)*,? & [A-Z][\w'-]+| et al\.)? ((?:19|20)\d\d)\b"
    assert set(re.findall(cited, text)) == set(re.findall(cited, sources))


# --- the site ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as `make docs` does, but for its folder."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_menu_names_every_page_once():
    named = re.findall(r"[\w/.]+\.md$", text_of("mkdocs.yml").split("\nnav:\n")[1], re.MULTILINE)
    assert sorted(named) == sorted(set(named))


def pages_of(site: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(site.rglob("*.html")):
        yield str(path.relative_to(site)), path.read_text(encoding="utf-8")


class Addresses(HTMLParser):
    """Collects what a page loads (not where it links to), and its links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in {"src", "srcset", "href", "data", "poster", "action"} and value:
                (self.links if tag == "a" else self.loaded).append(value)


def test_the_site_loads_nothing_from_another_host(site):
    for name, page in pages_of(site):
        loaded = Addresses(page).loaded
        assert loaded, name
        outside = [each for each in loaded if re.match(r"([a-z]+:)?//", each)]
        assert outside == [], name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text("utf-8"))


def test_the_search_works_in_a_site_that_is_opened_from_a_folder(site, browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get((site / "index.html").as_uri() + "?q=pseudosession")
    shown = WebDriverWait(browser, 30).until(
        lambda _: [
            each.get_attribute("textContent")
            for each in browser.find_elements(By.CSS_SELECTOR, ".md-search-result__item h1")
        ]
    )
    assert "Calibration" in shown


def test_the_site_follows_the_colours_of_the_system_at_every_visit(site, browser):
    try:
        for scheme, expected in (("light", "default"), ("dark", "slate"), ("light", "default")):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            browser.get((site / "faq.html").as_uri())
            shown = "return document.body.getAttribute('data-md-color-scheme')"
            assert browser.execute_script(shown) == expected
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_every_link_within_the_site_leads_to_a_page(site):
    for name, page in pages_of(site):
        for link in Addresses(page).links:
            if re.match(r"[a-z]+:|//|#", link) or name == "404.html":
                continue
            target = (site / name).parent / unescape(link).split("#")[0]
            assert target.exists(), f"{name}: {link}"


def test_every_equation_is_drawn(site):
    drawn = 0
    for name, page in pages_of(site):
        for equation in re.findall(r"<math.*?</math>", page, re.DOTALL):
            assert "\\" not in equation, f"{name}: {equation}"
        drawn += page.count("<math")
        assert "arithmatex" not in page
    pages = [*PAGES, "neuro_attn/solver/README.md"]
    sources = "".join(re.sub(r"^```.*?^```", "", text_of(p), flags=re.M | re.S) for p in pages)
    blocks_ = re.findall(r"^ *\$\$.+?\$\$$", sources, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"(?<![\$`\w])\$(?=[^\s$])[^$\n]*?[^\s$]\$(?!\d)", sources)
    assert all(each.count("{") == each.count("}") for each in blocks_ + inline)
    assert drawn == len(blocks_) + len(inline) > 10


def test_lists_and_tables_are_drawn_as_such(site):
    """Some code hosts take a list without a blank line before it, the site does not."""
    for name, page in pages_of(site):
        for paragraph in re.findall(r"<p>(.*?)</p>", page, re.DOTALL):
            assert not re.search(r"^(- |\d\. |\|)", paragraph, re.MULTILINE), f"{name}: {paragraph}"


def test_the_page_of_every_key_has_every_key(site):
    page = (site / "configuration.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr>\s*<td><code>(\w+)</code></td>(.*?)</tr>", page, re.DOTALL)
    schema = json.loads(text_of("config/schema.json"))
    keys = [set(part["properties"]) for part in (schema, *schema["$defs"].values())]
    assert {key for key, _ in rows} == set.union(*keys)
    for key, cells in rows:
        assert re.fullmatch(r"(\s*<td>.+?</td>){3}\s*", cells, re.DOTALL), key
