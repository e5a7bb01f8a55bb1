import os
import platform
import re
from itertools import chain
from pathlib import Path

# Every job parses this file, so nothing that it imports may import numpy, pandas and the like.
from neuro_attn import budget, configuration, discovery, escaping, figures
from neuro_attn import locations, provenance
from neuro_attn import sources, trusted_code
from neuro_attn.configuration.blocks import blocks
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.configuration.scores import SCORES
from neuro_attn.errors import InputError
from neuro_attn.escaping import rst
from neuro_attn.figures.specification import FIGURES
from neuro_attn.figures.targets import (
    ANSWER,
    needs_of,
    report_files,
    report_groups,
    result_tables,
)
from neuro_attn.files import as_filename, from_filename
from neuro_attn.inference.significance import first_look
from neuro_attn.report import page_digest
from neuro_attn.results import TABLES
from neuro_attn.results.names import selected
from neuro_attn.results.sections import category
from neuro_attn.sources import manifest

# One thread per job, for BLAS and (NPROC) for XLA, so that results do not depend on the cores.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
os.environ.update(dict.fromkeys(THREADS, "1"), SOURCE_DATE_EPOCH="0")
# Replicate networks differ only in their seed, so they share JAX's compilation cache. There is one
# cache per machine, because the nodes of a cluster can have different processors.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(".snakemake/jax", platform.node()).absolute())
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
# Jobs import the package beside these rules, even if conda provides the other packages. Rules of an
# installed package are inside it, and its jobs find it as Snakemake did. In a module of another
# workflow, `workflow.basedir` is the folder of that workflow, and rules can be in a remote repository.
PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
if locations.is_project(PROJECT):
    os.environ.update(PYTHONPATH=str(PROJECT))

ORIGIN = ", ".join(map(str, workflow.configfiles)) or "config"
try:
    POSITIONS = [configuration.read(path)[1] for path in workflow.configfiles]
    CONFIGURATION = configuration.parse(
        config, ORIGIN, POSITIONS[0] if len(POSITIONS) == 1 else None
    )
    # Jobs read the memory budget from `config`, so that a change of the budget reruns nothing.
    config["memory"] = (
        float(os.environ.get(budget.VARIABLE) or 0) or CONFIGURATION.memory
    )
    with budget.limited(config["memory"]):
        configuration.check_products(CONFIGURATION)
    configuration.check_code(CONFIGURATION)
    if not workflow.deployment_settings.deployment_method:
        # With a deployment method, jobs run in another environment.
        configuration.check_extras(CONFIGURATION)
    DATASETS = CONFIGURATION.all_datasets()
    FOLDER = os.environ.get("NEURO_ATTN_DATA") or CONFIGURATION.data_folder
    # Jobs read from the manifest of the run, so that parsing the workflow in them touches no data.
    PARTS = sources.listed(
        {**CONFIGURATION.datasets, **CONFIGURATION.activation_files()},
        FOLDER,
        provenance.STORE,
        in_job=not workflow.is_main_process,
    )
except InputError as error:
    raise WorkflowError(f"neuro-attn: error: {error}")
# Jobs on other computers need the variables that change what they read. Without the folder of the
# run they need the manifest, too.
SHARED = {each.name for each in workflow.storage_settings.shared_fs_usage}
if workflow.is_main_process and "PERSISTENCE" not in SHARED:
    os.environ[manifest.PACKED] = manifest.packed(provenance.STORE)
PASSED_ON = (
    "NEURO_ATTN_DATA",
    budget.VARIABLE,
    manifest.PACKED,
    trusted_code.VARIABLE,
)


envvars:
    *(name for name in PASSED_ON if name in os.environ),


# As of the memory, a change of the permutations reruns nothing that only checks their needs.
config["permutations"] = {
    name: dataset.inference.permutations for name, dataset in DATASETS.items()
}
SESSIONS = {
    name: [session for part in parts for session in part.sessions]
    for name, parts in PARTS.items()
}
# Text for the first page of the report, whose template has access to `config` only.
config["described"] = [
    f"Data set {rst(name)}: source {dataset.source}, tasks "
    f"{', '.join(map(rst, dataset.tasks))}. Decoder: {dataset.decoding.decoder_label}. "
    f"{DECODERS[dataset.decoding.decoder].method}"
    for name, dataset in CONFIGURATION.datasets.items()
]
for name, dataset in DATASETS.items():
    if dataset.source == "network" and name not in PARTS:
        seeds = CONFIGURATION.networks[dataset.network].seeds
        SESSIONS[name] = [f"seed{seed}" for seed in range(seeds)]
# Cautions for runs in which no result can be significant, shown in all figures and tables.
config["first_looks"] = {
    rst(name): note
    for name, dataset in DATASETS.items()
    if (note := first_look(dataset.inference))
}


wildcard_constraints:
    dataset="[^/]+",
    region="[^/]+",
    session="[^/]+",
    network="[^/]+",
    family="[^/]+",
    seed="[0-9]+",
    block="[0-9]+",


# Jobs depend on the sessions that they read, not on how these were selected.
SELECTION = {"sessions": {"include", "exclude", "on_error"}}


def settings_without(dataset, keys):
    return dataset.model_dump(
        mode="json", exclude=dict.fromkeys(keys, True) | SELECTION
    )


def settings_of(wildcards):
    # Only one rule uses each of the later keys; a change of them must not rerun the others.
    return settings_without(DATASETS[wildcards.dataset], configuration.LATER_KEYS)


def settings_with_reference(wildcards):
    dataset = DATASETS[wildcards.dataset]
    return without_permutations(settings_without(dataset, configuration.UNDECODED_KEYS))


def settings_with_behaviour(wildcards):
    # Behaviour depends on no setting of decoding or of its tests.
    dataset = DATASETS[wildcards.dataset]
    unused = {"decoding", "windows", "regions", "colors", *configuration.LATER_KEYS}
    settings = settings_without(dataset, unused - {"behaviour"})
    settings["windows"] = {"all": (dataset.time.start, dataset.time.stop)}
    settings["inference"] = {"confidence": dataset.inference.confidence}
    return settings


# Readers, families, figures, null models, decoders and scores count as sources only where they are used.
CHOSEN = [
    *chain(sources.DESCRIBERS, *sources.READERS.values()),
    *map(configuration.family_file, configuration.FAMILIES),
    *discovery.modules(Path(figures.__file__).parent).values(),
    *(null.module for null in NULL_MODELS.values()),
    *(decoder.module for decoder in DECODERS.values()),
    *(score.module for score in SCORES.values()),
]
SOURCES = provenance.Sources(provenance.STORE, on_demand=CHOSEN)


def sources_of(script, *chosen):
    """Return a digest of a script's code, and of modules that it imports by name."""
    return SOURCES.digest(workflow.source_path(f"../scripts/{script}"), *chosen)


# Settings on which recordings do not depend. Job `regions` decides about sessions that cannot be
# read, so that a change of `on_error`, or of the selection of sessions, reads no session again.
NOT_READ = {"inference", "sessions", *configuration.LATER_KEYS}


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


def decoder_of(dataset):
    """Return the module of the decoder of a data set."""
    return DECODERS[dataset.decoding.decoder].module


def score_of(dataset):
    """Return the module of the score of a data set."""
    return SCORES[dataset.decoding.score].module


def null_of(dataset):
    """Return the module of the null model of a data set."""
    return NULL_MODELS[dataset.inference.null_model].module


def sources_by_dataset(script, *chosen, always=()):
    """Return a function of wildcards: the digest of a script for a data set.

    `chosen` are functions that return a module which the settings of the data set choose.
    """
    digests = {
        name: sources_of(script, *(module(dataset) for module in chosen), *always)
        for name, dataset in DATASETS.items()
    }
    return lambda wildcards: digests[wildcards.dataset]


def files_of(dataset, sessions):
    return [
        f"results/{dataset}/recordings/{as_filename(session)}.nc"
        for session in sessions
    ]


def found_by_regions(dataset):
    """Return the tables of job `regions`, which determine the jobs that follow.

    A run that is resumed may not have local copies of those in a storage; Snakemake retrieves the
    inputs of jobs alone.
    """
    tables = checkpoints.regions.get(dataset=dataset).output
    for file in tables:
        if file.is_storage and not os.path.exists(file):
            os.makedirs(os.path.dirname(file), exist_ok=True)
            file.storage_object.retrieve_object()
    return tables


def all_recordings_of(wildcards):
    return files_of(wildcards.dataset, SESSIONS[wildcards.dataset])


def recordings_of_dataset(dataset):
    """Return the recordings without those that could not be read, or of networks that learned."""
    sessions = SESSIONS[dataset]
    cause = "not learned" if dataset in NETWORK_DATASETS else "unreadable"
    if cause == "not learned" or DATASETS[dataset].sessions.on_error == "leave_out":
        table = found_by_regions(dataset).left_out
        left_out = selected(table, "session", cause=cause)
        sessions = [session for session in sessions if session not in left_out]
    return files_of(dataset, sessions)


def recordings_of(wildcards):
    return recordings_of_dataset(wildcards.dataset)


def recordings_of_region(wildcards):
    """Return the recordings with units of a region, or all if sessions exchange their labels."""
    if null_exchanges_sessions(wildcards.dataset):
        return recordings_of(wildcards)
    output = found_by_regions(wildcards.dataset)
    region = from_filename(wildcards.region)
    return files_of(
        wildcards.dataset, selected(output.session_units, "session", region=region)
    )


def null_exchanges_sessions(dataset):
    return NULL_MODELS[DATASETS[dataset].inference.null_model].min_sessions > 1


def units_of_draw(wildcards):
    """Return how many units a draw takes from each population; None means all of them."""
    units = DATASETS[wildcards.dataset].decoding.units
    if units == "all":
        return None
    table = found_by_regions(wildcards.dataset).table
    return min(map(int, selected(table, "n_units"))) if units == "matched" else units


def regions_of(dataset):
    table = found_by_regions(dataset).table
    return selected(table, "region")


def decodings_of_dataset(dataset):
    return [
        f"results/{dataset}/decoding/{as_filename(region)}.nc"
        for region in regions_of(dataset)
    ]


def blocks_of(dataset):
    return blocks(DATASETS[dataset].inference.permutations)


def settings_of_first_block(wildcards):
    """Return settings with at most the permutations of one block.

    `decode` decodes those, and further blocks have jobs of their own. Controls and geometry use no
    more, so that a larger number of permutations does not rerun them.
    """
    return of_first_block(wildcards.dataset, settings_of(wildcards))


def settings_with_confounds(wildcards):
    dataset = DATASETS[wildcards.dataset]
    return of_first_block(wildcards.dataset, settings_without(dataset, ["behaviour"]))


def of_first_block(dataset, settings):
    settings["inference"]["permutations"] = len(blocks_of(dataset)[0])
    return settings


def without_permutations(settings):
    """Return settings for rules that do not use the number of permutations."""
    del settings["inference"]["permutations"]
    return settings


def nulls_of_region(wildcards):
    """Return the blocks of permutations of a region after the first."""
    return [
        f"results/{wildcards.dataset}/nulls/{wildcards.region}/{block}.nc"
        for block in range(1, len(blocks_of(wildcards.dataset)))
    ]


def results_of_regions(wildcards):
    """Return the inputs of inference: decoding results, or with several blocks what they reduce to."""
    decodings = decodings_of_dataset(wildcards.dataset)
    if len(blocks_of(wildcards.dataset)) == 1:
        return {"decodings": decodings}
    folder = f"results/{wildcards.dataset}"
    return {
        "reduced": [
            each.replace(f"{folder}/decoding/", f"{folder}/reduced/", 1)
            for each in decodings
        ]
    }


NETWORK_DATASETS = CONFIGURATION.network_datasets()
# Data sets to compare: that of the brain, then those of the networks.
COMPARED = []
if CONFIGURATION.comparison:
    COMPARED = [CONFIGURATION.comparison.dataset, *NETWORK_DATASETS]


def recordings_of_compared(wildcards):
    return [recording for name in COMPARED for recording in recordings_of_dataset(name)]


def signature_of_brain(wildcards):
    if wildcards.dataset == COMPARED[0]:
        return {}
    return {"brain": f"results/comparison/signatures/{COMPARED[0]}.nc"}


def planted_truth(wildcards):
    return [
        f"results/{name}/truth.nc"
        for name, dataset in DATASETS.items()
        if dataset.source == "simulation"
    ]


# Networks that this run trains, and the data sets of those that it imports.
TRAINED_HERE = CONFIGURATION.networks_to_train()
IMPORTED = CONFIGURATION.activation_files()
# Tables that exist only for some networks, and are measured when these are recorded.
OF_SOME_NETWORKS = [
    table
    for table in TABLES.values()
    if table.subject == "network" and table.when not in ("", "family")
]


def replicates_of(name, network, file):
    """Return a file of every replicate of a network."""
    return [
        f"results/networks/{name}/seed{seed}/{file}" for seed in range(network.seeds)
    ]


def datasets_of(network):
    """Return the data sets of a trained and of an untrained network, by the suffix of its files."""
    return {
        "": configuration.network_dataset(network, trained=True),
        "_untrained": configuration.network_dataset(network, trained=False),
    }


def reports_of_imported(name, number):
    """Return the table of the reports of a replicate of an imported network."""
    network, trained = NETWORK_DATASETS[name]
    suffix = "" if trained else "_untrained"
    return f"results/networks/{network}/seed{number}/report_error{suffix}.csv"


def recorded_of(name, network):
    """Return the outputs of recording all replicates of a network, one list for each kind."""
    kinds = {}
    for suffix, dataset in datasets_of(name).items():
        kinds[f"recording{suffix}"] = [
            f"results/{dataset}/recordings/seed{seed}.nc"
            for seed in range(network.seeds)
        ]
        kinds[f"report_error{suffix}"] = replicates_of(
            name, network, f"report_error{suffix}.csv"
        )
    kinds["probe"] = replicates_of(name, network, "probe.csv")
    if network.attended:
        kinds["attention"] = replicates_of(name, network, "attention.nc")
    for table in OF_SOME_NETWORKS:
        if table.applies(network):
            kinds[table.name] = replicates_of(name, network, f"{table.name}.csv")
    return kinds


# A page for each network.
CARDS = {name: f"results/networks/{name}/card.html" for name in CONFIGURATION.networks}


def tables_of_cards():
    """Return the tables that the cards of networks show, by name."""
    names = ["report_error"]
    if TRAINED_HERE:
        names.append("probe")
    if any(map(TABLES["attention_use"].applies, CONFIGURATION.networks.values())):
        names.append("attention_use")
    tables = {name: f"results/networks/{name}.csv" for name in names}
    if COMPARED:
        of_comparison = ("fit", "nearest", "leaderboard")
        tables |= {name: f"results/comparison/{name}.csv" for name in of_comparison}
    return tables


# Figures and tables of the report, grouped by the job that produces them.
GROUPS = report_groups(CONFIGURATION)


def outputs_of(entries):
    """Return the output files of figures or tables; the first of each is in the report."""
    outputs = {}
    for entry in entries:
        (shown, path), *others = entry.files.items()
        # A template cannot identify the file that it describes, so each entry has its own.
        outputs[shown] = report(
            path,
            caption=f"../report/{entry.name}.rst",
            category=category(entry.section),
            subcategory=entry.subject,
            labels={"result": entry.title, "kind": entry.kind},
        )
        outputs |= dict(others)
    return outputs
