from neuro_attn.handover import hand_over

hand_over()

import sys

from neuro_attn import budget, decoding, recording, sources
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.onboarding import cost, limits
from neuro_attn.results import write_csv
from neuro_attn.study import Study

memory = snakemake.config.get("memory")
with (
    job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output),
    budget.limited(memory),
):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    outlines = [recording.outline(path) for path in snakemake.input.recordings]
    found, unreadable = sources.kept(outlines, study)
    sessions = decoding.sessions_table(found)
    unlearned = recording.unlearned(found)
    found = [each for each in found if each.attrs["session"] not in unlearned]
    left_out = decoding.left_out_table(found, dataset, unreadable=unreadable, unlearned=unlearned)
    for each in left_out.itertuples():
        print(f"session {each.session} is left out: {each.reason}", file=sys.stderr)
    # Neither counts nor the table depend on the times.
    table = decoding.regions_table(*limits.without_time(found, study))
    # Check the memory of all subsequent jobs before the first of them starts.
    # Their number of permutations is no parameter of this job, whose tables do not depend on it.
    permutations = snakemake.config["permutations"][study.name]
    estimate = cost.cost_of(found, study.with_permutations(permutations), table)
    cost.check_memory(estimate, study.name)
    units = decoding.session_units(found, dataset, table["region"].unique())
    write_csv(cost.needs_table(estimate), snakemake.output.costs)
    write_csv(table, snakemake.output.table)
    write_csv(sessions, snakemake.output.sessions)
    write_csv(units, snakemake.output.session_units)
    write_csv(left_out, snakemake.output.left_out)
    # All jobs that decode follow this one.
    decoding.compile_decoder(dataset.decoding)
