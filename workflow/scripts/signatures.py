from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import comparison, recording
from neuro_attn.configuration import dataset_from
from neuro_attn.files import from_filename
from neuro_attn.jobs import job
from neuro_attn.results import read_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    name = snakemake.wildcards.dataset
    settings = {key: dataset_from(each) for key, each in snakemake.params.settings.items()}
    tables = dict(zip(settings, map(read_csv, snakemake.input.regions), strict=True))
    sizes = comparison.equal_sizes(settings, tables)
    recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
    regions = list(tables[name]["region"].unique())
    if "region" in snakemake.wildcards.keys():
        regions = [from_filename(snakemake.wildcards.region)]
    study = Study(name, settings[name], snakemake.params.seed)
    absent = []
    if "brain" in snakemake.input.keys():
        wholes = [recording.load(path) for path in snakemake.input.brain]
        brain = [one for whole in wholes for one in comparison.apart(whole)]
        usable = comparison.usable(recordings, study, regions)
        absent = usable.absent
        found = comparison.of_populations(
            recordings,
            study,
            populations=usable.windows,
            sizes=sizes,
            brain=brain,
            confidence=snakemake.params.confidence,
        )
    else:
        found = comparison.of_regions(recordings, study, regions=regions, sizes=sizes)
    recording.save(comparison.together(found, absent), snakemake.output[0])
