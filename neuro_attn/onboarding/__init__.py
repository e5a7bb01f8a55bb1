"""From files as they are found to a configuration that runs: inspect, init, check.

`reading` and the modules named after file formats return the contents of files, `remarks` what is
odd in them, and `inspection` shows both. `proposal` makes a configuration of the contents and of
the options (`wishes`): `conditions` proposes label and tasks, `proposed_time` the bins. `checking`
reports what a run of a configuration would do: `limits` what decoders train on, `judgement` what
stops the run, `left_out` and `silence` what takes no part or carries no information, and `cost` how
long it takes. `rendering` prints the report.
"""
