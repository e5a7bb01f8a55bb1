# Settings on which recordings do not depend. What cannot be read is an error later, and a change of
# the answer to it, or of the selection of sessions, must not read the others again.
NOT_READ = {"inference", "sessions", *configuration.LATER_KEYS}
config["leave_out"] = [
    name
    for name, dataset in CONFIGURATION.datasets.items()
    if dataset.sessions.on_error == "leave_out"
]


def reading(name):
    """Return the parameters of all jobs that read a data set."""
    dataset = CONFIGURATION.datasets[name]
    reads_files = sources.SOURCES[dataset.source].reads_files
    return {
        "name": name,
        "settings": dataset.model_dump(mode="json", exclude=NOT_READ),
        "folder": FOLDER if reads_files else "",
        "seed": 0 if reads_files else CONFIGURATION.seed,
        "sources": sources_of("recordings.py", *sources.READERS[dataset.source]),
    }


def of_session(parts, field):
    """Return a function of wildcards: a field of the part that is the session."""
    by_file = {as_filename(part.sessions[0]): part for part in parts}
    return lambda wildcards: getattr(by_file[wildcards.session], field)


JOBS = {
    name: sources.by_job(PARTS[name], dataset)
    for name, dataset in CONFIGURATION.datasets.items()
}
# One job a session, unless sessions are in one file or have few data.
BY_SESSION = {
    name: parts
    for name, parts in JOBS.items()
    if all(len(part.sessions) == 1 for part in parts)
}

for name, parts in BY_SESSION.items():

    rule:
        name:
            f"recordings_{name}"
        input:
            of_session(parts, "files"),
        output:
            f"results/{name}/recordings/{{session}}.nc",
        log:
            f"results/logs/recordings/{name}/{{session}}.log",
        benchmark:
            f"results/benchmarks/recordings/{name}/{{session}}.tsv"
        wildcard_constraints:
            session="|".join(re.escape(as_filename(part.sessions[0])) for part in parts),
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **by_input(products.recordings_bytes(CONFIGURATION.datasets[name])),
        params:
            **reading(name),
            paths=of_session(parts, "paths"),
            sessions=of_session(parts, "sessions"),
        script:
            "../scripts/recordings.py"


TOGETHER = [
    (name, "" if len(parts) == 1 else str(number), part)
    for name, parts in JOBS.items()
    if name not in BY_SESSION
    for number, part in enumerate(parts)
]

for name, number, part in TOGETHER:

    rule:
        name:
            f"recordings{number}_{name}"
        input:
            part.files,
        output:
            files_of(name, part.sessions),
        log:
            f"results/logs/recordings/{name}{'/' if number else ''}{number}.log",
        benchmark:
            f"results/benchmarks/recordings/{name}{'/' if number else ''}{number}.tsv"
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **by_input(products.recordings_bytes(CONFIGURATION.datasets[name])),
        params:
            **reading(name),
            paths=part.paths,
            sessions=part.sessions,
        script:
            "../scripts/recordings.py"


rule truth:
    output:
        "results/{dataset}/truth.nc",
    log:
        "results/logs/truth/{dataset}.log",
    benchmark:
        "results/benchmarks/truth/{dataset}.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **fixed(),
    params:
        simulation=lambda wildcards: DATASETS[wildcards.dataset].simulation.model_dump(
            mode="json"
        ),
        seed=CONFIGURATION.seed,
        sources=sources_of("truth.py"),
    script:
        "../scripts/truth.py"


checkpoint regions:
    input:
        recordings=all_recordings_of,
    output:
        table="results/{dataset}/regions.csv",
        costs="results/{dataset}/costs.csv",
        session_units="results/{dataset}/session_units.csv",
        left_out="results/{dataset}/sessions_left_out.csv",
    log:
        "results/logs/regions/{dataset}.log",
    benchmark:
        "results/benchmarks/regions/{dataset}.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **by_number_of_files(),
    params:
        settings=lambda wildcards: settings_of(wildcards)
        | {
            "sessions": DATASETS[wildcards.dataset].sessions.model_dump(
                include={"min_trials", "on_error"}
            )
        },
        seed=CONFIGURATION.seed,
        sources=sources_of("regions.py"),
    script:
        "../scripts/regions.py"
