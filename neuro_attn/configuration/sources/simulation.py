"""Settings of simulated recordings."""

from typing import ClassVar, Literal

from neuro_attn.configuration.experiment import Simulation
from neuro_attn.configuration.recorded import RecordedDataset


class SimulationDataset(RecordedDataset):
    """Simulated recordings with planted truth."""

    TITLE: ClassVar = "simulation"

    source: Literal["simulation"]
    """Format of the recordings."""
    simulation: Simulation = Simulation()
    """The generative model."""
