"""What all jobs of the workflow share: one message for an error, checksums of what they wrote."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from neuro_attn import checksums
from neuro_attn.errors import told_in_one_message


@contextmanager
def job(*, rule: str, log: str, outputs: Iterable[str]) -> Iterator[None]:
    """Run the block as a job: report an error in one message, record checksums on success.

    Parameters
    ----------
    rule : str
        The rule of the job.
    log : str
        Its log, see `errors.told_in_one_message`; the record has the same name.
    outputs : iterable of str
        The files that the block writes.
    """
    with told_in_one_message(log):
        yield
        results, name = checksums.of_log(log)
        checksums.record(rule, name, outputs, results)
