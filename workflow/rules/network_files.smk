# Files of networks.

from neuro_attn import configuration
from neuro_attn.results import TABLES

# Tables that exist only for some networks, and are measured when these are recorded.
OF_SOME_NETWORKS = [
    table
    for table in TABLES.values()
    if table.subject == "network" and table.when not in ("", "family")
]


def replicates_of(name, network, file):
    """Return a file of every replicate of a network."""
    return [
        f"results/networks/{name}/seed{seed}/{file}" for seed in range(network.seeds)
    ]


def datasets_of(network):
    """Return the data sets of a trained and of an untrained network, by the suffix of its files."""
    return {
        "": configuration.network_dataset(network, trained=True),
        "_untrained": configuration.network_dataset(network, trained=False),
    }


def reports_of_imported(name, number):
    """Return the table of the reports of a replicate of an imported network."""
    network, trained = NETWORK_DATASETS[name]
    suffix = "" if trained else "_untrained"
    return f"results/networks/{network}/seed{number}/report_error{suffix}.csv"


def recorded_of(name, network):
    """Return the outputs of recording all replicates of a network, one list for each kind."""
    kinds = {}
    for suffix, dataset in datasets_of(name).items():
        kinds[f"recording{suffix}"] = [
            f"results/{dataset}/recordings/seed{seed}.nc"
            for seed in range(network.seeds)
        ]
        kinds[f"report_error{suffix}"] = replicates_of(
            name, network, f"report_error{suffix}.csv"
        )
    kinds["probe"] = replicates_of(name, network, "probe.csv")
    if network.attended:
        kinds["attention"] = replicates_of(name, network, "attention.nc")
    for table in OF_SOME_NETWORKS:
        if table.applies(network):
            kinds[table.name] = replicates_of(name, network, f"{table.name}.csv")
    return kinds
