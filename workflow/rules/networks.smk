for name, network in TRAINED_HERE.items():

    # One job trains all replicates and another records them: loading JAX and compiling a network
    # take longer than recording one.
    rule:
        name:
            f"train_{name}"
        output:
            weights=replicates_of(name, network, "weights.npz"),
            log=replicates_of(name, network, "training.csv"),
        log:
            f"results/logs/train/{name}.log",
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **fixed(
                products.network_bytes(network),
                minutes=network.seeds * network.steps / 200,
            ),
        params:
            name=name,
            network=network.model_dump(mode="json"),
            seed=CONFIGURATION.seed,
            sources=sources_of("train.py", configuration.family_file(network.family)),
        script:
            "../scripts/train.py"

    rule:
        name:
            f"record_{name}"
        input:
            weights=replicates_of(name, network, "weights.npz"),
            log=replicates_of(name, network, "training.csv"),
        output:
            **recorded_of(name, network),
        log:
            f"results/logs/record/{name}.log",
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **fixed(products.network_bytes(network), minutes=5 * network.seeds),
        params:
            datasets={
                dataset: DATASETS[dataset].model_dump(
                    mode="json", exclude={"inference", *configuration.LATER_KEYS}
                )
                for dataset in datasets_of(name).values()
            },
            network=network.model_dump(mode="json"),
            seed=CONFIGURATION.seed,
            sources=sources_of("record.py", configuration.family_file(network.family)),
        script:
            "../scripts/record.py"


for name in IMPORTED:

    rule:
        name:
            f"import_{name.removeprefix('network-')}"
        input:
            sorted({file for part in PARTS[name] for file in part.files}),
        output:
            recordings=files_of(name, SESSIONS[name]),
            reports=[
                reports_of_imported(name, number) for number in range(len(PARTS[name]))
            ],
        log:
            f"results/logs/import/{name}.log",
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **by_input(),
        params:
            name=name,
            network=CONFIGURATION.networks[DATASETS[name].network].model_dump(
                mode="json"
            ),
            dataset=DATASETS[name].model_dump(
                mode="json", exclude={"inference", *configuration.LATER_KEYS}
            ),
            paths=[part.paths for part in PARTS[name]],
            seed=CONFIGURATION.seed,
            sources=sources_of("import_network.py"),
        script:
            "../scripts/import_network.py"


rule collect_networks:
    input:
        **{
            table.name: files
            for table in OF_SOME_NETWORKS
            if (
                files := [
                    f"results/networks/{name}/seed{seed}/{table.name}.csv"
                    for name, network in TRAINED_HERE.items()
                    if table.applies(network)
                    for seed in range(network.seeds)
                ]
            )
        },
        logs=[
            f"results/networks/{name}/seed{seed}/training.csv"
            for name, network in TRAINED_HERE.items()
            for seed in range(network.seeds)
        ],
        probe=[
            f"results/networks/{name}/seed{seed}/probe.csv"
            for name, network in TRAINED_HERE.items()
            for seed in range(network.seeds)
        ],
        errors=[
            f"results/networks/{name}/seed{seed}/report_error{suffix}.csv"
            for name, network in TRAINED_HERE.items()
            for seed in range(network.seeds)
            for suffix in ("", "_untrained")
        ]
        + [
            reports_of_imported(name, number)
            for name in IMPORTED
            for number in range(len(PARTS[name]))
        ],
    output:
        **{
            table.name: f"results/networks/{table.name}.csv"
            for table in OF_SOME_NETWORKS
            if any(map(table.applies, CONFIGURATION.networks.values()))
        },
        **(
            {
                "training": "results/networks/training.csv",
                "probe": "results/networks/probe.csv",
            }
            if TRAINED_HERE
            else {}
        ),
        report_error="results/networks/report_error.csv",
    log:
        "results/logs/collect_networks.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **fixed(),
    params:
        learned_below={
            name: network.learned_below
            for name, network in CONFIGURATION.networks.items()
        },
        sources=sources_of("collect_networks.py"),
    script:
        "../scripts/collect_networks.py"


for skill, settings in CONFIGURATION.skills().items():
    tables = [table.name for table in TABLES.values() if table.skill == skill]

    rule:
        name:
            f"learn_{skill}"
        output:
            **{
                table: f"results/networks/{skill}/{{family}}/seed{{seed}}/{table}.csv"
                for table in tables
            },
        log:
            f"results/logs/learn_{skill}/{{family}}/seed{{seed}}.log",
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **fixed(products.skill_bytes(settings), minutes=settings.steps / 200),
        params:
            # The path of a script is formatted when its job runs, after the end of this loop.
            skill=skill,
            settings=settings.model_dump(mode="json", exclude={"families", "seeds"}),
            seed=CONFIGURATION.seed,
            sources=sources_of(f"{skill}.py"),
        script:
            "../scripts/{params.skill}.py"

    rule:
        name:
            f"collect_{skill}"
        input:
            **{
                table: [
                    f"results/networks/{skill}/{family}/seed{seed}/{table}.csv"
                    for family in settings.families
                    for seed in range(settings.seeds)
                ]
                for table in tables
            },
        output:
            **{table: f"results/networks/{table}.csv" for table in tables},
        log:
            f"results/logs/collect_{skill}.log",
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **fixed(),
        params:
            sources=sources_of("collect_skill.py"),
        script:
            "../scripts/collect_skill.py"
