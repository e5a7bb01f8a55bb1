from neuro_attn.handover import hand_over

hand_over()

import pandas as pd

from neuro_attn import networks
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    log = None
    if snakemake.input.logs:
        log = pd.concat([read_csv(path) for path in snakemake.input.logs])
        write_csv(log, snakemake.output.training)
    trials = pd.concat([read_csv(path) for path in snakemake.input.errors])
    errors = networks.mean_report_errors(trials, log, snakemake.params.learned_below)
    write_csv(errors, snakemake.output.report_error)
    # The probe, and tables that exist only for some networks.
    for result in set(snakemake.output.keys()) - {"training", "report_error"}:
        tables = [read_csv(path) for path in snakemake.input[result]]
        write_csv(pd.concat(tables), snakemake.output[result])
