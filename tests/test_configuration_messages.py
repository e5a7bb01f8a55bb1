"""Messages about a configuration: in the words of its keys, with the line, for every key."""

import copy
import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import configuration
from neuro_attn.errors import InputError
from tests.hostile.conftest import text
from tests.test_schema import with_commented_keys

EVERY_KEY = with_commented_keys()
WRONG: list[Any] = [
    *(True, -7, 10**9, 0.123, float("nan"), None, "no such thing", "", "50 ms"),
    *([], ["a", 1], [1, 2, 3], [[1]], [True, False], {}, {"a": 1}, {"a": {"b": [None]}}, {"": "x"}),
    datetime.date(2020, 1, 1),
]
# Terms of Python, of pydantic and of JSON schema, which mean nothing to a user.
TERMS = (
    "input|valid|validation|dictionary|dict|tuple|union|NoneType|None|str|string|int|integer|"
    "float|bool|boolean|instance|model|type|object|array|datetime|True|False|nan|inf|schema|parse|"
    "discriminator|extra|forbidden|literal|iterable|mapping|sequence"
)


def paths(here: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every key and of every name."""
    if isinstance(here, dict):
        for key, value in here.items():
            yield (*above, key)
            yield from paths(value, (*above, key))


def distinct() -> list[tuple[str, ...]]:
    """Return the path of every key once, though all data sets have many of them."""
    found = {}
    for path in paths(EVERY_KEY):
        alike = path[2:] if path[0] == "datasets" and len(path) > 2 else path
        found.setdefault(alike, path)
    return list(found.values())


def with_value(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    keys = copy.deepcopy(EVERY_KEY)
    here = keys
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return keys


def test_a_key_from_another_data_set_is_named_as_inherited():
    keys, positions = configuration.keys_and_positions(SHARING, "mine.yaml")
    configuration.parse(keys, "mine.yaml", positions)
    n = SHARING.partition("  second:")[0].count("\n")
    located = {
        # A key of the data set itself, of the one that it copies, and of the top level.
        "datasets.second.label: x": f"mine.yaml, line {n + 3}, datasets.second.label: x",
        "datasets.second.windows.late: x": "mine.yaml, line 7 (inherited from data set 'first'), "
        "datasets.second.windows.late: x",
        "datasets.second.inference.permutations": f"mine.yaml, line {n + 6}, "
        "inference.permutations",
        "datasets.first.windows.late: x": "mine.yaml, line 7, datasets.first.windows.late: x",
        # Both give `time`: the own one counts.
        "datasets.second.time.bin: x": f"mine.yaml, line {n + 4}, datasets.second.time.bin: x",
        "datasets.second: x": f"mine.yaml, line {n + 1}, datasets.second: x",
    }
    assert {each: positions.located(each, "mine.yaml") for each in located} == located
    # Only together with its own time does the second data set have a wrong window.
    wrong = SHARING.replace("start: 0, stop: 0.8", "start: 0, stop: 0.2")
    keys, positions = configuration.keys_and_positions(wrong, "mine.yaml")
    with pytest.raises(InputError) as error:
        configuration.parse(keys, "mine.yaml", positions)
    assert error.value.where == (
        "mine.yaml, line 7 (inherited from data set 'first'), datasets.second.windows.late"
    )


SHARING = """\
datasets:
  first: &first
    source: nwb
    files: a.nwb
    label: side
    tasks: {all: {trials: side == side, align: cue}}
    windows: {late: [0, 0.4]}
    time: {start: 0, stop: 0.4, bin: 0.1}
  second:
    <<: *first
    label: choice
    time: {start: 0, stop: 0.8, bin: 0.1}
inference:
  permutations: 19
"""


RENAMED = {
    "null": "null_model",
    "within": "permute_within",
    "sustained": "min_consecutive_bins",
}


@pytest.mark.parametrize("old", RENAMED)
@pytest.mark.parametrize("of", ["every data set", "one data set"])
def test_a_renamed_key_gives_one_message_with_its_new_name(old, of):
    shared = f"{SHARING}  {old}: 1\n"
    own = SHARING.replace("  second:", f"    inference: {{{old}: 1}}\n  second:")
    own = own.replace("    <<: *first\n    label", "    <<: *first\n    inference: {}\n    label")
    keys, positions = configuration.keys_and_positions(
        shared if of == "every data set" else own, "mine.yaml"
    )
    with pytest.raises(InputError) as error:
        configuration.parse(keys, "mine.yaml", positions)
    line, path = (15, "inference") if of == "every data set" else (9, "datasets.first.inference")
    new = RENAMED[old]
    assert str(error.value) == (
        f"mine.yaml, line {line}, {path}.{old}: unknown key. It is now {new}."
    )


RENAMED_IN_REGIONS = {
    "shared": "selection_axis_cosine",
    "selection": "selection_sd",
    "color": "color_sd",
    "visual": "cue_sd",
}


@pytest.mark.parametrize("old", RENAMED_IN_REGIONS)
def test_a_renamed_key_of_simulated_regions_gives_its_new_name_whatever_the_region(old):
    keys = with_commented_keys()
    keys["datasets"]["simulation"]["simulation"]["regions"]["a region"] = {"units": 20, old: 1}
    with pytest.raises(InputError) as error:
        configuration.parse(keys, "mine.yaml")
    assert str(error.value) == (
        f"mine.yaml, datasets.simulation.simulation.regions.a region.{old}: unknown key. "
        f"It is now {RENAMED_IN_REGIONS[old]}."
    )


def test_every_key_is_tried():
    assert len(distinct()) > 150


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_no_message_has_a_term_of_a_programming_language(value):
    refused = 0
    for path in distinct():
        try:
            configuration.parse(with_value(path, value), "mine.yaml")
        except InputError as error:
            refused += 1
            message = str(error)
            # A key or word of a user's may be called "model"; what was given is quoted as it is.
            ours = re.sub(r"\(given: [^)]*\)|'[^']*'|datasets\.\S+|networks\.\S+", "", message)
            terms = re.findall(rf"\b({TERMS})s?\b", ours)
            assert terms == [], message
            assert ".".join(path[:2]) in message, message
    assert refused > len(distinct()) / 3


@pytest.mark.parametrize("value", [True, False])
def test_yes_and_no_are_no_numbers(value):
    schema = configuration.Configuration.model_json_schema()["$defs"]
    numbers = 0
    for path in distinct():
        held = EVERY_KEY
        for part in path:
            held = held[part]
        if isinstance(held, (int, float)) and not isinstance(held, bool):
            numbers += 1
            with pytest.raises(InputError):
                configuration.parse(with_value(path, value))
    assert schema
    assert numbers > 50


@given(path=st.sampled_from(distinct()), value=st.sampled_from(WRONG))
@settings(max_examples=40)
def test_the_line_of_the_key_is_named(path, value):
    content = yaml.safe_dump(with_value(path, value), sort_keys=False)
    try:
        keys, positions = configuration.keys_and_positions(content, "mine.yaml")
        configuration.parse(keys, "mine.yaml", positions)
    except InputError as error:
        message = str(error)
    else:
        return
    lines = content.splitlines()
    named = re.findall(r"line (\d+)(?:, (\S+))?:", message)
    assert named, message
    for number, key in named:
        if key:
            last = key.split(".")[-1]
            stands = lines[int(number) - 1].strip().lstrip("- ").strip("'\"")
            missing = f"{key}: the key is missing" in message
            assert stands.startswith(last) or last.isdigit() or missing, (message, stands)


SYNTAX = {
    "datasets:\n\tmine: {}": "line 2: is indented with a tab. Replace each tab by two spaces.",
    "files: *.nwb": 'a value begins with * or & (given: files: *.nwb). Quote it: files: "*.nwb".',
    "files: @x": 'a value begins with @ (given: files: @x). Quote it: files: "@x".',
    "a: note == b: c": "line 1: a value contains a colon and a space (given: a: note == b: c). "
    'Quote it: a: "note == b: c".',
    "a: 1\n  b: 2": "line 2: the key is below a key that already has a value (given: b: 2).",
    "a:\n  b: 1\n c: 2": "line 3: is indented unlike the lines above (given: c: 2). Give all keys",
    "a: [x, y\nb: 1": "line 1: [ is not closed (given: a: [x, y). Close it by ].",
    "a: [x, y": "line 1: [ is not closed (given: a: [x, y). Close it by ].",
    "a: [": "line 1: [ is not closed (given: a: [). Close it by ].",
    "a: {b: [": "line 1: [ is not closed (given: a: {b: [). Close it by ].",
    "a: [, x]": "line 1: a value is missing (given: a: [, x]). Remove the comma.",
    "a: [x, y}": "line 1: [ is closed by } (given: a: [x, y}). Close it by ].",
    "label: {left: x == [1, 2], right: y}": "line 1: text in braces contains a [ (given: label: "
    '{left: x == [1, 2], right: y}). Quote the text that contains it: {left: "x in [1, 2]"}.',
    "a: 'left' == side": "line 1: text follows a value in quotes (given: a: 'left' == side).",
    'a: "x': 'line 1: a quote is not closed (given: a: "x). Close it.',
    'data_folder: "C:\\Users\\me"': "line 1: a backslash in double quotes begins a special "
    'character (given: data_folder: "C:\\Users\\me"). Write / instead, or use single quotes.',
    "a: 1\nseed:5\nb: 2": "line 2: is not of the form KEY: VALUE (given: seed:5). "
    "Write a colon and a space",
    "tasks: - pro": "line 1: a list begins on the line of its key (given: tasks: - pro).",
    "a: !x 1": "line 1, a: the tag '!x' is not allowed.",
    "a: 1\n---\nb: 2": "line 2: a second document begins (given: ---). Remove the line ---.",
    "label: {yes: x, no: y}": "line 1, label: YAML reads yes/no as true/false. Quote names: "
    '"yes": ...',
    "label:\n  a: x\n  2: y": "line 3, label: YAML reads the name 2 as a number. Quote names: "
    '"2": ...',
    "map: {2020-01-01: x}": "line 1, map: YAML reads the name 2020-01-01 as a date.",
    "permutations: 1:30": "line 1, permutations: YAML reads 1:30 as the number 90. Write 90, or "
    'quote it if it is text: "1:30".',
    "a: [1, 010]": "line 1, a.1: YAML reads 010 as the number 8. Write 8, or quote it",
    "a: 2020-13-01": "line 1: 2020-13-01 is not a valid number or date. Quote it",
    "a: 1\nb: 2\na: 3": "line 3: the key 'a' occurs twice, first on line 1. Remove one.",
}


@pytest.mark.parametrize("content", SYNTAX)
def test_what_is_no_yaml_is_named_with_its_line_and_remedy(content):
    with pytest.raises(InputError) as error:
        configuration.keys_of(content, "mine.yaml")
    assert str(error.value).startswith("mine.yaml, line ")
    assert SYNTAX[content] in str(error.value)


@given(st.text(alphabet="ab:-[]{}'\"#,&*!|>%@ \n\t0.\\?", max_size=30))
@settings(max_examples=500)
def test_any_text_is_read_or_refused_with_a_message(content):
    message = "mine.yaml: "
    try:
        configuration.keys_of(content, "mine.yaml")
    except InputError as error:
        message = str(error)
    assert re.match(r"mine\.yaml(, line \d+)?(, .*)?: ", message)
    assert "while " not in message


LOCATED = """datasets:
  mine:
    label: side
    tasks:
      a.b: {align: cue}
      a:
        trials: x == 1
  other: {tasks: {a: {trials: y}, c: {trials: z}}}
"""


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("datasets.mine.label: wrong.", "c.yaml, line 3, datasets.mine.label: wrong."),
        (
            "datasets.mine.tasks.a.b.align: wrong.",
            "c.yaml, line 5, datasets.mine.tasks.a.b.align",
        ),
        ("datasets.mine.tasks.a.trials: wrong.", "c.yaml, line 7, datasets.mine.tasks.a.trials: "),
        (
            "datasets.mine.tasks.a.align: gone.",
            "c.yaml, line 6, datasets.mine.tasks.a.align: ",
        ),
        ("datasets.mine, session: long.", "c.yaml, line 2, datasets.mine, session: long."),
        ("s.nwb, tasks.c.trials: 'z'", "s.nwb, tasks.c.trials (c.yaml, line 8): 'z'"),
        ("s.nwb, tasks.a.trials: 'z'", "s.nwb, tasks.a.trials: 'z'"),  # Of two data sets.
        ("s.nwb, units: none", "s.nwb, units: none"),
        ("datasetsX: none", "datasetsX: none"),
    ],
)
def test_messages_about_keys_that_come_later_get_the_line(message, expected):
    _, positions = configuration.keys_and_positions(LOCATED, "c.yaml")
    assert positions.located(message, "c.yaml").startswith(expected)


REMEDIES = [
    ("datasets.mine.label", True, 'YAML reads true as true. Quote it: "true".'),
    ("inference.permutations", None, "(given: nothing). Give a value, indent"),
    ("datasets.mine.time.bin", "50 ms", "(given: '50 ms'). Times are in s: 0.05."),
    ("datasets.mine.time.start", "-0.2 s", "Leave out the unit: -0.2."),
    ("datasets.mine.time.start", "-0,2", "Write a decimal point: -0.2."),
    ("datasets.mine.decoding", {"population": "simultanous"}, "Did you mean simultaneous?"),
    ("datasets.mine.time", {"start": -200, "stop": 800, "bin": 50}, "seem to be in ms; times are"),
    ("datasets.mine.time.bin", 50, "a bin of 50 ms is 0.05"),
    ("datasets.mine.tasks", ["visual"], "must contain one or more lines NAME: KEYS below it"),
]


@pytest.mark.parametrize(("path", "value", "expected"), REMEDIES)
def test_the_remedy_fits_what_was_given(tmp_path, path, value, expected):
    (tmp_path / "mine.yaml").write_text(text(path, value))
    with pytest.raises(InputError) as error:
        configuration.load(tmp_path / "mine.yaml")
    assert expected in str(error.value)
