# Parameters of jobs: their settings, and digests of the code that they run.

from itertools import chain
from pathlib import Path

from neuro_attn import configuration, discovery, figures, provenance, sources
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.configuration.scores import SCORES

# Jobs depend on the sessions that they read, not on how these were selected, nor on keys that only
# describe a data set.
NOT_USED = {
    "sessions": {"include", "exclude", "on_error"},
    **dict.fromkeys(configuration.DESCRIBING_KEYS, True),
}


def settings_without(dataset, keys):
    return dataset.model_dump(mode="json", exclude=dict.fromkeys(keys, True) | NOT_USED)


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


def settings_with_confounds(wildcards):
    dataset = DATASETS[wildcards.dataset]
    unused = configuration.UNDECODED_KEYS - configuration.NUISANCE_KEYS
    return of_first_block(wildcards.dataset, settings_without(dataset, unused))


def settings_with_single_units(wildcards):
    dataset = DATASETS[wildcards.dataset]
    unused = {"decoding", "colors", *configuration.LATER_KEYS}
    return of_first_block(wildcards.dataset, settings_without(dataset, unused))


def settings_with_resampled(wildcards):
    """Return settings of the decoding of resampled trials with the level of its tests."""
    inference = DATASETS[wildcards.dataset].inference
    levels = {"confidence": inference.confidence, "alpha": inference.alpha}
    return settings_of_resampled(wildcards) | {"inference": levels}


def settings_of_resampled(wildcards):
    # Iterations take the place of permutations, nulls and bootstraps.
    unused = {"inference", "colors", *configuration.LATER_KEYS} - {"resampled_decoding"}
    return settings_without(DATASETS[wildcards.dataset], unused)


def settings_of_first_block(wildcards):
    """Return settings with at most the permutations of one block.

    `decode` decodes those, and further blocks have jobs of their own. Controls and geometry use no
    more, so that a larger number of permutations does not rerun them.
    """
    return of_first_block(wildcards.dataset, settings_of(wildcards))


def of_first_block(dataset, settings):
    settings["inference"]["permutations"] = len(blocks_of(dataset)[0])
    return settings


def without_permutations(settings):
    """Return settings for rules that do not use the number of permutations."""
    del settings["inference"]["permutations"]
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
