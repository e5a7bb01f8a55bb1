from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.resampled_decoding.tables import tables_of
from neuro_attn.results import write_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    tables = tables_of([recording.load(path) for path in snakemake.input], study)
    for table, path in snakemake.output.items():
        write_csv(getattr(tables, table), path)
