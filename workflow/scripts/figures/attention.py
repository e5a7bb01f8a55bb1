import xarray as xr

from neuro_attn import recording
from neuro_attn.configuration import Network
from neuro_attn.figures import attention, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    seeds = [recording.load(path) for path in snakemake.input]
    weights = xr.concat(seeds, "trial", data_vars="all", coords="minimal", compat="override")
    settings = Network.model_validate_json(seeds[0].attrs["network_settings"])
    figure = attention.draw(weights, settings.timing)
    write(figure, words.attention(weights), snakemake.output)
