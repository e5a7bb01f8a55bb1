# Figures, tables and cards of the report.

from neuro_attn import published
from neuro_attn.figures.targets import report_groups
from neuro_attn.results import TABLES
from neuro_attn.results.sections import category

# Figures and tables of the report, grouped by the job that produces them.
GROUPS = report_groups(CONFIGURATION)


def outputs_of(entries):
    """Return the output files of figures or tables; the first of each is in the report."""
    outputs = {}
    for entry in entries:
        (shown, path), *others = entry.files.items()
        # A template cannot identify the file that it describes, so each entry has its own.
        outputs[shown] = report(
            path,
            caption=f"../report/{entry.name}.rst",
            category=category(entry.section),
            subcategory=entry.subject,
            labels={"result": entry.title, "kind": entry.kind},
        )
        outputs |= dict(others)
    return outputs


# A page for each network.
CARDS = {name: f"results/networks/{name}/card.html" for name in CONFIGURATION.networks}


def tables_of_cards():
    """Return the tables that the cards of networks show, by name."""
    names = ["report_error"]
    if TRAINED_HERE:
        names.append("probe")
    if any(map(TABLES["attention_use"].applies, CONFIGURATION.networks.values())):
        names.append("attention_use")
    tables = {name: f"results/networks/{name}.csv" for name in names}
    if COMPARED:
        of_comparison = ("fit", "nearest", "leaderboard")
        tables |= {name: f"results/comparison/{name}.csv" for name in of_comparison}
    return tables


def tables_with_published(wildcards):
    """Return the tables with which published values are compared, by name."""
    files = published.files_of(DATASETS[wildcards.dataset].published)
    return {
        name: f"results/{file.format(dataset=wildcards.dataset)}"
        for name, file in files.items()
    }
