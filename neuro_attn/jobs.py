"""Error reports, checksums of results and costs, for all jobs of the workflow."""

import resource
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from neuro_attn import checksums
from neuro_attn.errors import report_user_errors
from neuro_attn.files import parquet_of, write_text


@contextmanager
def job(*, rule: str, log: str, outputs: Iterable[str]) -> Iterator[None]:
    """Run the block as a job: report an error in one message; on success, record what it made.

    The record consists of checksums (`neuro_attn.checksums`) and of the cost of the job, in
    ``results/benchmarks``: time of the block (s), largest resident memory of the process (MB, in
    Snakemake's sense: 2^20 bytes), and processor time of the process (s).

    Parameters
    ----------
    rule : str
        The rule of the job.
    log : str
        Its log, see `errors.report_user_errors`; the record has the same name.
    outputs : iterable of str
        The files that the block writes.
    """
    outputs, began = list(outputs), time.monotonic()
    with report_user_errors(log):
        # Snakemake has removed the outputs; a table may have been larger before.
        for output in outputs:
            if output.endswith(".csv"):
                parquet_of(output).unlink(missing_ok=True)
        yield
        results, name = checksums.of_log(log)
        checksums.record(rule, name, outputs, results)
        write_text(_cost(time.monotonic() - began), results / "benchmarks" / f"{name}.tsv")


def _cost(seconds: float) -> str:
    """Return a table of what this process needed, with column names of Snakemake's benchmarks."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    memory = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return (
        f"s\tmax_rss\tcpu_time\n{seconds:.2f}\t{memory:.1f}\t{used.ru_utime + used.ru_stime:.2f}\n"
    )
