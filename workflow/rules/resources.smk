# Memory and time that jobs request on a cluster; a local run ignores them. Job `regions` estimates
# them for the jobs of a data set as `neuro-attn check` does, and a job that fails requests more.
from math import ceil
from pathlib import Path

from neuro_attn.configuration import products
from neuro_attn.files import from_filename
from neuro_attn.results.names import numbers

# Minimum of every job, since imports alone need memory (JAX and figures most), and factors by which
# requests exceed estimates, which assume a fast processor without other load.
LEAST_BYTES, MEMORY_MARGIN = 1.5e9, 1.5
LEAST_SECONDS, TIME_MARGIN = 900, 4


def in_first_block(wildcards):
    """Return the number of permutations of a data set in the first block."""
    return len(blocks_of(wildcards.dataset)[0])


def in_all_blocks(wildcards):
    return DATASETS[wildcards.dataset].inference.permutations


def requests(need):
    """Return the resources of a rule.

    `need` is a function of wildcards and input files: the expected memory (bytes) and time (s).
    """

    def mem_mb(wildcards, input, attempt):
        expected = need(wildcards, input)[0]
        return attempt * ceil(max(LEAST_BYTES, MEMORY_MARGIN * expected) / 1e6)

    def runtime(wildcards, input, attempt):
        expected = need(wildcards, input)[1]
        return attempt * ceil(max(LEAST_SECONDS, TIME_MARGIN * expected) / 60)

    return {"mem_mb": mem_mb, "runtime": runtime}


def expected_of(rule, costs, region="", permutations=0):
    """Return the memory (bytes) and time (s) of a job in a table of costs.

    They are 0 if the table is in a storage from which it has not been retrieved.
    """
    if not Path(costs).is_file():
        return 0, 0
    found = numbers(costs, "rule", "region").get((rule, region))
    if found is None:
        return 0, 0
    thousands = permutations / 1000
    memory, time = (
        found[name] + thousands * found[f"{name}_per_1000"]
        for name in ("memory_gb", "time_s")
    )
    return 1e9 * memory, time


def as_estimated(rule, permutations=in_first_block):
    """Return the resources of a rule whose jobs `costs.csv`, its input `costs`, lists.

    `permutations` is a function of wildcards: the number that a job uses.
    """

    def need(wildcards, input):
        region = from_filename(getattr(wildcards, "region", "%"))
        return expected_of(rule, input.costs, region, permutations(wildcards))

    return requests(need)


def as_confounds(name):
    """Return the resources of decoding all confounds, one after the other."""

    def need(wildcards, input):
        region = from_filename(getattr(wildcards, "region", "%"))
        n_bytes, seconds = expected_of(
            name, input.costs, region, in_first_block(wildcards)
        )
        return n_bytes, seconds * max(1, len(DATASETS[wildcards.dataset].confounds))

    return requests(need)


def of_all_compared():
    """Return the resources of a rule that reads all recordings of all data sets compared."""

    def need(wildcards, input):
        needs = [expected_of("match_signatures", costs) for costs in input.costs]
        return tuple(map(sum, zip(*needs)))

    return requests(need)


def by_input(n_bytes=0):
    """Return the resources of a rule that reads its input files, or needs a number of bytes."""

    def need(wildcards, input):
        megabytes = input.size_mb if input else 0
        # Files are compressed, up to ten times. We read at least 10 MB a second.
        return max(n_bytes, 10e6 * megabytes), megabytes / 10

    return requests(need)


def by_number_of_files():
    """Return the resources of a rule that reads recordings without their rates."""
    return requests(lambda wildcards, input: (3e6 * len(input), len(input)))


def fixed(n_bytes=0, minutes=0):
    """Return the resources of a rule that needs the same memory and time for any data."""
    return requests(lambda wildcards, input: (n_bytes, 60 * minutes))
