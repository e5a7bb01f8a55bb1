"""Error reports and checksums of results, for all jobs of the workflow."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from neuro_attn import checksums
from neuro_attn.errors import report_user_errors
from neuro_attn.files import parquet_of


@contextmanager
def job(*, rule: str, log: str, outputs: Iterable[str]) -> Iterator[None]:
    """Run the block as a job: report an error in one message, record checksums on success.

    Parameters
    ----------
    rule : str
        The rule of the job.
    log : str
        Its log, see `errors.report_user_errors`; the record has the same name.
    outputs : iterable of str
        The files that the block writes.
    """
    outputs = list(outputs)
    with report_user_errors(log):
        # Snakemake has removed the outputs; a table may have been larger before.
        for output in outputs:
            if output.endswith(".csv"):
                parquet_of(output).unlink(missing_ok=True)
        yield
        results, name = checksums.of_log(log)
        checksums.record(rule, name, outputs, results)
