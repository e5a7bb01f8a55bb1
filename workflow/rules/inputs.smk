# Inputs of jobs, as functions of wildcards.

import os

from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.files import as_filename, from_filename
from neuro_attn.results.names import selected

# Results of one region of a large data set, and of all regions of a smaller one.
GEOMETRY_OF_REGION = "results/{dataset}/parts/geometry/{region}.json"
CODES_OF_REGION = "results/{dataset}/parts/codes/{region}.nc"
CONFOUNDS_OF_REGION = "results/{dataset}/parts/confounds/{region}.nc"
RESAMPLED_OF_REGION = "results/{dataset}/resampled/{region}.nc"
SIGNATURES_OF_REGION = "results/comparison/signatures/{dataset}/{region}.nc"
SIGNATURES = "results/comparison/signatures/{dataset}.nc"


def of_session(parts, field):
    """Return a function of wildcards: a field of the part that is the session."""
    by_file = {as_filename(part.sessions[0]): part for part in parts}
    return lambda wildcards: getattr(by_file[wildcards.session], field)


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


def has_jobs_by_region(dataset):
    """Return whether the table of costs lists jobs of each region beside decoding."""
    costs = found_by_regions(dataset).costs
    return bool(selected(costs, "region", rule="measure_region_geometry"))


def recordings_or_parts(wildcards, parts):
    """Return the recordings, or the results of the jobs of each region.

    `parts` is the pattern of their files, with `{region}`.
    """
    dataset = wildcards.dataset
    if not has_jobs_by_region(dataset):
        return {"recordings": recordings_of(wildcards)}
    regions = map(as_filename, regions_of(dataset))
    return {
        "parts": [parts.format(dataset=dataset, region=region) for region in regions]
    }


def geometry_of_regions(wildcards):
    return recordings_or_parts(wildcards, GEOMETRY_OF_REGION)


def codes_of_regions(wildcards):
    """Return the codes of regions, and recordings, whose subjects are part of the tests."""
    found = recordings_or_parts(wildcards, CODES_OF_REGION)
    return {"recordings": recordings_of(wildcards)} | found


def confounds_of_regions(wildcards):
    return recordings_or_parts(wildcards, CONFOUNDS_OF_REGION)


def recordings_of_compared(wildcards):
    return [recording for name in COMPARED for recording in recordings_of_dataset(name)]


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


def resampled_of_regions(wildcards):
    return [
        RESAMPLED_OF_REGION.format(
            dataset=wildcards.dataset, region=as_filename(region)
        )
        for region in regions_of(wildcards.dataset)
    ]


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


def signatures_of(dataset):
    """Return the files with the signatures of a data set."""
    if not has_jobs_by_region(dataset):
        return [SIGNATURES.format(dataset=dataset)]
    regions = map(as_filename, regions_of(dataset))
    return [
        SIGNATURES_OF_REGION.format(dataset=dataset, region=region)
        for region in regions
    ]


def signatures_of_brain(wildcards):
    if wildcards.dataset == COMPARED[0]:
        return {}
    return {"brain": signatures_of(COMPARED[0])}


def signatures_of_compared(wildcards):
    brain, *networks = map(signatures_of, COMPARED)
    return {"brain": brain, "networks": sum(networks, [])}


def planted_truth(wildcards):
    return [
        f"results/{name}/truth.nc"
        for name, dataset in DATASETS.items()
        if dataset.source == "simulation"
    ]
