"""`neuro-attn init` asks: each answer is judged when it is given, and none is lost."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from neuro_attn.command_line import main
from neuro_attn.onboarding import terminal
from tests.onboarding.conftest import write_nwb

Answer = str | BaseException | type[BaseException]
VISUAL, AUDITORY = "visual=rule == 'visual'", "auditory=rule == 'auditory'"


@pytest.fixture
def dialogue(monkeypatch, capsys, tmp_path) -> Callable[..., tuple[int, str, str]]:
    """Run `init` for a recording with these answers; return exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEURO_ATTN_DATA", raising=False)
    write_nwb(tmp_path / "session1.nwb")

    def run(*answers: Answer, options: str = "") -> tuple[int, str, str]:
        left: Iterator[Answer] = iter(answers)

        def answer(prompt: str) -> str:
            print(prompt)
            given = next(left, EOFError)
            if isinstance(given, str):
                return given
            raise given

        monkeypatch.setattr("builtins.input", answer)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        code = main(["init", "session1.nwb", "-o", "new/mine.yaml", *shlex.split(options)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def keys() -> dict:
    return yaml.safe_load(Path("new/mine.yaml").read_text("utf-8"))["datasets"]["mine"]


def test_what_will_be_written_is_said_before_the_first_question(dialogue):
    code, out, _ = dialogue("side", "")
    assert code == 0
    first = " ".join(out.split("What is decoded")[0].split())
    assert first == (
        "This writes new/mine.yaml in the new folder new, a configuration for session1.nwb. An "
        "empty answer accepts the value in brackets. Ctrl-C stops, and nothing is written."
    )
    assert out.endswith("in the new folder new. Next: neuro-attn report new/mine.yaml\n")


LABELS = [
    ("99", "99 is not the number of a candidate."),
    ("", "An answer is needed: a number from 1 to 3, or text."),
    ("sied", "No trial column 'sied'. Did you mean side? Columns: start_time,"),
    ("stimulus", "Task 'all' has 1 trial of class '0.5', and no session has more of each class."),
    ("left=sied == 1; right=side == 'right'", "no trial column 'sied'"),
    ("left=side = 'left'; right=side == 1", "Comparison is ==, not =: side == 'left'."),
    ("left=side == 'left'", "One class only. Give two or more: left=side == 'left'; NAME=EXPR"),
    ("l=side == 'left'; l=side == 'right'", "The name 'l' is given twice."),
    ("left=; right=", "'left=' is not NAME=EXPRESSION."),
]
TASKS = [
    ("rule", "'rule' is not NAME=EXPRESSION. As in --task left=side==1."),
    ("visual=rul == 'visual'", "no trial column 'rul'. Did you mean 'rule'?"),
    (f"{VISUAL}; left=side == 'left'", "Trial 3 belongs to the tasks 'visual' and 'left'."),
    ("visual=rule == 'visul'", "Task 'visual' has no trials"),
    ("left=side == 'left'", "Task 'left' has trials of one class only, 'left'."),
    ("vis/ual=rule == 'visual'", "contain /"),
    ("", None),
]


@pytest.mark.parametrize(("wrong", "said"), LABELS)
def test_a_wrong_label_is_asked_for_again(dialogue, wrong, said):
    code, out, err = dialogue(wrong, "side", f"{VISUAL}; {AUDITORY}")
    assert (code, err) == (0, "")
    assert said.lower() in " ".join(out.split()).lower()
    assert keys()["label"] == "side"


@pytest.mark.parametrize(("wrong", "said"), [each for each in TASKS if each[1]])
def test_wrong_tasks_are_asked_for_again_and_the_label_is_kept(dialogue, wrong, said):
    code, out, err = dialogue("side", wrong, f"{VISUAL}; {AUDITORY}")
    assert (code, err) == (0, "")
    assert said.lower() in " ".join(out.split()).lower()
    assert keys()["label"] == "side"
    assert list(keys()["tasks"]) == ["visual", "auditory"]


def test_a_number_answers_with_the_candidate_and_classes_may_be_expressions(dialogue):
    code, out, _ = dialogue("l=side == 'left'; r=side == 'right'", "")
    assert code == 0
    assert keys()["label"] == {"l": "side == 'left'", "r": "side == 'right'"}
    assert "  2) side\n" in out
    code, _, _ = dialogue("2", "", options="--force")
    assert code == 0
    assert keys()["label"] == "side"


def test_answers_are_given_as_options_that_need_no_questions(dialogue):
    code, out, _ = dialogue("side", f"{VISUAL}; {AUDITORY}")
    assert code == 0
    before = keys()
    (said,) = [line for line in out.splitlines() if line.startswith("The same without questions")]
    options = said.removeprefix("The same without questions: add ")
    assert options == f'--label side --task "{VISUAL}" --task "{AUDITORY}"'
    code, _, _ = dialogue(options=f"{options} --force")
    assert code == 0
    assert keys() == before


@pytest.mark.parametrize("stop", [KeyboardInterrupt, EOFError])
def test_stopping_writes_nothing_and_keeps_the_answers(dialogue, stop):
    code, out, err = dialogue("side", stop)
    assert code == 1
    assert err == "neuro-attn: error: stopped. Nothing was written.\n"
    assert "Your answers, as options of the same command: --label side\n" in out
    assert not Path("new").exists()


def test_what_only_the_whole_configuration_shows_keeps_the_answers(dialogue):
    """Bins that the time cannot hold are refused when the questions are answered."""
    code, out, err = dialogue("side", "", options="--start 0 --stop 0.1 --bin 0.3")
    assert code == 1
    assert "bin" in err
    assert "Your answers, as options of the same command: --label side\n" in out
    assert not Path("new").exists()


def test_bytes_that_are_no_text_are_asked_for_again(dialogue):
    code, out, _ = dialogue(UnicodeDecodeError("utf-8", b"\xe9", 0, 1, "invalid"), "side", "")
    assert code == 0
    assert "The answer is not text in the terminal's encoding." in out


def test_names_among_the_candidates_do_not_steer_the_terminal(monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda prompt: print(prompt) or "1")
    ask = terminal.Dialogue("x")
    assert ask("--label", "what\x1b[2J", ["a\x1b[31m"], str, "b\x07") == "a\x1b[31m"
    assert set(capsys.readouterr().out) & set("\x1b\x07") == set()


@pytest.mark.parametrize("word", ["side", "a b", "x == 'y'", 'x == "y"', "$x == 'y'", "it's `x`"])
def test_answers_survive_the_shell(word):
    ask = terminal.Dialogue("x", ["--label", word])
    assert shlex.split(ask.as_options()) == ["--label", word]
