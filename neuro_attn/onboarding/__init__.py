"""From files as they are found to a configuration that runs: inspect, init, check.

`reading` and the modules named after file formats say what stands in files, `remarks` what is
odd there, `inspection` shows both. `proposal` makes a configuration of it and of what the user
wants. `checking` says what a run of a configuration would do: `limits` what it trains on,
`judgement` what stops it, `cost` how long it takes; `rendering` prints all of it.
"""
