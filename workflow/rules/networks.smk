# Attention to the items can be blocked where it is to steps; without attention nothing is lost.
LOCATED = [
    name
    for name, network in CONFIGURATION.networks.items()
    if configuration.ATTENDED.get(network.family, "step") == "step"
]
# Parts of attention can be swapped where there is attention to steps.
SWAPPED = [
    name
    for name, network in CONFIGURATION.networks.items()
    if configuration.ATTENDED.get(network.family) == "step"
]


for name, network in CONFIGURATION.networks.items():

    rule:
        name:
            f"train_{name}"
        output:
            weights=f"results/networks/{name}/seed{{seed}}/weights.npz",
            log=f"results/networks/{name}/seed{{seed}}/training.csv",
        log:
            f"results/logs/train/{name}/seed{{seed}}.log",
        benchmark:
            f"results/benchmarks/train/{name}/seed{{seed}}.tsv"
        conda:
            "../envs/neuro-attn.yaml"
        params:
            name=name,
            network=network.model_dump(mode="json"),
            seed=CONFIGURATION.seed,
            sources=[sources_of("train.py"), sources_of_family(network.family)],
        script:
            "../scripts/train.py"

    rule:
        name:
            f"record_{name}"
        input:
            weights=f"results/networks/{name}/seed{{seed}}/weights.npz",
        output:
            **(
                {"attention": f"results/networks/{name}/seed{{seed}}/attention.nc"}
                if network.family in configuration.FAMILIES_WITH_ATTENTION
                else {}
            ),
            **(
                {
                    "memory_locus": f"results/networks/{name}/seed{{seed}}/memory_locus.csv"
                }
                if name in LOCATED
                else {}
            ),
            **(
                {"gates": f"results/networks/{name}/seed{{seed}}/gates.csv"}
                if name in SWAPPED
                else {}
            ),
            recording=f"results/{configuration.network_dataset(name)}/recordings/seed{{seed}}.nc",
            report_error=f"results/networks/{name}/seed{{seed}}/report_error.csv",
        log:
            f"results/logs/record/{name}/seed{{seed}}.log",
        benchmark:
            f"results/benchmarks/record/{name}/seed{{seed}}.tsv"
        conda:
            "../envs/neuro-attn.yaml"
        params:
            dataset=configuration.network_dataset(name),
            settings=DATASETS[configuration.network_dataset(name)].model_dump(
                mode="json", exclude={"inference", "confounds"}
            ),
            network=network.model_dump(mode="json"),
            seed=CONFIGURATION.seed,
            sources=[sources_of("record.py"), sources_of_family(network.family)],
        script:
            "../scripts/record.py"

    rule:
        name:
            f"untrained_{name}"
        output:
            recording=f"results/{configuration.network_dataset(name, False)}/recordings/seed{{seed}}.nc",
            report_error=f"results/networks/{name}/seed{{seed}}/report_error_untrained.csv",
        log:
            f"results/logs/record_untrained/{name}/seed{{seed}}.log",
        benchmark:
            f"results/benchmarks/record_untrained/{name}/seed{{seed}}.tsv"
        conda:
            "../envs/neuro-attn.yaml"
        params:
            dataset=configuration.network_dataset(name, False),
            settings=DATASETS[configuration.network_dataset(name, False)].model_dump(
                mode="json", exclude={"inference", "confounds"}
            ),
            network=network.model_dump(mode="json"),
            seed=CONFIGURATION.seed,
            sources=[sources_of("record.py"), sources_of_family(network.family)],
        script:
            "../scripts/record.py"


rule collect_networks:
    input:
        logs=[
            f"results/networks/{name}/seed{seed}/training.csv"
            for name, network in CONFIGURATION.networks.items()
            for seed in range(network.seeds)
        ],
        errors=[
            f"results/networks/{name}/seed{seed}/report_error{suffix}.csv"
            for name, network in CONFIGURATION.networks.items()
            for seed in range(network.seeds)
            for suffix in ("", "_untrained")
        ],
        located=[
            f"results/networks/{name}/seed{seed}/memory_locus.csv"
            for name in LOCATED
            for seed in range(CONFIGURATION.networks[name].seeds)
        ],
        gates=[
            f"results/networks/{name}/seed{seed}/gates.csv"
            for name in SWAPPED
            for seed in range(CONFIGURATION.networks[name].seeds)
        ],
    output:
        **({"located": "results/networks/memory_locus.csv"} if LOCATED else {}),
        **({"gates": "results/networks/gates.csv"} if SWAPPED else {}),
        training="results/networks/training.csv",
        report_error="results/networks/report_error.csv",
    log:
        "results/logs/collect_networks.log",
    benchmark:
        "results/benchmarks/collect_networks.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    params:
        sources=sources_of("collect_networks.py"),
    script:
        "../scripts/collect_networks.py"


rule recall_lists:
    output:
        table="results/networks/list_recall/{family}/seed{seed}.csv",
    log:
        "results/logs/recall_lists/{family}/seed{seed}.log",
    benchmark:
        "results/benchmarks/recall_lists/{family}/seed{seed}.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    params:
        settings=CONFIGURATION.list_recall.model_dump(
            mode="json", exclude={"families", "seeds"}
        ),
        seed=CONFIGURATION.seed,
        sources=sources_of("recall_lists.py"),
    script:
        "../scripts/recall_lists.py"


rule collect_list_recall:
    input:
        [
            f"results/networks/list_recall/{family}/seed{seed}.csv"
            for family in CONFIGURATION.list_recall.families
            for seed in range(CONFIGURATION.list_recall.seeds)
        ],
    output:
        table="results/networks/list_recall.csv",
    log:
        "results/logs/collect_list_recall.log",
    benchmark:
        "results/benchmarks/collect_list_recall.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    params:
        sources=sources_of("collect_list_recall.py"),
    script:
        "../scripts/collect_list_recall.py"
