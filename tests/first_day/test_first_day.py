"""Mistakes of a first day: what is typed, and all that then stands in a terminal of 80 columns.

Each changes one thing in a configuration that is right (`conftest.MINE`). Every answer names the
file and line, what was given, what is allowed and what to do; none has a traceback.
"""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from neuro_attn.configuration.sources import SETTINGS
from tests.first_day.conftest import COLUMNS, MINE, typed

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mistake:
    """A mistake and its answer.

    Parameters
    ----------
    title : str
        What is wrong.
    edit : tuple of str
        A part of the configuration, and what stands there instead; or nothing.
    capture : str
        The command, and what it prints. "[...]" stands for more lines, FOLDER for the folder's
        path and N for the cores of the machine.
    code : int
        The exit code.
    """

    title: str
    edit: tuple[()] | tuple[str, str]
    capture: str
    code: int = 1


LEFT_OUT = "[...]"
SOURCES = list(SETTINGS)
NO_SOURCE = textwrap.fill(
    "neuro-attn: error: mine.yaml, line 4, datasets.mine.source: must be "
    f"{', '.join(SOURCES[:-1])} or {SOURCES[-1]} (given: 'nbw'). Did you mean nwb?",
    width=80,
    subsequent_indent="  ",
)
MISTAKES = [
    Mistake(
        "A file in the place of the results",
        (),
        """
$ neuro-attn run mine.yaml
neuro-attn: error: results: is a file; results are written to a folder of this
  name. Move or rename the file.
""",
    ),
    Mistake(
        "Yes and no as names of classes",
        ("    label: side\n", "    label: {yes: side == 'left', no: side == 'right'}\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 6, datasets.mine.label: YAML reads yes/no as
  true/false. Quote names: "yes": ...
""",
    ),
    Mistake(
        "A bracket that is not closed",
        ("      late: [0.2, 0.6]\n", "      late: [0.2, 0.6\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 12: [ is not closed (given: late: [0.2, 0.6).
  Close it by ].
""",
    ),
    Mistake(
        "A list within braces",
        ("    label: side\n", "    label: {left: side in ['left'], right: side == 'right'}\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 6: text in braces contains a [ (given: label:
  {left: side in ['left'], right: side == 'right'}). Quote the text that
  contains it: {left: "x in [1, 2]"}.
""",
    ),
    Mistake(
        "= for ==",
        ("rule == 'visual'", "rule = 'visual'"),
        """
$ neuro-attn check mine.yaml
[...]
2 problems in mine.yaml
  - data/mice/session1.nwb, tasks.visual.trials (mine.yaml, line 8): "rule =
    'visual'" is not an expression. (1 more like it)
    remedy: Comparison is ==, not =: rule == 'visual'.
""",
    ),
    Mistake(
        "An empty file",
        (MINE, ""),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml: is empty. A configuration consists of lines KEY:
  VALUE; neuro-attn examples default explains every key, and neuro-attn init
  writes a configuration for your files.
""",
    ),
    Mistake(
        "More units than any region has",
        ("min_units: 5", "min_units: 500"),
        """
$ neuro-attn check mine.yaml
[...]
1 problem in mine.yaml
  - mine.yaml, line 14, datasets.mine.regions.min_units: no region has 500
    units.
    remedy: At most 12 gives one region. Regions of all sessions: FEF (12), V4
            (12).
""",
    ),
    Mistake(
        "The name of the configuration, mistyped",
        (),
        """
$ neuro-attn check mien.yaml
neuro-attn: error: mien.yaml: the configuration file does not exist. Did you
  mean mine.yaml?
""",
    ),
    Mistake(
        "The name of a folder in a pattern, mistyped",
        ("mice/*.nwb", "mcie/*.nwb"),
        """
$ neuro-attn check mine.yaml
[...]
1 problem in mine.yaml
  - mine.yaml, line 5, datasets.mine.files: 'mcie/*.nwb' matches no file in
    FOLDER/data.
    remedy: Did you mean mice/*.nwb?
""",
    ),
    Mistake(
        "The data folder, mistyped",
        ("data_folder: data", "data_folder: dta"),
        """
$ neuro-attn check mine.yaml
[...]
1 problem in mine.yaml
  - mine.yaml, line 1, data_folder: the folder 'dta' does not exist.
    remedy: Did you mean data? It is the folder that files are relative to;
            --data replaces it.
""",
    ),
    Mistake(
        "A bin of 400 ms that was meant to be one of 40",
        ("bin: 0.1}", "bin: 0.4}"),
        """
$ neuro-attn check mine.yaml
[...]
  - mine.yaml, line 10, datasets.mine.time.bin: the time from -0.2 to 0.6 s has
    2 bins of 0.4 s: too few for a time course, and for an onset (3 consecutive
    bins).
    remedy: Times are in s: 0.4 is 400 ms, and 40 ms is 0.04. Give a shorter
            bin, unless this is what you mean.
  - mine.yaml, line 12, datasets.mine.windows.late: the window [0.2, 0.6]
    contains a single bin of 0.4 s.
    remedy: Times are in s: 0.4 is 400 ms, and 40 ms is 0.04. Give a shorter
            bin, unless this is what you mean.

No problems in mine.yaml
""",
        code=0,
    ),
    Mistake(
        "A bin in ms",
        ("bin: 0.1}", "bin: 50}"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 10, datasets.mine.time.bin: a bin of 50 s is
  longer than the time from -0.2 to 0.6 s; times are in s, so a bin of 50 ms is
  0.05.
""",
    ),
    Mistake(
        "All times in ms",
        ("{start: -0.2, stop: 0.6, bin: 0.1}", "{start: -200, stop: 600, bin: 50}"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 10, datasets.mine.time: bins of 50 s from
  -200 to 600 s seem to be in ms; times are in s: {start: -0.2, stop: 0.6, bin:
  0.05}.
""",
    ),
    Mistake(
        "A unit behind a number",
        ("bin: 0.1}", "bin: 50 ms}"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 10, datasets.mine.time.bin: must be a number
  above 0 (given: '50 ms'). Times are in s: 0.05.
""",
    ),
    Mistake(
        "Text for a number",
        ("permutations: 19", "permutations: many"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 16, inference.permutations: must be a whole
  number from 1 to 10,000,000 (given: 'many').
""",
    ),
    Mistake(
        "Yes for a number",
        ("permutations: 19", "permutations: yes"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 16, inference.permutations: must be a whole
  number from 1 to 10,000,000 (given: yes). YAML reads yes as true.
""",
    ),
    Mistake(
        "A time of day for a number",
        ("permutations: 19", "permutations: 1:30"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 16, inference.permutations: YAML reads 1:30
  as the number 90. Write 90, or quote it if it is text: "1:30".
""",
    ),
    Mistake(
        "A tab",
        ("      min_units: 5\n", "\tmin_units: 5\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 14: is indented with a tab. Replace each tab
  by two spaces.
""",
    ),
    Mistake(
        "A colon in a value",
        ("    label: side\n", "    label: side: left\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 6: a value contains a colon and a space
  (given: label: side: left). Quote it: label: "side: left".
""",
    ),
    Mistake(
        "A pattern without quotes",
        ("mice/*.nwb", "*.nwb"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 5: a value begins with * or & (given: files:
  *.nwb). Quote it: files: "*.nwb".
""",
    ),
    Mistake(
        "A path as on Windows",
        ("mice/*.nwb", "mice\\*.nwb"),
        """
$ neuro-attn check mine.yaml
[...]
1 problem in mine.yaml
  - mine.yaml, line 5, datasets.mine.files: 'mice\\\\*.nwb' matches no file in
    FOLDER/data.
    remedy: Write / instead of \\: mice/*.nwb.
""",
    ),
    Mistake(
        "A path as on Windows, in double quotes",
        ("data_folder: data", 'data_folder: "C:\\Users\\me\\data"'),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 1: a backslash in double quotes begins a
  special character (given: data_folder: "C:\\Users\\me\\data"). Write / instead,
  or use single quotes.
""",
    ),
    Mistake(
        "A folder for a configuration",
        (),
        """
$ neuro-attn check data
neuro-attn: error: data: is a folder, not a configuration file. It contains no
  .yaml file.
""",
    ),
    Mistake(
        "The event's column, mistyped",
        ("'visual', align: stimulus", "'visual', align: stimulsu"),
        """
$ neuro-attn check mine.yaml
[...]
2 problems in mine.yaml
  - data/mice/session1.nwb, tasks.visual.align (mine.yaml, line 8): no trial
    column 'stimulsu'. (1 more like it)
    remedy: Did you mean stimulus? Columns: start_time, stop_time, rule, side,
            correct, stimulus, trial_id.
""",
    ),
    Mistake(
        "A column in an expression, mistyped",
        ("rule == 'visual'", "rul == 'visual'"),
        """
$ neuro-attn check mine.yaml
[...]
2 problems in mine.yaml
  - data/mice/session1.nwb, tasks.visual.trials (mine.yaml, line 8): "rul ==
    'visual'": no trial column 'rul'. (1 more like it)
    remedy: Did you mean 'rule'? Columns: start_time, stop_time, rule, side,
            correct, stimulus, trial_id.
""",
    ),
    Mistake(
        "A key twice",
        ("inference:\n", "regions: {}\nregions: {}\ninference:\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 16: the key 'regions' occurs twice, first on
  line 15. Remove one.
""",
    ),
    Mistake(
        "A key, mistyped",
        ("    windows:\n", "    window:\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 11, datasets.mine.window: unknown key. Did
  you mean windows?
""",
    ),
    Mistake(
        "A key at the wrong level",
        ("    label: side\n", "    label: side\n    min_units: 5\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 7, datasets.mine.min_units: unknown key here.
  It belongs below regions.
""",
    ),
    Mistake(
        "A source that there is not",
        ("source: nwb", "source: nbw"),
        "$ neuro-attn check mine.yaml\n" + NO_SOURCE,
    ),
    Mistake(
        "A window outside the time",
        ("[0.2, 0.6]", "[0.2, 0.9]"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml, line 12, datasets.mine.windows.late: window late
  [0.2, 0.9] reaches outside time [-0.2, 0.6]; change the window or time.
""",
    ),
    Mistake(
        "Several mistakes at once",
        ("inference:\n  permutations: 19\n", "seed: -1\ninference:\n  permutatons: 19\n"),
        """
$ neuro-attn check mine.yaml
neuro-attn: error: mine.yaml: 2 problems. (1) line 15, seed: must be a whole
  number of at least 0 (given: -1). (2) line 17, inference.permutatons: unknown
  key. Did you mean permutations?
""",
    ),
    Mistake(
        "A command, mistyped",
        (),
        """
$ neuro-attn chek mine.yaml
neuro-attn: error: neuro-attn chek: is not a command. Did you mean check?
""",
    ),
    Mistake(
        "No command",
        (),
        """
$ neuro-attn
neuro-attn: error: no command was given.
From files to results, in this order (--help after each lists its options):
  neuro-attn inspect FILE ...              show what files contain
  neuro-attn init FILE ... -o MINE.yaml    write a configuration for files
  neuro-attn check MINE.yaml               report what a run would do
  neuro-attn report MINE.yaml              compute results, write their report
Without files of your own, neuro-attn report computes a simulated example, and
neuro-attn examples lists further configurations.
""",
    ),
    Mistake(
        "An empty name of a file",
        (),
        """
$ neuro-attn inspect ''
neuro-attn: error: FILE: the name is empty. Give a name; a shell variable that
  is not set is empty.
""",
    ),
    Mistake(
        "An empty name of a configuration",
        (),
        """
$ neuro-attn check ''
neuro-attn: error: CONFIG: the name is empty. Give a name; a shell variable that
  is not set is empty.
""",
    ),
    Mistake(
        "A Snakemake option without --",
        (),
        """
$ neuro-attn run mine.yaml -n
neuro-attn: error: -n: neuro-attn run does not have this option. Pass
  Snakemake's options after --: neuro-attn run CONFIG -- -n.
""",
    ),
    Mistake(
        "No cores",
        (),
        """
$ neuro-attn run mine.yaml --cores 0
neuro-attn: error: --cores: must be a whole number from 1; this machine has N
  (given: '0').
""",
    ),
    Mistake(
        "An example that does not exist",
        (),
        """
$ neuro-attn examples control
neuro-attn: error: neuro-attn examples control: is not an example. Did you mean
  controls?
""",
    ),
    Mistake(
        "inspect of a folder",
        (),
        """
$ neuro-attn inspect data/mice
NWB: 2 files
  session   recorded, s   units  spikes/s  trials (rows)
  session1  0.0 to 160.0     24      9.97             80
  session2  0.0 to 160.0     24      9.98             80
[...]
""",
        code=0,
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_a_mistake_of_a_first_day_is_answered_in_one_message(recorded, mistake):
    mine = MINE.replace(*mistake.edit, 1) if mistake.edit else MINE
    assert (mine != MINE) == bool(mistake.edit)
    (recorded / "mine.yaml").write_text(mine)
    in_the_way = recorded / "results"
    if "place of the results" in mistake.title:
        in_the_way.write_text("")
    command, _, expected = mistake.capture.strip("\n").removeprefix("$ ").partition("\n")
    try:
        code, screen = typed(command, recorded)
    finally:
        in_the_way.unlink(missing_ok=True)
    assert code == mistake.code, screen
    assert "Traceback" not in screen
    screen = re.sub(r"this machine has \d+", "this machine has N", screen)
    if "FOLDER" in expected:
        # Where lines break depends on the path.
        screen, expected = (" ".join(text.split()) for text in (screen, expected))
        screen = screen.replace(str(recorded), "FOLDER")
    else:
        assert max(map(len, screen.splitlines())) <= COLUMNS
    if expected.startswith(LEFT_OUT):
        expected = expected.removeprefix(LEFT_OUT).strip()
        screen = screen[-len(expected) :]
    elif expected.endswith(LEFT_OUT):
        expected = expected.removesuffix(LEFT_OUT).strip()
        screen = screen[: len(expected)]
    assert screen == expected


def test_there_are_more_than_twenty():
    assert len({mistake.title for mistake in MISTAKES}) == len(MISTAKES) >= 30
    assert f"[{len(MISTAKES)} mistakes of a first day]" in (ROOT / "README.md").read_text()
    assert f"contains {len(MISTAKES)} of them" in (ROOT / "docs/safety.md").read_text()


def test_the_configuration_without_a_mistake_is_right(recorded):
    (recorded / "mine.yaml").write_text(MINE)
    code, screen = typed("neuro-attn check mine.yaml", recorded)
    assert code == 0, screen
    assert screen.splitlines()[-1] == "No problems in mine.yaml"
