import os
import platform
from pathlib import Path


from neuro_attn import budget, configuration, sources
from neuro_attn.errors import InputError
from neuro_attn.escaping import rst
from neuro_attn.files import as_filename
from neuro_attn.inference.significance import first_look
from neuro_attn.provenance import source_digest
from neuro_attn.results import read_csv

# One thread a job, for BLAS and (NPROC) for XLA: the same bytes for any number of cores.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
os.environ.update(dict.fromkeys(THREADS, "1"), SOURCE_DATE_EPOCH="0")
# Networks of one kind differ in their seeds only: what JAX compiles for one serves all. By machine,
# since a cluster's nodes may have other processors.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(".snakemake/jax", platform.node()).absolute())
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
# The package of this checkout, also where conda brings the rest.
os.environ.update(PYTHONPATH=str(workflow.basedir))

ORIGIN = ", ".join(map(str, workflow.configfiles)) or "config"
try:
    POSITIONS = [configuration.read(path)[1] for path in workflow.configfiles]
    CONFIGURATION = configuration.parse(
        config, ORIGIN, POSITIONS[0] if len(POSITIONS) == 1 else None
    )
    # Jobs read the budget of memory from `config`, so that no result depends on it.
    config["memory"] = (
        float(os.environ.get(budget.VARIABLE) or 0) or CONFIGURATION.memory
    )
    with budget.limited(config["memory"]):
        configuration.check_products(CONFIGURATION)
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
# For the first page of the report, which sees nothing but `config`.
config["described"] = [
    f"Data set {rst(name)}: source {dataset.source}, tasks {', '.join(map(rst, dataset.tasks))}."
    for name, dataset in CONFIGURATION.datasets.items()
]
for name, dataset in DATASETS.items():
    if dataset.source == "network":
        seeds = CONFIGURATION.networks[dataset.network].seeds
        SESSIONS[name] = [f"seed{seed}" for seed in range(seeds)]
# Runs that can find nothing significant say so in every figure and table, and in the report.
FIRST_LOOKS = {
    name: first_look(dataset.inference) for name, dataset in DATASETS.items()
}
config["first_looks"] = {rst(name): note for name, note in FIRST_LOOKS.items() if note}
SIMULATED = [
    name for name, dataset in DATASETS.items() if dataset.source == "simulation"
]


wildcard_constraints:
    dataset="[^/]+",
    region="[^/]+",
    session="[^/]+",
    network="[^/]+",
    family="[^/]+",
    seed="[0-9]+",


def settings_of(wildcards):
    # Only one rule looks at confounds; others need not run again when they change.
    return DATASETS[wildcards.dataset].model_dump(mode="json", exclude={"confounds"})


def note_of(wildcards):
    return FIRST_LOOKS[wildcards.dataset]


def sources_of(script):
    return source_digest(Path(workflow.basedir) / "workflow/scripts" / script)


def sources_of_family(family):
    # Families are imported by name, which the sources of a script do not show.
    return source_digest(configuration.family_file(family))


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


# Figures of a data set: what each is drawn from, and its title in the report.
DATASET_FIGURES = {
    "decoding_over_time": (["transfer.csv", "onsets.csv"], "Decoding over time"),
    "transfer_matrix": (["summary.csv"], "Transfer between tasks"),
    "onsets": (["onsets.csv"], "Onsets"),
    "cross_temporal": (["cross_temporal.nc"], "Cross-temporal decoding"),
    "unit_counts": (["unit_counts.csv"], "Accuracy against units"),
    "geometry": (["geometry.csv"], "Geometry"),
    "geometry_over_time": (["geometry_over_time.csv"], "Geometry over time"),
    "color_planes": (["color_planes.csv", "geometry.csv"], "Colour planes"),
}

# Readable twins of the tables of a data set, and what they are called in the report.
DATASET_TABLES = {
    "summary": "Accuracy in the windows",
    "onsets": "Onsets and their differences",
    "geometry": "Geometry",
    "geometry_left_out": "What geometry lacks, and why",
    "color_information": "Colour information",
    "regions": "Populations",
    "confounds": "Confounds",
}

# Tables that are not of one data set: where they come from, category and title.
OTHER_TABLES = {
    "report_error": ("networks/report_error", "networks", "Report errors"),
    "gates": ("networks/gates", "networks", "Queries, keys and values swapped"),
    "distances": ("comparison/distances", "comparison", "Distances"),
    "nearest": ("comparison/nearest", "comparison", "Nearest regions"),
    "signatures_left_out": (
        "comparison/signatures_left_out",
        "comparison",
        "What signatures lack, and why",
    ),
    "representations": ("comparison/representations", "comparison", "Representations"),
}


TABLES = ("transfer", "summary", "onsets", "unit_counts", "geometry")

# Figures and tables that only some data sets have: with the setting of this name.
CONDITIONAL = {
    "confounds": "confounds",
    "color_information": "colors",
    "color_planes": "colors",
}


def has(dataset, result):
    return result not in CONDITIONAL or getattr(dataset, CONDITIONAL[result])


def results_of_all_datasets(wildcards):
    wanted = [f"results/{name}/{table}.csv" for name in DATASETS for table in TABLES]
    wanted += [
        f"results/{name}/confounds.csv"
        for name, dataset in DATASETS.items()
        if dataset.confounds
    ]
    return wanted + [f"results/{name}/truth.nc" for name in SIMULATED]


def results_of_networks(wildcards):
    if not CONFIGURATION.networks:
        return []
    return ["results/networks/training.csv", "results/networks/report_error.csv"]


NETWORK_DATASETS = {
    name: [dataset.network, dataset.trained]
    for name, dataset in DATASETS.items()
    if dataset.source == "network"
}
# Data sets that are laid beside each other: the brain's, then those of the networks.
COMPARED = []
if CONFIGURATION.comparison:
    COMPARED = [CONFIGURATION.comparison.dataset, *NETWORK_DATASETS]


def recordings_of_compared(wildcards):
    return [
        f"results/{name}/recordings/{as_filename(session)}.nc"
        for name in COMPARED
        for session in SESSIONS[name]
    ]


def signature_of_brain(wildcards):
    if wildcards.dataset == COMPARED[0]:
        return {}
    return {"brain": f"results/comparison/signatures/{COMPARED[0]}.nc"}


def results_of_comparison(wildcards):
    if CONFIGURATION.comparison is None:
        return []
    return [
        f"results/comparison/{table}.csv"
        for table in (
            "distances",
            "nearest",
            "signatures",
            "signatures_left_out",
            "representations",
        )
    ]


def figure_of(name, caption, category, title):
    return report(
        f"results/figures/{name}.png",
        caption=f"../report/{caption}.rst",
        category=category,
        labels={"result": title, "kind": "figure"},
    )


def table_of(name, caption, category, title):
    return report(
        f"results/tables/{name}.html",
        caption=f"../report/{caption}.rst",
        category=category,
        labels={"result": title, "kind": "table"},
    )


# Untrained networks are floors for others; they have tables of results, but no place in the report.
SHOWN = {
    name: dataset
    for name, dataset in DATASETS.items()
    if dataset.source != "network" or dataset.trained
}


def figures_and_tables(wildcards):
    wanted = [
        f"results/figures/{figure}-{name}.{suffix}"
        for name, dataset in SHOWN.items()
        for figure in DATASET_FIGURES
        if has(dataset, figure)
        for suffix in ("png", "svg")
    ]
    wanted += [
        f"results/tables/{table}-{name}.html"
        for name, dataset in SHOWN.items()
        for table in DATASET_TABLES
        if has(dataset, table)
    ]
    wanted += [f"results/figures/timeline-{name}.png" for name in SIMULATED]
    wanted += [
        f"results/figures/attention-{name}.png"
        for name, network in CONFIGURATION.networks.items()
        if network.family in configuration.FAMILIES_WITH_ATTENTION
    ]
    if CONFIGURATION.networks:
        wanted += ["results/figures/learning.png", "results/tables/report_error.html"]
    if LOCATED:
        wanted.append("results/figures/memory_locus.png")
    if SWAPPED:
        wanted.append("results/tables/gates.html")
    if CONFIGURATION.list_recall.families:
        wanted.append("results/figures/list_recall.png")
    if CONFIGURATION.comparison:
        wanted += [
            f"results/figures/{figure}.png" for figure in ("similarity", "signatures")
        ]
        wanted += [
            f"results/tables/{table}.html"
            for table in (
                "distances",
                "nearest",
                "signatures_left_out",
                "representations",
            )
        ]
    return wanted
