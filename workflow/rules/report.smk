from neuro_attn.figures.specification import FIGURES
from neuro_attn.figures.targets import ANSWER, needs_of, result_tables
from neuro_attn.report import page_digest
from neuro_attn.results.sections import category

# One job draws all figures of a data set, of the networks, or of the comparison, and one writes all
# tables of the report. Specifications in the package determine the outputs of each job.
for group in GROUPS:
    if group.figures:

        rule:
            name:
                f"figures_{group.name}"
            input:
                **needs_of(group.figures),
            output:
                **outputs_of(group.figures),
            log:
                f"results/logs/figures/{group.name}.log",
            conda:
                "../envs/neuro-attn.yaml"
            resources:
                **fixed(minutes=10),
            params:
                figures={figure.name: figure.note for figure in group.figures},
                settings=group.settings,
                sources=sources_of(
                    "draw_figures.py",
                    *(FIGURES[figure.name].module for figure in group.figures),
                ),
            script:
                "../scripts/draw_figures.py"


TABLES_SHOWN = [table for group in GROUPS for table in group.tables]

if TABLES_SHOWN:

    rule tables:
        input:
            [file for table in TABLES_SHOWN for file in table.needs.values()],
        output:
            [file for table in TABLES_SHOWN for file in outputs_of([table]).values()],
        log:
            "results/logs/tables.log",
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **fixed(),
        params:
            tables=[table.as_page for table in TABLES_SHOWN],
            sources=sources_of("write_tables.py"),
        script:
            "../scripts/write_tables.py"


if CARDS:

    rule write_cards:
        input:
            **tables_of_cards(),
        output:
            [
                report(
                    file,
                    caption="../report/card.rst",
                    category=category("Networks"),
                    subcategory="networks",
                    labels={"result": f"Card of {name}", "kind": "card"},
                )
                for name, file in CARDS.items()
            ],
        log:
            "results/logs/write_cards.log",
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **fixed(),
        params:
            networks={
                name: network.model_dump(mode="json")
                for name, network in CONFIGURATION.networks.items()
            },
            families={
                name: network.family if name in TRAINED_HERE else ""
                for name, network in CONFIGURATION.networks.items()
            },
            sources=sources_of("write_cards.py"),
        script:
            "../scripts/write_cards.py"


rule compare_with_published:
    input:
        unpack(tables_with_published),
    output:
        "results/{dataset}/published.csv",
    log:
        "results/logs/published/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **fixed(),
    params:
        # It depends on the values alone, not on how results were computed.
        published=lambda wildcards: DATASETS[wildcards.dataset].model_dump(
            mode="json", include={"published"}
        )["published"],
        sources=sources_of("compare_with_published.py"),
    script:
        "../scripts/compare_with_published.py"


# The answer page contains every figure and table.
ENTRIES = [entry for group in GROUPS for entry in (*group.figures, *group.tables)]


rule answer:
    input:
        tables=result_tables(CONFIGURATION),
        entries=[file for entry in ENTRIES for file in entry.files.values()],
    output:
        **ANSWER,
    log:
        "results/logs/answer.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **fixed(),
    params:
        datasets={
            name: DATASETS[name].model_dump(mode="json")
            for name in CONFIGURATION.datasets
        },
        entries=[entry.as_shown for entry in ENTRIES],
        configuration=configuration.written(CONFIGURATION),
        snakefile=Path(workflow.source_path("../../Snakefile")).read_text(
            encoding="utf-8"
        ),
        author=CONFIGURATION.author or "",
        licence=CONFIGURATION.licence or "",
        page=page_digest(),
        sources=sources_of("write_answer.py"),
    script:
        "../scripts/write_answer.py"
