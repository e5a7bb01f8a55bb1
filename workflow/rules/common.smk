import os
from pathlib import Path


from neuro_attn import configuration, sources
from neuro_attn.errors import InputError
from neuro_attn.files import as_filename, read_csv
from neuro_attn.provenance import source_digest

# One thread a job, for BLAS and (NPROC) for XLA: the same bytes for any number of cores.
for library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["NPROC"] = "1"
os.environ["SOURCE_DATE_EPOCH"] = "0"

ORIGIN = ", ".join(map(str, workflow.configfiles)) or "config"
try:
    CONFIGURATION = configuration.parse(config, ORIGIN)
    DATASETS = CONFIGURATION.all_datasets()
    FOLDER = os.environ.get("NEURO_ATTN_DATA") or CONFIGURATION.data_folder
    INPUT_FILES = {
        name: sources.input_files(name, dataset, FOLDER)
        for name, dataset in CONFIGURATION.datasets.items()
    }
    SESSIONS = {
        name: sources.session_names(name, dataset, FOLDER)
        for name, dataset in CONFIGURATION.datasets.items()
    }
except InputError as error:
    raise WorkflowError(f"neuro-attn: error: {error}")
for name, dataset in DATASETS.items():
    if dataset.source == "network":
        seeds = CONFIGURATION.networks[dataset.network].seeds
        SESSIONS[name] = [f"seed{seed}" for seed in range(seeds)]


wildcard_constraints:
    dataset="[^/]+",
    region="[^/]+",
    session="[^/]+",
    network="[^/]+",
    seed="[0-9]+",


def settings_of(wildcards):
    return DATASETS[wildcards.dataset].model_dump(mode="json")


def sources_of(script):
    return source_digest(Path(workflow.basedir) / "workflow/scripts" / script)


def recordings_of(wildcards):
    return [
        f"results/{wildcards.dataset}/recordings/{as_filename(session)}.nc"
        for session in SESSIONS[wildcards.dataset]
    ]


def regions_of(dataset):
    table = read_csv(checkpoints.regions.get(dataset=dataset).output.table)
    return list(dict.fromkeys(table["region"]))


def decodings_of_dataset(dataset):
    return [
        f"results/{dataset}/decoding/{as_filename(region)}.nc"
        for region in regions_of(dataset)
    ]


def decodings_of(wildcards):
    return decodings_of_dataset(wildcards.dataset)


TABLES = ("transfer", "summary", "onsets", "unit_counts", "geometry")


def results_of_all_datasets(wildcards):
    return [f"results/{name}/{table}.csv" for name in DATASETS for table in TABLES]
