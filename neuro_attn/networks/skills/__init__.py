"""Skills: what networks can learn besides the trials of the working-memory experiment.

A skill has a module here, settings in `neuro_attn.configuration.skills`, tables in
`neuro_attn.results.skill_tables`, and a script in ``workflow/scripts`` of the same name.
"""
