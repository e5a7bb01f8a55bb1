import os

from snakemake.utils import min_version

from neuro_attn.configuration import read_keys
from neuro_attn.figures.targets import report_files, result_tables

min_version("9.0")

if "datasets" not in config:
    # Snakemake would run the code of a configuration that is a template.
    read_keys("config/config.yaml")

    configfile: "config/config.yaml"


# An image made from Containerfile, for `--software-deployment-method apptainer`.
if IMAGE := os.environ.get("NEURO_ATTN_IMAGE"):

    container: IMAGE


include: "workflow/rules/common.smk"
include: "workflow/rules/parameters.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/network_files.smk"
include: "workflow/rules/report_files.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/recordings.smk"
include: "workflow/rules/decoding.smk"
include: "workflow/rules/inference.smk"
include: "workflow/rules/behaviour.smk"
include: "workflow/rules/resampling.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/report.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        result_tables(CONFIGURATION),
        planted_truth,
        report_files(CONFIGURATION),
        list(CARDS.values()),
