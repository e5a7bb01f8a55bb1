"""The commands: each function receives the options, does the work and prints the result."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from neuro_attn import budget, configuration, published, trusted_code
from neuro_attn.command_line import examples, messages, options, running
from neuro_attn.command_line.calling import DATA_VARIABLE, Run
from neuro_attn.command_line.failures import WorkflowError
from neuro_attn.command_line.folders import check_folder
from neuro_attn.errors import InputError, did_you_mean, of_the_system
from neuro_attn.printing import escaped


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if the user must correct an input, otherwise 0."""
    with escaped():
        try:
            code = _main(arguments)
        except SystemExit as done:  # --help and --version
            code = int(done.code or 0)
        try:
            sys.stdout.flush()
        except OSError as error:
            # A pipe may be closed by its reader.
            if code == 0 and not isinstance(error, BrokenPipeError):
                messages.tell(of_the_system(error, "standard output"))
            _discard_output()
            return 1
    return code


def _main(arguments: Sequence[str] | None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        messages.tell("no command was given.")
        print(options.GUIDE, end="", file=sys.stderr)
        return 1
    command = ""
    try:
        given, others = options.parse(arguments)
        command = given.command
        match given.command:
            case "schema":
                print(json.dumps(schema(), indent=2))
            case "inspect":
                _inspect(given)
            case "init":
                _init(given)
            case "check":
                return _check(given)
            case "datasets":
                _datasets(given)
            case "download":
                _download(given)
            case "leaderboard":
                _leaderboard(given)
            case "examples":
                print(examples.text_of(given.name) if given.name else examples.listed(), end="")
            case "verify":
                return _verify(given)
            case _:
                _run(given, others)
    except InputError as error:
        messages.tell(error)
    except WorkflowError as failure:
        for message in failure.messages:
            messages.tell(message)
        sys.stderr.writelines(failure.log)
    except BrokenPipeError:
        # The reader of the pipe (such as head) has closed it: nothing more can be printed.
        _discard_output()
    except (OSError, MemoryError) as error:
        messages.tell(of_the_system(error))
    except KeyboardInterrupt:
        resumes = command in (*options.PASSING_ON, "download")
        then = "Run the same command again to resume." if resumes else "Nothing was written."
        messages.tell(f"stopped. {then}")
    else:
        return 0
    return 1


def _verify(given: argparse.Namespace) -> int:
    config = "" if given.results else _config(given)
    trusted = trusted_code.as_variable(given.trust_code)
    what = Run(config, given.data, 1, memory=given.memory, trusted=trusted)
    return int(not running.verify(what, given.results))


def _run(given: argparse.Namespace, others: Sequence[str]) -> None:
    what = Run(
        _config(given),
        given.data,
        given.cores,
        others,
        given.verify,
        given.memory,
        trusted=trusted_code.as_variable(given.trust_code),
    )
    running.run(what, report=given.command == "report")


def _discard_output() -> None:
    """Discard pending output, so that Python does not fail to print it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _config(given: argparse.Namespace) -> str:
    """Return the configuration of a run, and print which it is unless the user has named it."""
    if given.config:
        return given.config
    config = examples.default_config()
    if config != examples.DEFAULT:
        print(
            f"neuro-attn: this folder has no {examples.DEFAULT}, so the configuration is the "
            f"example {config}",
            flush=True,
        )
    return config


def schema() -> dict:
    """Return the JSON schema of the configuration, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **configuration.Configuration.model_json_schema(),
    }


def _leaderboard(given: argparse.Namespace) -> None:
    from neuro_attn.comparison.leaderboard import as_text, joined
    from neuro_attn.results import write_csv

    table = joined(given.paths)
    for name in ("region", "score"):
        if value := getattr(given, name):
            known = list(dict.fromkeys(table[name]))
            if value not in known:
                remedy = did_you_mean(value, known) or f"Allowed: {', '.join(known)}."
                raise InputError(f"--{name} {value}", "no leaderboard contains it.", remedy)
            table = table[table[name] == value]
    if given.output:
        write_csv(table, given.output, "leaderboard")
    print(as_text(table), end="")


def _inspect(given: argparse.Namespace) -> None:
    # Imports for reading data files are deferred: a run does not need them.
    from neuro_attn.onboarding import inspection

    with budget.limited(given.memory):
        described = inspection.describe(given.files)
    # Programs read the escapes of JSON in any encoding of the output.
    print(json.dumps(described, indent=2) if given.json else inspection.render(described))


def _init(given: argparse.Namespace) -> None:
    from neuro_attn.onboarding import rendering, terminal, text, writing
    from neuro_attn.sources.options import InitOptions

    options = InitOptions(
        label=given.label,
        tasks=given.task,
        align=given.align,
        region_column=given.region_column,
        units_table=given.units_table,
        table=given.table,
        start=given.start,
        stop=given.stop,
        bin=given.bin,
        windows=given.window,
        event_sample=given.event_sample,
    )
    folder = Path(given.output).parent
    made = "" if folder.is_dir() else f" in the new folder {folder}"
    dialogue = terminal.Dialogue(
        f"This writes {given.output}{made}, a configuration for {given.files[0]}"
        + (f" and {text.count(len(given.files) - 1, 'more file')}. " if given.files[1:] else ". ")
        + "An empty answer accepts the value in brackets. Ctrl-C stops, and nothing is written."
    )
    try:
        with budget.limited(given.memory):
            reports = writing.initialize(
                given.files,
                options,
                given.output,
                force=given.force,
                quick=given.quick,
                data_folder=given.data or os.environ.get(DATA_VARIABLE),
                ask=dialogue if sys.stdin.isatty() else None,
                cores=os.cpu_count() or 1,
            )
    except (InputError, KeyboardInterrupt):
        if dialogue.answers:
            print(f"\nYour answers, as options of the same command: {dialogue.as_options()}")
        raise
    print(rendering.render(reports, given.output))
    if dialogue.answers:
        print(f"The same without questions: add {dialogue.as_options()}")
    print(f"Wrote {given.output}{made}. Next: neuro-attn report {shlex.quote(given.output)}")


def _check(given: argparse.Namespace) -> int:
    check_folder()
    keys, positions = configuration.read(given.config)
    settings = configuration.parse(keys, given.config, positions)
    # Families are loaded where they are used, in jobs as here, so both find the files as jobs do.
    os.environ[trusted_code.VARIABLE] = trusted_code.as_variable(given.trust_code)
    try:
        configuration.check_extras(settings)
        configuration.check_code(settings)
        published.check_published(settings)
    except InputError as error:
        raise error.at(positions.located(error.where, given.config)) from None
    from neuro_attn.onboarding import checking, profile_limits, rendering

    limited = profile_limits.limits_of(given.profile) if given.profile else []
    folder = given.data or os.environ.get(DATA_VARIABLE) or settings.data_folder
    with budget.limited(given.memory or settings.memory):
        configuration.check_products(settings)
        found = checking.examine(settings, folder, given.cores)
    reports = [
        replace(
            report,
            problems=[
                each.at(positions.located(each.where, given.config)) for each in report.problems
            ],
            cautions=[
                each._replace(where=positions.located(each.where, given.config))
                for each in report.cautions
            ],
        )
        for report in found
    ]
    for report in reports:
        if report.cost is not None:
            n = settings.all_datasets()[report.name].inference.permutations
            needs = report.cost.needs
            report.cautions.extend(profile_limits.too_small(limited, needs, n, given.profile))
    n_networks = sum(network.seeds for network in settings.networks_to_train().values())
    print(rendering.render(reports, given.config, n_networks))
    problems = [problem for report in reports for problem in report.problems]
    for problem in problems:
        messages.trace(problem)
    return int(bool(problems))


def _datasets(given: argparse.Namespace) -> None:
    from neuro_attn import registry

    if given.name:
        print(registry.render(registry.known(given.name)), end="")
        return
    for dataset in map(registry.known, registry.names()):
        print(f"{dataset.name}  DANDI:{dataset.identifier}  {dataset.species}: {dataset.title}")


def _download(given: argparse.Namespace) -> None:
    from neuro_attn import registry

    folder = given.data or os.environ.get(DATA_VARIABLE) or "data"
    archive = given.archive or registry.ARCHIVE
    paths = registry.download(registry.known(given.name), folder, given.only, archive)
    print(f"neuro-attn: {len(paths)} files of {given.name} are in {folder}/{given.name}")
