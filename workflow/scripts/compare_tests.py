from neuro_attn.handover import hand_over

hand_over()

from neuro_attn.configuration import dataset_from
from neuro_attn.inference.accuracy_differences import difference_table
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    write_csv(difference_table(read_csv(snakemake.input[0]), study), snakemake.output[0])
