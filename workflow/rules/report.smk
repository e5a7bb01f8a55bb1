# One job draws all figures of a data set, and one writes all its tables. The same applies to
# networks and to the comparison. Specifications in the package determine the outputs of each job.
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
            benchmark:
                f"results/benchmarks/figures/{group.name}.tsv"
            conda:
                "../envs/neuro-attn.yaml"
            params:
                figures={figure.name: figure.note for figure in group.figures},
                settings=group.settings,
                sources=sources_of(
                    "draw_figures.py",
                    *(FIGURES[figure.name].module for figure in group.figures),
                ),
            script:
                "../scripts/draw_figures.py"

    if group.tables:

        rule:
            name:
                f"tables_{group.name}"
            input:
                **needs_of(group.tables),
            output:
                **outputs_of(group.tables),
            log:
                f"results/logs/tables/{group.name}.log",
            benchmark:
                f"results/benchmarks/tables/{group.name}.tsv"
            conda:
                "../envs/neuro-attn.yaml"
            params:
                tables={table.name: table.note for table in group.tables},
                sources=sources_of("write_tables.py"),
            script:
                "../scripts/write_tables.py"
