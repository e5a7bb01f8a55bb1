"""A configuration that is wrong or hostile ends in one message; nothing in it is run or written.

`CASES` is the table: what the file holds, and what the message must say.
"""

import contextlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neuro_attn import configuration, recording
from neuro_attn.errors import InputError
from tests.hostile.conftest import CANARY, text
from tests.onboarding.conftest import N_TRIALS, trials_table

TOUCH = f"__import__('os').system('touch {CANARY}') == 0"
BOMB = "\n".join(
    ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)
KEY_BOMB = "\n".join(
    ["a0: &a0 {x: 1}"]
    + [f"a{n}: &a{n} {{{', '.join(f'k{m}: *a{n - 1}' for m in range(9))}}}" for n in range(1, 12)]
)
MERGE_BOMB = "\n".join(
    ["a0: &a0 {x: 1}"]
    + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
)


def named(name: str) -> str:
    """Return a configuration whose data set has another name."""
    return text().replace("  mine:", f"  {name}:")


def expression(trials: object) -> str:
    """Return a configuration with an expression for the trials of a task."""
    return text("datasets.mine.tasks.visual.trials", trials)


def label(told: str) -> str:
    """Return a configuration with an expression for one class of the label."""
    return text(label={"left": told, "right": "side == 'right'"})


CASES: dict[str, tuple[str | bytes, list[str]]] = {
    # --- what stands in the file is no plain YAML ---
    "a template": (
        f"__use_yte__: true\n?open('{CANARY}', 'w'): 1\n" + text(),
        ["__use_yte__", "template"],
    ),
    "a template, switched off": ("__use_yte__: false\n" + text(), ["__use_yte__", "template"]),
    "a template, by a merge": (
        "base: &base {__use_yte__: true}\n<<: *base\n" + text(),
        ["__use_yte__", "template"],
    ),
    "an object that calls": (
        f"!!python/object/apply:os.system ['touch {CANARY}']",
        ["line 1: the tag '!!python/object/apply:os.system' is not allowed"],
    ),
    "an object in a value": (
        text().replace("source: nwb", "source: !!python/name:os.system"),
        [
            "line 4, datasets.mine.source: the tag '!!python/name:os.system' is not allowed",
            "Use plain values only",
        ],
    ),
    "a new object": (
        "a: !!python/object/new:type [x, [], {}]",
        ["line 1, a: the tag '!!python/object/new:type' is not allowed"],
    ),
    "a bomb of lists": (BOMB, ["anchors expand to more than 100,000 values"]),
    "a bomb of keys": (KEY_BOMB, ["anchors expand to more than 100,000 values"]),
    "a bomb of merges": (MERGE_BOMB, ["line 7: merges too many keys"]),
    "a list that holds itself": ("datasets: &a [*a]", ["anchors expand"]),
    "a merge that holds itself": ("datasets: &a {<<: *a, x: 1}", ["mine.yaml"]),
    "keys that hold themselves": ("datasets: &a {b: *a}", ["anchors expand"]),
    "a merge of a number": (text() + "<<: 5\n", ["line 25: << is followed by something other"]),
    "a merge of nothing": (text() + "<<:\n", ["line 25: << is followed by something other"]),
    "a merge of a list that holds itself": (
        "a: &a [*a]\n<<: *a\n",
        ["line 1: << is followed by something other than an anchor with keys"],
    ),
    "an anchor of a list as a key": ("a: &a [x]\n*a : 1\n", ["line 1: a key is a list"]),
    "an anchor of keys as a key": ("a: &a {x: 1}\n*a : 1\n", ["line 1: a key is a list"]),
    "a key that is itself": ("&a {? *a : 1}", ["line 1: a key is a list"]),
    "null twice, in two spellings": (
        text() + "null: 1\n~: 2\n",
        ["line 26: the key 'null' (written '~') occurs twice, first on line 25. Remove one."],
    ),
    "null and the text null": (
        text() + "~: 1\n'null': 2\n",
        ["line 26: the key 'null' occurs twice, first on line 25"],
    ),
    "two tasks that are null": (
        text().replace("      visual:", "      Null:").replace("      auditory:", "      ~:"),
        ["line 11, datasets.mine.tasks: the key 'null' (written '~') occurs twice"],
    ),
    "a key given twice": (text() + "inference: {}\n", ["the key 'inference' occurs twice"]),
    "a tab": ("datasets:\n\tmine: {}\n", ["line 2: is indented with a tab."]),
    "a tab after the colon": ("seed:\t5\n", ["line 1: is indented with a tab."]),
    "other control characters": (text() + "seed: \x07\n", ["line 25", "character U+0007"]),
    "the control character of deletion": (text() + "\x7f: 1\n", ["line 25", "character U+007F"]),
    "a zero character, escaped": (
        text("data_folder", "a\0b"),
        ["line 1, data_folder: contains the character U+0000"],
    ),
    "half of a character, escaped": (
        text().replace("files: '*.nwb'", 'files: "\\ud800"'),
        ["line 5, datasets.mine.files: contains the character U+D800"],
    ),
    "a character that does not exist": (
        text() + 'seed: "\\U00110000"\n',
        ["line 25: a backslash in double quotes begins a character that does not exist"],
    ),
    "a character that does not exist by far": (
        text() + 'seed: "\\UFFFFFFFF"\n',
        ["line 25: a backslash in double quotes begins a character that does not exist"],
    ),
    "a mark of byte order amid the text": (
        text() + "\ufeffseed: 1\n",
        ["line 25: contains the character U+FEFF"],
    ),
    "a second document": (text() + "---\n" + text(), ["line 25: a second document begins"]),
    "YAML of another version": ("%YAML 3.0\n---\n" + text(), ["line 1: is not YAML"]),
    "a zero byte": (b"datasets: \0", ["line 1: contains the character U+0000."]),
    "bytes that are no text": (b"\x89HDF\r\n\x1a\n" + bytes(range(256)), ["is not UTF-8"]),
    "text in UTF-16": (text().encode("utf-16"), ["is not UTF-8"]),
    "a file of a megabyte": ("# " + "x" * 1_000_000, ["1,000,002 bytes", "at most 1,000,000"]),
    "very deep nesting": ("[" * 20_000, ["line 1: is nested more than 50 deep"]),
    "very deep braces": ("{" * 20_000, ["line 1: is nested more than 50 deep"]),
    "very deep dashes": ("- " * 3_000 + "a", ["line 1: is nested more than 50 deep"]),
    "very deep keys": ("? " * 3_000 + "a", ["line 1: is nested more than 50 deep"]),
    "very deep indentation": (
        "".join(f"{' ' * n}a:\n" for n in range(300)),
        ["line 50: is nested more than 50 deep"],
    ),
    "deep nesting that closes": (
        f"seed: {'[' * 60}1{']' * 60}\n",
        ["line 1: is nested more than 50 deep"],
    ),
    "brackets that do not close": ("datasets: {mine: [", ["line 1: [ is not closed"]),
    "an unknown anchor": (
        "datasets: *nothing",
        ["line 1: a value begins with * or &", 'Quote it: datasets: "*nothing".'],
    ),
    "nothing": ("", ["is empty"]),
    "a list": ("- datasets", ["contains only a list"]),
    "a word": ("datasets", ["contains only text"]),
    "a date": ("2020-01-01", ["contains only one value"]),
    **{
        f"the tag {tag} before {value}": (
            text() + f"seed: {tag} {value}\n",
            [f"line 25, seed: the tag '{tag}' is not allowed. Use plain values only"],
        )
        for tag, value in (
            ("!!int", "abc"),
            ("!!int", "5"),
            ("!!float", "abc"),
            ("!!bool", "maybe"),
            ("!!null", "x"),
            ("!!timestamp", "x"),
            ("!!binary", "'*'"),
            ("!!binary", "aGVsbG8="),
            ("!!str", "[a]"),
            ("!!set", "{a, b}"),
            ("!!omap", "[a: 1]"),
            ("!!map", "x"),
            ("!!seq", "x"),
            ("!", "x"),
        )
    },
    "a tag on a key": (text() + "!!int x: 1\n", ["line 25: the tag '!!int' is not allowed"]),
    **{
        f"a date that is none, {value}": (
            text() + f"seed: {value}\n",
            [f"line 25: {value} is not a valid number or date. Quote it"],
        )
        for value in ("2020-13-45", "0000-00-00", "2001-12-14t21:59:43.10-99:99")
    },
    **{
        f"a number of thousands of characters: {number[:4]}": (
            text() + f"seed: {number}\n",
            [f"line 25, seed: is a number of {len(number):,} characters ({number[:20]}...)"],
        )
        for number in (
            "9" * 5000,
            "-" + "9" * 5000,
            "0x" + "f" * 5000,
            "0b" + "1" * 5000,
            "0" + "7" * 5000,
            "1" + ":59" * 30_000,
            "9" * 5000 + ".5",
        )
    },
    **{
        f"a number in another base, {given}": (
            text() + f"seed: {given}\n",
            [f"line 25, seed: YAML reads {given} as the number {number}. Write {number}"],
        )
        for given, number in {"1:30": "90", "1:30.5": "90.5", "010": "8", "-017": "-15"}.items()
    },
    "digits of a number that are none": (text() + "seed: 0x_\n", ["line 25: 0x_ is not a valid"]),
    "a key that is a list": ("? [a, b]\n: 1\n", ["line 1: a key is a list"]),
    # --- names ---
    "a name that leaves the folder": (named("../x"), ["datasets.../x", "contain / \\ { }"]),
    "a name that is a command": (named(f"$(touch {CANARY})"), ["letters, digits, spaces"]),
    "a name with backticks": (named(f"'`touch {CANARY}`'"), ["letters, digits, spaces"]),
    "a name that ends a command": (named(f"'x; touch {CANARY}'"), ["letters, digits, spaces"]),
    "a name with a quote": (named("a'b"), ["letters, digits, spaces"]),
    "a name that is a wildcard": (named("'{wildcards}'"), ["contain / \\ { }"]),
    "a name with a star": (named("'a*'"), ["contain / \\ { }"]),
    "a name of two lines": (named('"a\\nb"'), ["datasets.a\\nb"]),
    "a name that steers the terminal": (named('"a\\e[31m"'), ["datasets.a\\x1b[31m"]),
    "a hidden name": (named(".hidden"), ["start with a dot"]),
    "a name that is an option": (named("-rf"), ["start with a letter or digit"]),
    "an empty name": (named("''"), ["a name must not be empty"]),
    "a name of spaces": (named("'  '"), ["a name must not be empty"]),
    "a name that is too long": (named("x" * 51), ["at most 50 letters"]),
    "a name that is a number": (
        named("2019"),
        ['line 3, datasets: YAML reads the name 2019 as a number. Quote names: "2019": ...'],
    ),
    "a name that is taken": (
        named("figures"),
        ["datasets.figures: that name is reserved for workflow output"],
    ),
    "a name of the networks'": (named("network-x"), ["datasets.network-x: that name is reserved"]),
    "a task that is a wildcard": (text("datasets.mine.tasks", {"{input}": {}}), ["{input}"]),
    "a window that leaves the folder": (
        text("datasets.mine.windows", {"../late": [0.2, 0.6]}),
        ["datasets.mine.windows.../late", "contain / \\ { }"],
    ),
    # --- expressions: those that could never be right are found without the data ---
    "trials that are no text": (
        expression(1),
        ["tasks.visual.trials", "must be text", "(given: 1)", 'Quote it: "1".'],
    ),
    "trials with a zero character": (
        expression("correct\0"),
        ["tasks.visual.trials: contains the character U+0000"],
    ),
    "trials that are empty": (
        expression(""),
        ["tasks.visual.trials", "must be text that is not empty"],
    ),
    # --- values ---
    "an infinite time": (text("datasets.mine.time.start", float("-inf")), ["time.start", "finite"]),
    "a time that is none": (text("datasets.mine.time.stop", float("nan")), ["time.stop", "finite"]),
    "a huge time": (text("datasets.mine.time.stop", 1e300), ["mine.time", "at most 10000"]),
    "too many bins": (text("datasets.mine.time.bin", 1e-9), ["mine.time", "at most 10000"]),
    "an empty time": (text("datasets.mine.time.stop", -0.2), ["not a whole number of bins"]),
    "a bin of no width": (text("datasets.mine.time.bin", 0), ["time.bin", "a number above 0"]),
    "a bin of negative width": (text("datasets.mine.time.bin", -0.1), ["time.bin", "given: -0.1"]),
    "a window that ends before it starts": (
        text("datasets.mine.windows.late", [0.6, 0.2]),
        ["windows.late", "the first number must be smaller than the second"],
    ),
    "a window that is none": (
        text("datasets.mine.windows.late", [float("nan"), 0.6]),
        ["windows.late", "finite"],
    ),
    "a window of three numbers": (text("datasets.mine.windows.late", [1, 2, 3]), ["windows.late"]),
    "no windows": (text("datasets.mine.windows", {}), ["mine.windows", "one or more lines NAME"]),
    "no tasks": (text("datasets.mine.tasks", {}), ["mine.tasks", "one or more lines NAME"]),
    "no data sets": (text("datasets", {}), ["datasets", "one or more lines NAME"]),
    "data sets in a list": (
        text("datasets", []),
        ["datasets", "one or more lines NAME: KEYS below it (given: [])"],
    ),
    "too many permutations": (
        text("inference.permutations", 10**12),
        ["inference.permutations", "10,000,000", "given: 1000000000000"],
    ),
    "no permutations": (text("inference.permutations", 0), ["inference.permutations"]),
    "permutations in words": (text("inference.permutations", "many"), ["given: 'many'"]),
    "a negative seed": (text("seed", -1), ["seed", "given: -1"]),
    "a number beyond all": (
        text().replace("bin: 0.1", "bin: 1.0e+999"),
        ["time.bin: must be a number above 0 (given: 1.0e+999). It must be finite."],
    ),
    "text of a number beyond all": (
        text().replace("bin: 0.1", "bin: 1e999"),
        ["time.bin: must be a number above 0 (given: '1e999')"],
    ),
    **{
        f"{key} that is {word}": (
            text(key, [True, 0.6]).replace("true", word)
            if isinstance(there, list)
            else text(key, True).replace("true", word),
            [key, f"(given: {word}). YAML reads {word} as {'tr' if word in 'yes on' else 'fal'}"],
        )
        for key, there in {
            "inference.permutations": 19,
            "datasets.mine.time.bin": 0.1,
            "datasets.mine.windows.late": [0.2, 0.6],
        }.items()
        for word in ("yes", "no", "on", "off")
    },
    "a seed that is half a number": (text("seed", 0.5), ["seed", "given: 0.5"]),
    "a value that fills the screen": (text("seed", "x" * 50_000), ["seed", "xxx..."]),
    "an unknown source": (text(source="csv"), ["mine.source", "nwb", "given: 'csv'"]),
    "a source in a list": (text(source=["nwb"]), ["mine.source"]),
    "a key of another source": (text(spikes="a.csv"), ["datasets.mine.spikes: unknown key"]),
    "files that are a number": (text(files=5), ["mine.files", "given: 5"]),
    "files in an empty list": (text(files=[]), ["mine.files"]),
    "a folder that is a number": (text("data_folder", 5), ["data_folder", "given: 5"]),
    "a thousand unknown keys": (
        text() + "\n".join(f"k{n}: 1" for n in range(1010)),
        ["1010 problems", "k0: unknown key", "And 1000 more"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_ends_in_one_message_before_any_file_is_looked_at(command, tmp_path, unchanged, case):
    content, expected = CASES[case]
    content = content.encode() if isinstance(content, str) else content
    (tmp_path / "mine.yaml").write_bytes(content)
    assert unchanged()
    message = command("check", "mine.yaml").message
    assert re.match(r"mine\.yaml(, line \d+(, [^ ]+)?)?: |mine.yaml, line 3, datasets", message)
    assert len(message) < 3000
    for part in expected:
        assert part in message
    assert unchanged()


@pytest.mark.parametrize(
    "case", ["null twice, in two spellings", "the tag !!int before 5", "a negative seed"]
)
def test_snakemake_called_directly_gives_the_same_message(case, command, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(CASES[case][0])
    message = command("check", path).message
    snakefile = Path(__file__).parents[2] / "Snakefile"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--dry-run"),
            *("--cores", "1", "--configfile", path, "--directory", tmp_path),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"neuro-attn: error: {message}" in done.stderr + done.stdout


def test_a_file_of_very_many_values_is_not_read_to_its_end(monkeypatch):
    """The bound of 100,000 is lowered here, because so many take seconds."""
    monkeypatch.setattr("neuro_attn.configuration.reading._MAX_VALUES", 50)
    with pytest.raises(InputError, match=r"line 50: has more than 50 values\. Use patterns"):
        configuration.keys_of("- a\n" * 100 + "[", "mine.yaml")


HOSTILE_EXPRESSIONS = {
    "a call": (TOUCH, "is not allowed"),
    "a call of a method": ("side.upper() == 'LEFT'", "is not allowed"),
    "an attribute": ("side.__class__ == 1", "is not allowed"),
    "an element": ("side[0] == 'l'", "is not allowed"),
    "a comprehension": (f"[{TOUCH} for x in 'a'] == 1", "is not allowed"),
    "a generator": (f"any({TOUCH} for x in 'a')", "is not allowed"),
    "a lambda": (f"(lambda: {TOUCH})()", "is not allowed"),
    "an assignment": ("(x := 1) == 1", "is not allowed"),
    "text with a call in it": (f'f"{{{TOUCH}}}" == ""', "is not allowed"),
    "a huge power": ("9 ** 9 ** 9 == 1", "is not allowed"),
    "a huge shift": ("1 << 9999999999 == 1", "is not allowed"),
    "a huge text": ("'a' * 9999999999 == side", "only numbers can be added or multiplied"),
    "a huge number": (f"stimulus > {'9' * 900}", ""),
    "deep nesting": ("(" * 450 + "1" + ")" * 450, "is not an expression"),
    "a chain of nots": ("not " * 249 + "correct", ""),
    "a chain of minus signs": ("-" * 990 + "1 == 1", ""),
    "an expression that is too long": ("correct" + " " * 1000, "expression of 1007 characters"),
    "two expressions": ("correct; correct", "is not an expression"),
    "two lines": ("correct\nimport os", "is not an expression"),
    "a built-in name": ("__builtins__ == 1", "no trial column '__builtins__'"),
    "a name of this program's": ("np == 1", "no trial column 'np'"),
    "a list": ("[True, False]", "is not true or false on every trial"),
    "a number": ("stimulus", "is not true or false on every trial"),
    "text": ("'left'", "is not true or false on every trial"),
    "a comparison of text with numbers": ("side < 1", "does not fit the columns' types"),
}
MAY_BE_MEANT = {"a huge number", "a chain of nots", "a chain of minus signs"}
"""Odd but harmless: a message or an answer, and in no time."""


def assigned(content: str):
    """Assign the trials of a session to the tasks and classes of a configuration."""
    dataset = configuration.parse(configuration.keys_of(content, "mine.yaml")).datasets["mine"]
    trials = trials_table().assign(trial_id=np.arange(N_TRIALS))
    return recording.assign_tasks(trials, dataset, "a.nwb").trials


@pytest.mark.parametrize("case", [case for case in HOSTILE_EXPRESSIONS if case not in MAY_BE_MEANT])
def test_an_expression_reaches_trial_columns_only(monkeypatch, tmp_path, case):
    monkeypatch.chdir(tmp_path)
    told, expected = HOSTILE_EXPRESSIONS[case]
    for content, key in ((expression(told), "tasks.visual.trials"), (label(told), "label.left")):
        with pytest.raises(InputError) as error:
            assigned(content)
        assert str(error.value).startswith(f"a.nwb, {key}: ")
        assert expected in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", sorted(MAY_BE_MEANT))
def test_an_expression_that_is_odd_but_harmless_is_answered_or_refused(case):
    told, _ = HOSTILE_EXPRESSIONS[case]
    for content in (expression(told), label(told)):
        with contextlib.suppress(InputError):
            assert set(assigned(content)["task"]) <= {"visual", "auditory"}


def test_expressions_mean_what_they_say_in_this_table():
    """The cases above fail for what is hostile in them, not for the table they meet."""
    assert set(assigned(text())["task"]) == {"visual", "auditory"}
