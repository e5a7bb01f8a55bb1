from neuro_attn.handover import hand_over

hand_over()

import pandas as pd

from neuro_attn import networks, recording
from neuro_attn.configuration import Network, dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import columns_of, read_csv, write_csv

MEASURES = {
    "attention_ablation": networks.ablate_attention,
    "attention_use": networks.use_of_attention,
    "lesions": networks.measure_lesions,
    "qkv_swap": networks.swap_attention,
}

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = Network.model_validate(snakemake.params.network)
    seed, outputs = snakemake.params.seed, dict(snakemake.output.items())
    datasets = {key: dataset_from(each) for key, each in snakemake.params.datasets.items()}
    models, reasons, attentions, uses = [], [], [], {}
    for replicate, weights in enumerate(snakemake.input.weights):
        log = read_csv(snakemake.input.log[replicate])
        # The trained network comes first; its outcome applies to both.
        for key, dataset in datasets.items():
            model = networks.untrained(settings, seed, dataset.network, replicate)
            if dataset.trained:
                model = networks.load_weights(weights, like=model)
            session = f"seed{replicate}"
            # Untrained networks cannot err like animals; with the noise of a trained one, their d'
            # would be below that of regions, and they would be no floor.
            noise = settings.state_noise
            if dataset.trained and settings.is_noisy:
                behaved = networks.behaviour(model, settings, dataset.network, session, seed)
                noise = behaved.state_noise
            activations, attention, report_error = networks.record_replicate(
                model, settings, dataset, key, session, seed, noise
            )
            names = {"network": dataset.network, "trained": dataset.trained, "seed": replicate}
            table = report_error.assign(**names)
            if dataset.trained:
                models.append(model)
                below = {dataset.network: settings.learned_below}
                errors = networks.mean_report_errors(table, log, below)
                reasons.append(networks.why_not_learned(errors))
                if settings.is_noisy:
                    behaviour = networks.as_table(behaved, activations)
                    behaviour = behaviour.assign(network=dataset.network, seed=replicate)
                    write_csv(behaviour, outputs["behaviour"][replicate])
                probed = networks.probe_reports(model, settings, dataset, session, seed)
                asked = networks.as_attribute(probed, settings)
                probed = probed.assign(network=dataset.network, seed=replicate)
                write_csv(probed, outputs["probe"][replicate])
            outcome = {recording.NOT_LEARNED: reasons[replicate], **asked}
            suffix = "" if dataset.trained else "_untrained"
            recording.save(
                activations.assign_attrs(outcome), outputs[f"recording{suffix}"][replicate]
            )
            write_csv(table, outputs[f"report_error{suffix}"][replicate])
            if dataset.trained and "attention" in outputs:
                attentions.append(attention.assign_attrs(outcome))
    # Networks that have not learned are not measured, unless none has learned.
    for result in MEASURES.keys() & outputs.keys():
        for number, (model, reason) in enumerate(zip(models, reasons, strict=True)):
            table = pd.DataFrame(columns=columns_of(result))
            if not reason or all(reasons):
                names = {"network": dataset.network, "trained": True, "seed": number}
                replicate = networks.Replicate(model, settings, dataset.network, number, seed)
                table = MEASURES[result](replicate).assign(**names)
            write_csv(table, outputs[result][number])
            if result == "attention_use":
                uses[number] = networks.use_as_attribute(table)
    for replicate, attention in enumerate(attentions):
        attention = attention.assign_attrs(uses.get(replicate, {}))
        recording.save(attention, outputs["attention"][replicate])
