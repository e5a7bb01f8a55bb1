import re

from neuro_attn import sources
from neuro_attn.files import as_filename

config["leave_out"] = [
    name
    for name, dataset in CONFIGURATION.datasets.items()
    if dataset.sessions.on_error == "leave_out"
]

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
    ([name] if len(parts) == 1 else [name, str(number)], part)
    for name, parts in JOBS.items()
    if name not in BY_SESSION
    for number, part in enumerate(parts)
]

for (name, *number), part in TOGETHER:

    rule:
        name:
            f"recordings{''.join(number)}_{name}"
        input:
            part.files,
        output:
            files_of(name, part.sessions),
        log:
            f"results/logs/recordings/{'/'.join([name, *number])}.log",
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
        sessions="results/{dataset}/sessions.csv",
        session_units="results/{dataset}/session_units.csv",
        left_out="results/{dataset}/sessions_left_out.csv",
    log:
        "results/logs/regions/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **by_number_of_files(),
    params:
        settings=lambda wildcards: without_permutations(settings_of(wildcards))
        | {
            "sessions": DATASETS[wildcards.dataset].sessions.model_dump(
                include={"min_trials", "on_error"}
            )
        },
        seed=CONFIGURATION.seed,
        sources=sources_of("regions.py"),
    script:
        "../scripts/regions.py"
