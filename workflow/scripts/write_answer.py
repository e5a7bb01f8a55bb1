from neuro_attn.handover import hand_over

hand_over()

from pathlib import Path

from neuro_attn.configuration import dataset_from
from neuro_attn.figures.targets import FOLDER
from neuro_attn.jobs import job
from neuro_attn.report.answer import write_answer
from neuro_attn.report.crate import write_crate

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    # With a storage, results are in a local copy of it.
    folder = Path(snakemake.output.page).parent

    def here(path: str) -> str:
        return str(folder / Path(path).relative_to(FOLDER)) if path else ""

    datasets = {key: dataset_from(each) for key, each in snakemake.params.datasets.items()}
    shown = {
        "entries": [
            {**entry, "csv": here(entry["csv"]), "files": list(map(here, entry["files"]))}
            for entry in snakemake.params.entries
        ],
        "tables": snakemake.input.tables,
        "configuration": snakemake.params.configuration,
    }
    write_answer(
        datasets=datasets,
        folder=folder,
        page=snakemake.output.page,
        text=snakemake.output.text,
        **shown,
    )
    write_crate(
        datasets=datasets,
        snakefile=snakemake.params.snakefile,
        author=snakemake.params.author,
        licence=snakemake.params.licence,
        written=dict(snakemake.output.items()),
        **shown,
    )
