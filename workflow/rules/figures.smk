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
        conda:
            "../envs/neuro-attn.yaml"
        params:
            figure=figure,
            settings=settings_of,
            note=note_of,
            sources=sources_of(f"figures/{figure}.py"),
        # Snakemake looks up the script after the loop, when `figure` is the last one.
        script:
            "../scripts/figures/{params.figure}.py"


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
        conda:
            "../envs/neuro-attn.yaml"
        params:
            title=title,
            note=note_of,
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
    conda:
        "../envs/neuro-attn.yaml"
    params:
        settings=settings_of,
        note=note_of,
        sources=sources_of("figures/timeline.py"),
    script:
        "../scripts/figures/timeline.py"


rule draw_attention:
    input:
        lambda wildcards: [
            f"results/networks/{wildcards.network}/seed{seed}/attention.nc"
            for seed in range(CONFIGURATION.networks[wildcards.network].seeds)
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
    conda:
        "../envs/neuro-attn.yaml"
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
    conda:
        "../envs/neuro-attn.yaml"
    params:
        sources=sources_of("figures/learning.py"),
    script:
        "../scripts/figures/learning.py"


rule draw_memory_locus:
    input:
        "results/networks/memory_locus.csv",
    output:
        png=figure_of(
            "memory_locus", "memory_locus", "networks", "Where the memory lies"
        ),
        svg="results/figures/memory_locus.svg",
        words="results/figures/memory_locus.rst",
    log:
        "results/logs/figures/memory_locus.log",
    benchmark:
        "results/benchmarks/figures/memory_locus.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    params:
        sources=sources_of("figures/memory_locus.py"),
    script:
        "../scripts/figures/memory_locus.py"


rule draw_list_recall:
    input:
        "results/networks/list_recall.csv",
    output:
        png=figure_of("list_recall", "list_recall", "networks", "Recall of lists"),
        svg="results/figures/list_recall.svg",
        words="results/figures/list_recall.rst",
    log:
        "results/logs/figures/list_recall.log",
    benchmark:
        "results/benchmarks/figures/list_recall.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    params:
        sources=sources_of("figures/list_recall.py"),
    script:
        "../scripts/figures/list_recall.py"


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
    conda:
        "../envs/neuro-attn.yaml"
    params:
        confidence=CONFIDENCE,
        note=FIRST_LOOKS[COMPARED[0]] if COMPARED else "",
        sources=sources_of("figures/similarity.py"),
    script:
        "../scripts/figures/similarity.py"


rule draw_signatures:
    input:
        signatures="results/comparison/signatures.csv",
        distances="results/comparison/distances.csv",
    output:
        png=figure_of("signatures", "signatures", "comparison", "Signatures"),
        svg="results/figures/signatures.svg",
        words="results/figures/signatures.rst",
    log:
        "results/logs/figures/signatures.log",
    benchmark:
        "results/benchmarks/figures/signatures.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    params:
        brain=CONFIGURATION.comparison.dataset if CONFIGURATION.comparison else None,
        networks=NETWORK_DATASETS,
        note=FIRST_LOOKS[COMPARED[0]] if COMPARED else "",
        sources=sources_of("figures/signatures.py"),
    script:
        "../scripts/figures/signatures.py"


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
        conda:
            "../envs/neuro-attn.yaml"
        params:
            title=title,
            sources=sources_of("table.py"),
        script:
            "../scripts/table.py"
