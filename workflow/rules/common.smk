import os
import platform
from pathlib import Path

# Every job parses these files, so nothing that they import may import numpy, pandas and the like.
from neuro_attn import budget, configuration, locations, provenance, published
from neuro_attn import sources, trusted_code
from neuro_attn.configuration.blocks import blocks
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.errors import InputError
from neuro_attn.escaping import rst
from neuro_attn.inference.significance import first_look
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
    published.check_published(CONFIGURATION)
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
NETWORK_DATASETS = CONFIGURATION.network_datasets()
# Networks that this run trains, and the data sets of those that it imports.
TRAINED_HERE = CONFIGURATION.networks_to_train()
IMPORTED = CONFIGURATION.activation_files()
# Data sets to compare: that of the brain, then those of the networks.
COMPARED = []
if CONFIGURATION.comparison:
    COMPARED = [CONFIGURATION.comparison.dataset, *NETWORK_DATASETS]


wildcard_constraints:
    dataset="[^/]+",
    region="[^/]+",
    session="[^/]+",
    network="[^/]+",
    family="[^/]+",
    seed="[0-9]+",
    block="[0-9]+",


def blocks_of(dataset):
    return blocks(DATASETS[dataset].inference.permutations)
