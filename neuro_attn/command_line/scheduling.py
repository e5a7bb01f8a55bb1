"""Snakemake as the command runs it: ``python -m neuro_attn.command_line.scheduling ARGUMENTS``.

Snakemake limits how many jobs start in a second. Its scheduler therefore looks for jobs again one
second after each time that it has looked, and also whenever a job ends. Each job that has ended so
adds a look per second, until the scheduler occupies a core: 26 of 53 minutes in a run of 323 jobs.
On one machine the number of cores limits jobs already, so we start Snakemake without this limit.
"""

import sys

from snakemake.cli import args_to_api, parse_args, print_exception
from snakemake.settings.types import MaxJobsPerTimespan


def main() -> None:
    """Run Snakemake with the arguments of the process, and exit with its code."""
    sys.argv[0] = "snakemake"  # the name in its messages
    try:
        parser, arguments = parse_args(None)
        default = MaxJobsPerTimespan.parse_choice(parser.get_default("max_jobs_per_timespan"))
        is_default = vars(arguments.max_jobs_per_timespan) == vars(default)
        if is_default and arguments.executor in (None, "local"):
            arguments.max_jobs_per_timespan = None
        succeeded = args_to_api(arguments, parser)
    except Exception as error:
        print_exception(error)
        sys.exit(1)
    sys.exit(0 if succeeded else 1)


if __name__ == "__main__":
    main()
