from snakemake.utils import min_version

min_version("9.0")

if "datasets" not in config:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/recordings.smk"
include: "workflow/rules/decoding.smk"
include: "workflow/rules/inference.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/figures.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        results_of_all_datasets,
        results_of_networks,
        results_of_comparison,
        figures_and_tables,
