"""Simulated recordings with planted truth."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from neuro_attn.configuration.sources.simulation import SimulationDataset
from neuro_attn.sources.specification import Request, Source, Unread, already


class SimulationSource(Source[SimulationDataset]):
    """The simulation, which reads no files."""

    settings = SimulationDataset
    called = "simulation"
    reads_files = False

    def reading(self, where: object) -> AbstractContextManager[None]:
        """Return no guard: an exception is no fault of a file."""
        return nullcontext()

    def recognises(self, path: str) -> bool:
        """Return False: no file is a simulation."""
        return False

    def given(self, dataset: SimulationDataset) -> list[str]:
        """Return no paths."""
        return []

    def paths(self, name: str, dataset: SimulationDataset, data_folder: str | Path) -> list[str]:
        """Return no paths."""
        return []

    def parts(
        self, paths: Sequence[str], dataset: SimulationDataset
    ) -> list[tuple[list[str], list[str]]]:
        """Return the simulated sessions, which no path contains."""
        return [([], dataset.simulation.session_names)]

    def sessions(
        self, paths: Sequence[str], request: Request[SimulationDataset]
    ) -> Iterator[Unread]:
        """Yield the simulated sessions; their outlines have no spikes."""
        from neuro_attn.sources.simulation.generation import outlines, simulate

        settings = request.dataset.simulation
        name = settings.stream or request.name
        drawn = (
            outlines(settings, name, request.seed)
            if request.outlined
            else simulate(settings, name, request.seed)[0]
        )
        for session in drawn:
            if request.dataset.sessions.take(session.session):
                yield Unread(session.origin, already(session))


SOURCE = SimulationSource()
