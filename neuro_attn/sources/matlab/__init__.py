"""Arrays of binned activity in MATLAB files, whose axes the configuration names."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from neuro_attn.configuration.sources.matlab import MatlabDataset
from neuro_attn.sources.options import InitOptions
from neuro_attn.sources.specification import Request, Source, already

if TYPE_CHECKING:
    import xarray as xr

    from neuro_attn.recording import SpikeSession
    from neuro_attn.sources.contents import Contents, SessionContents


class MatlabSource(Source[MatlabDataset]):
    """Arrays in .mat files that are not of the Neural Decoding Toolbox."""

    settings = MatlabDataset
    called = "file of MATLAB arrays"
    suffixes = (".mat",)
    is_general = True
    several_sessions = True
    keeps_rates = True
    names_units = False

    def names_in(self, path: str, dataset: MatlabDataset) -> list[str]:
        """Return a session for each array, or for each unit if units were recorded separately."""
        from neuro_attn.sources.matlab import reading

        with self.reading(path):
            return reading.session_names(path, dataset)

    def read_several(
        self, path: str, request: Request[MatlabDataset]
    ) -> "Iterable[Callable[[], SpikeSession | xr.Dataset]]":
        """Return functions that return the sessions in a file."""
        from neuro_attn.sources.matlab import reading

        return map(already, reading.read(path, request.name, request.dataset))

    def describe(self, path: str, options: InitOptions) -> list["SessionContents"]:
        """Return the arrays of a file, and advice on the keys that would read them."""
        from neuro_attn.sources.matlab import contents

        return [contents.read(path)]

    def check_for_init(self, contents: "Contents") -> None:
        """Raise `InputError`: a configuration must name the axes, and files do not."""
        from neuro_attn.sources.matlab.contents import no_configuration

        raise no_configuration(contents)


SOURCE = MatlabSource()
