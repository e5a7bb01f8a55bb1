import pandas as pd

from neuro_attn.errors import told_in_one_message
from neuro_attn.results import read_csv, write_csv

with told_in_one_message(snakemake.log[0]):
    tables = [read_csv(path) for path in snakemake.input]
    write_csv(pd.concat(tables), snakemake.output.table)
