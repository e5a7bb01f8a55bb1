from neuro_attn.handover import hand_over

hand_over()

import pandas as pd

from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    for table, path in snakemake.output.items():
        parts = [read_csv(part) for part in snakemake.input.get(table)]
        write_csv(pd.concat(parts), path)
