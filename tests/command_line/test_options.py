"""What is typed is taken, or refused with exit code 1, what is allowed and what was meant."""

import pytest

from neuro_attn.command_line import options
from neuro_attn.errors import InputError


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("rn mine.yaml", "neuro-attn rn: is not a command. Did you mean run?"),
        ("help", "neuro-attn help: is not a command. Commands: run, report, inspect, "),
        ("", "neuro-attn: COMMAND is missing. Commands: run, report, inspect, "),
        ("inspect", "neuro-attn inspect: FILE is missing. neuro-attn inspect --help lists its"),
        ("check", "neuro-attn check: CONFIG is missing."),
        ("init a.nwb", "neuro-attn init: --output is missing."),
        ("init a.nwb -o", "--output: needs a value."),
        ("inspect a.nwb --json=1", "--json: takes no value."),
        ("run --cores 0", "--cores: must be a whole number from 1; this machine has "),
        ("run --cores -3", "--cores: must be a whole number from 1; "),
        ("check mine.yaml --cores two", "(given: 'two')."),
        (
            "init a.nwb -o b.yaml --bin 50ms",
            "--bin: must be a number of seconds, such as 0.05 (given",
        ),
        ("init a.nwb -o b.yaml --event-sample 0", "--event-sample: must be a whole number from 1"),
        ("run --core 2", "--core: neuro-attn run does not have this option. Did you mean --cores?"),
        ("init a.nwb -o b.yaml --labels x", "Did you mean --label?"),
        (
            "check mine.yaml --nonsense",
            "--trust-code, --memory, --cores, --profile.",
        ),
        ("run --config mine.yaml", "Give the file alone: neuro-attn run CONFIG."),
        (
            "run mine.yaml -n",
            "-n: neuro-attn run does not have this option. Pass Snakemake's options after --: "
            "neuro-attn run CONFIG -- -n.",
        ),
        ("report mine.yaml --forceall", "after --: neuro-attn report CONFIG -- --forceall."),
        ("check mine.yaml -n", "-n: neuro-attn check does not have this option. Options: --help"),
        (
            "run mine.yaml results/a.csv",
            "results/a.csv: neuro-attn run takes one configuration. Name result "
            "files after --: neuro-attn run CONFIG -- results/a.csv.",
        ),
        ("check mine.yaml b.yaml", "b.yaml: neuro-attn check does not take this argument."),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed_or_meant(typed, expected):
    with pytest.raises(InputError) as error:
        options.parse(typed.split())
    assert expected in str(error.value)


def test_help_describes_every_command():
    for name, command in options._commands(options.build()).items():
        assert command.description, name
        assert command.description in " ".join(command.format_help().split())


def test_what_follows_two_dashes_is_for_snakemake():
    given, others = options.parse(["run", "mine.yaml", "--cores", "3", "--", "-n", "--", "a.csv"])
    assert (given.config, given.cores) == ("mine.yaml", 3)
    assert others == ["-n", "--", "a.csv"]


@pytest.mark.parametrize("command", ["run", "report"])
def test_the_default_configuration_need_not_be_given(command):
    given, others = options.parse([command])
    assert given.config is None
    assert given.cores >= 1
    assert others == []
