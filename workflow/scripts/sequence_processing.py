from neuro_attn.handover import hand_over

hand_over()

from neuro_attn.configuration import SequenceProcessing
from neuro_attn.jobs import job
from neuro_attn.networks.skills.sequence_processing.learning import sequence_processing
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = SequenceProcessing.model_validate(snakemake.params.settings)
    tables = sequence_processing(
        settings,
        snakemake.wildcards.family,
        int(snakemake.wildcards.seed),
        snakemake.params.seed,
    )
    for table, path in snakemake.output.items():
        write_csv(getattr(tables, table), path)
