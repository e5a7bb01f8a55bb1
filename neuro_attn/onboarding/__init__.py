"""The commands `inspect`, `init` and `check`: from files to a configuration that runs.

`reading` finds the source of each file, which describes its contents (`sources.contents`).
`remarks` lists problems in them, and `inspection` shows both. `proposal` makes a configuration of
the contents and of the options of `init`: `conditions` proposes label and tasks, `proposed_time`
the bins. `checking` reports what a run of a configuration would do: `limits` the training data of
decoders, `judgement` the errors that stop a run, `left_out` and `silence` what is left out or
carries no information, and `cost` the time and memory. `rendering` prints the report.
"""
