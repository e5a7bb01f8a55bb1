from pathlib import Path

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.inference import tables
from neuro_attn.inference.blocks import with_nulls
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = dataset_from(snakemake.params.settings).inference
    kept = []

    def regions():
        """Yield the results of each region, and keep what tables need of them."""
        for path in map(Path, snakemake.input.decodings):
            later = [each for each in snakemake.input.nulls if Path(each).parent.name == path.stem]
            decoding = with_nulls(recording.load(path), map(recording.load, later))
            kept.append(tables.without_pairs_of_times(decoding))
            yield decoding

    recording.save(cross_temporal(regions(), settings), snakemake.output.cross_temporal)
    write_csv(tables.transfer_table(kept, settings), snakemake.output.transfer)
    write_csv(tables.summary_table(kept, settings), snakemake.output.summary)
    write_csv(onset_table(kept, settings, snakemake.params.seed), snakemake.output.onsets)
    write_csv(tables.unit_count_table(kept), snakemake.output.unit_counts)
    write_csv(tables.trial_count_table(kept), snakemake.output.trial_counts)
