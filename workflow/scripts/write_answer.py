from pathlib import Path

from neuro_attn.configuration import dataset_from
from neuro_attn.figures.targets import FOLDER
from neuro_attn.jobs import job
from neuro_attn.report.answer import write_answer

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    # With a storage, results are in a local copy of it.
    folder = Path(snakemake.output.page).parent

    def here(path: str) -> str:
        return str(folder / Path(path).relative_to(FOLDER)) if path else ""

    write_answer(
        datasets={key: dataset_from(each) for key, each in snakemake.params.datasets.items()},
        entries=[
            {**entry, "csv": here(entry["csv"]), "files": list(map(here, entry["files"]))}
            for entry in snakemake.params.entries
        ],
        tables=snakemake.input.tables,
        configuration=snakemake.params.configuration,
        folder=folder,
        page=snakemake.output.page,
        text=snakemake.output.text,
    )
