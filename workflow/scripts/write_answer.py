from neuro_attn.configuration import dataset_from
from neuro_attn.figures.targets import FOLDER
from neuro_attn.jobs import job
from neuro_attn.report.answer import write_answer

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    write_answer(
        datasets={key: dataset_from(each) for key, each in snakemake.params.datasets.items()},
        entries=snakemake.params.entries,
        tables=snakemake.input.tables,
        configuration=snakemake.params.configuration,
        folder=FOLDER,
        page=snakemake.output.page,
        text=snakemake.output.text,
    )
