from neuro_attn import networks, recording
from neuro_attn.configuration import Network, dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = Network.model_validate(snakemake.params.network)
    dataset = dataset_from(snakemake.params.settings)
    seed, replicate = snakemake.params.seed, snakemake.wildcards.seed
    model = networks.untrained(settings, seed, dataset.network, int(replicate))
    if dataset.trained:
        model = networks.load_weights(snakemake.input.weights, like=model)
    activations, attention, report_error = networks.record(
        model, settings, dataset, snakemake.params.dataset, f"seed{replicate}", seed
    )
    recording.save(activations, snakemake.output.recording)
    names = {"network": dataset.network, "trained": dataset.trained, "seed": int(replicate)}
    write_csv(report_error.assign(**names), snakemake.output.report_error)
    if "attention" in snakemake.output.keys():
        recording.save(attention, snakemake.output.attention)
    for result, measure in (
        ("attention_ablation", networks.ablate_attention),
        ("qkv_swap", networks.swap_attention),
    ):
        if result in snakemake.output.keys():
            table = measure(model, settings, dataset.network, int(replicate), seed)
            write_csv(table.assign(**names), snakemake.output[result])
