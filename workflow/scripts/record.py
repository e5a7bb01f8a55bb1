from neuro_attn import networks, recording
from neuro_attn.configuration import Network, dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

MEASURES = {
    "attention_ablation": networks.ablate_attention,
    "qkv_swap": networks.swap_attention,
}

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = Network.model_validate(snakemake.params.network)
    seed, outputs = snakemake.params.seed, dict(snakemake.output.items())
    datasets = {key: dataset_from(each) for key, each in snakemake.params.datasets.items()}
    for replicate, weights in enumerate(snakemake.input.weights):
        for key, dataset in datasets.items():
            model = networks.untrained(settings, seed, dataset.network, replicate)
            if dataset.trained:
                model = networks.load_weights(weights, like=model)
            activations, attention, report_error = networks.record_replicate(
                model, settings, dataset, key, f"seed{replicate}", seed
            )
            suffix = "" if dataset.trained else "_untrained"
            recording.save(activations, outputs[f"recording{suffix}"][replicate])
            names = {"network": dataset.network, "trained": dataset.trained, "seed": replicate}
            table = report_error.assign(**names)
            write_csv(table, outputs[f"report_error{suffix}"][replicate])
            if not dataset.trained:
                continue
            if "attention" in outputs:
                recording.save(attention, outputs["attention"][replicate])
            for result in MEASURES.keys() & outputs.keys():
                table = MEASURES[result](model, settings, dataset.network, replicate, seed)
                write_csv(table.assign(**names), outputs[result][replicate])
