import sys

from neuro_attn import budget, decoding, recording
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.onboarding import cost
from neuro_attn.results import write_csv
from neuro_attn.study import Study

memory = snakemake.config.get("memory")
with (
    job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output),
    budget.limited(memory),
):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    recordings = [recording.load(path) for path in snakemake.input.recordings]
    for each in decoding.sessions_left_out(recordings, dataset):
        print(f"session {each.session} is left out: {each} trials", file=sys.stderr)
    table = decoding.regions_table(recordings, study)
    # Check the memory of all subsequent jobs before the first of them starts.
    estimate = cost.cost_of(recordings, study, table)
    cost.check_memory(estimate, study.name)
    write_csv(cost.needs_table(estimate), snakemake.output.costs)
    write_csv(table, snakemake.output.table)
    # All jobs that decode follow this one.
    decoding.compile_decoder(dataset.decoding)
