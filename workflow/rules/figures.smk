def figure_of(name, caption, category, title):
    return report(
        f"results/figures/{name}.png",
        caption=f"../report/{caption}.rst",
        category=category,
        labels={"result": title, "kind": "figure"},
    )


def table_of(name, caption, category, title):
    return report(
        f"results/tables/{name}.html",
        caption=f"../report/{caption}.rst",
        category=category,
        labels={"result": title, "kind": "table"},
    )


# Figures of a data set: what each is drawn from, and its title in the report.
DATASET_FIGURES = {
    "decoding_over_time": (["transfer.csv", "onsets.csv"], "Decoding over time"),
    "transfer_matrix": (["summary.csv"], "Transfer between tasks"),
    "onsets": (["onsets.csv"], "Onsets"),
    "cross_temporal": (["cross_temporal.nc"], "Cross-temporal decoding"),
    "unit_counts": (["unit_counts.csv"], "Accuracy against units"),
    "geometry": (["geometry.csv"], "Geometry"),
}
for figure, (files, title) in DATASET_FIGURES.items():

    rule:
        name:
            f"draw_{figure}"
        input:
            [f"results/{{dataset}}/{file}" for file in files],
        output:
            png=figure_of(f"{figure}-{{dataset}}", figure, "{dataset}", title),
            svg=f"results/figures/{figure}-{{dataset}}.svg",
            words=f"results/figures/{figure}-{{dataset}}.rst",
        log:
            f"results/logs/figures/{figure}-{{dataset}}.log",
        benchmark:
            f"results/benchmarks/figures/{figure}-{{dataset}}.tsv"
        params:
            figure=figure,
            settings=settings_of,
            sources=sources_of(f"figures/{figure}.py"),
        # Snakemake looks up the script after the loop, when `figure` is the last one.
        script:
            "../scripts/figures/{params.figure}.py"


# Readable twins of the tables of a data set, and what they are called in the report.
DATASET_TABLES = {
    "summary": "Accuracy in the windows",
    "onsets": "Onsets and their differences",
    "geometry": "Geometry",
    "regions": "Populations",
}
for table, title in DATASET_TABLES.items():

    rule:
        name:
            f"table_{table}"
        input:
            f"results/{{dataset}}/{table}.csv",
        output:
            table_of(f"{table}-{{dataset}}", f"table_{table}", "{dataset}", title),
        log:
            f"results/logs/tables/{table}-{{dataset}}.log",
        benchmark:
            f"results/benchmarks/tables/{table}-{{dataset}}.tsv"
        params:
            title=title,
            sources=sources_of("table.py"),
        script:
            "../scripts/table.py"


rule draw_timeline:
    output:
        png=figure_of("timeline-{dataset}", "timeline", "{dataset}", "Trial timeline"),
        svg="results/figures/timeline-{dataset}.svg",
    log:
        "results/logs/figures/timeline-{dataset}.log",
    benchmark:
        "results/benchmarks/figures/timeline-{dataset}.tsv"
    params:
        settings=settings_of,
        sources=sources_of("figures/timeline.py"),
    script:
        "../scripts/figures/timeline.py"


rule draw_attention:
    input:
        [
            f"results/networks/{{network}}/seed{seed}/attention.nc"
            for seed in range(
                max([n.seeds for n in CONFIGURATION.networks.values()], default=0)
            )
        ],
    output:
        png=figure_of(
            "attention-{network}", "attention", "networks", "Attention of {network}"
        ),
        svg="results/figures/attention-{network}.svg",
        words="results/figures/attention-{network}.rst",
    log:
        "results/logs/figures/attention-{network}.log",
    benchmark:
        "results/benchmarks/figures/attention-{network}.tsv"
    params:
        sources=sources_of("figures/attention.py"),
    script:
        "../scripts/figures/attention.py"


rule draw_learning:
    input:
        training="results/networks/training.csv",
        report_error="results/networks/report_error.csv",
    output:
        png=figure_of("learning", "learning", "networks", "Learning curves"),
        svg="results/figures/learning.svg",
        words="results/figures/learning.rst",
    log:
        "results/logs/figures/learning.log",
    benchmark:
        "results/benchmarks/figures/learning.tsv"
    params:
        sources=sources_of("figures/learning.py"),
    script:
        "../scripts/figures/learning.py"


rule draw_similarity:
    input:
        distances="results/comparison/distances.csv",
        nearest="results/comparison/nearest.csv",
    output:
        png=figure_of(
            "similarity", "similarity", "comparison", "Networks against regions"
        ),
        svg="results/figures/similarity.svg",
        words="results/figures/similarity.rst",
    log:
        "results/logs/figures/similarity.log",
    benchmark:
        "results/benchmarks/figures/similarity.tsv"
    params:
        sources=sources_of("figures/similarity.py"),
    script:
        "../scripts/figures/similarity.py"


# Tables that are not of one data set: where they come from, category and title.
OTHER_TABLES = {
    "report_error": ("networks/report_error", "networks", "Report errors"),
    "distances": ("comparison/distances", "comparison", "Distances"),
    "nearest": ("comparison/nearest", "comparison", "Nearest regions"),
}
for table, (place, category, title) in OTHER_TABLES.items():

    rule:
        name:
            f"table_{table}"
        input:
            f"results/{place}.csv",
        output:
            table_of(table, f"table_{table}", category, title),
        log:
            f"results/logs/tables/{table}.log",
        benchmark:
            f"results/benchmarks/tables/{table}.tsv"
        params:
            title=title,
            sources=sources_of("table.py"),
        script:
            "../scripts/table.py"


def figures_and_tables(wildcards):
    wanted = [
        f"results/figures/{figure}-{name}.{suffix}"
        for name in DATASETS
        for figure in DATASET_FIGURES
        for suffix in ("png", "svg")
    ]
    wanted += [
        f"results/tables/{table}-{name}.html"
        for name in DATASETS
        for table in DATASET_TABLES
    ]
    wanted += [
        f"results/figures/timeline-{name}.png"
        for name, dataset in CONFIGURATION.datasets.items()
        if dataset.source == "simulation"
    ]
    wanted += [
        f"results/figures/attention-{name}.png"
        for name, network in CONFIGURATION.networks.items()
        if network.family in configuration.FAMILIES_WITH_ATTENTION
    ]
    if CONFIGURATION.networks:
        wanted += ["results/figures/learning.png", "results/tables/report_error.html"]
    if CONFIGURATION.comparison:
        wanted += ["results/figures/similarity.png"]
        wanted += ["results/tables/distances.html", "results/tables/nearest.html"]
    return wanted
