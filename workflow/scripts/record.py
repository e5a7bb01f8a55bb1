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
    dataset = dataset_from(snakemake.params.settings)
    seed, outputs = snakemake.params.seed, dict(snakemake.output.items())
    for replicate in range(settings.seeds):
        model = networks.untrained(settings, seed, dataset.network, replicate)
        if dataset.trained:
            model = networks.load_weights(snakemake.input.weights[replicate], like=model)
        activations, attention, report_error = networks.record(
            model, settings, dataset, snakemake.params.dataset, f"seed{replicate}", seed
        )
        recording.save(activations, outputs["recording"][replicate])
        names = {"network": dataset.network, "trained": dataset.trained, "seed": replicate}
        write_csv(report_error.assign(**names), outputs["report_error"][replicate])
        if "attention" in outputs:
            recording.save(attention, outputs["attention"][replicate])
        for result in MEASURES.keys() & outputs.keys():
            table = MEASURES[result](model, settings, dataset.network, replicate, seed)
            write_csv(table.assign(**names), outputs[result][replicate])
