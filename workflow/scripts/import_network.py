from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import networks, recording, sources
from neuro_attn.configuration import ImportedNetwork, dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import write_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    params = snakemake.params
    dataset = dataset_from(params.dataset)
    # Files of a storage are read from local copies.
    copies = list(snakemake.input)
    paths = [[sources.as_copied(path, copies) for path in each] for each in params.paths]
    settings = ImportedNetwork.model_validate(params.network)
    study = Study(params.name, dataset, params.seed)
    names = {"network": dataset.network, "trained": dataset.trained}
    found = networks.import_replicates(paths, settings, study)
    for seed, (made, reports) in enumerate(found):
        reports = reports.assign(**names, seed=seed)
        if dataset.trained:
            below = {dataset.network: settings.learned_below}
            errors = networks.mean_report_errors(reports, None, below)
            made.attrs[recording.NOT_LEARNED] = networks.why_not_learned(errors)
        recording.save(made, snakemake.output.recordings[seed])
        write_csv(reports, snakemake.output.reports[seed])
