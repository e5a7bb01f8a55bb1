"""Specification of a source of recordings: a format of files, or the simulation.

A source has a class of settings in ``configuration/sources/`` and, in a module or package of the
same name in this folder, a subclass of `Source` with an instance called ``SOURCE``. Runs,
`inspect`, `init` and `check` use a source through that object alone, so they cannot disagree. Its
attributes and methods state what differs between sources.

The workflow is parsed in every job and imports the objects of all sources. Their modules therefore
import numpy, pandas and readers of files only inside methods.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from neuro_attn import printing
from neuro_attn.configuration import RecordedDataset
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.sources.checks import session_of
from neuro_attn.sources.options import Ask, InitOptions
from neuro_attn.sources.paths import matching

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from neuro_attn.recording import SpikeSession
    from neuro_attn.sources.contents import Contents, SessionContents

Settings = TypeVar("Settings", bound=RecordedDataset)


@dataclass(frozen=True)
class Request(Generic[Settings]):
    """What is to be read.

    Parameters
    ----------
    name : str
        Name of the data set in the configuration.
    dataset : settings of a data set
        Its source, tasks, label, time and regions.
    data_folder : str or Path
        Folder to which its files are relative.
    seed : int
        Seed of the run.
    outlined : bool
        Whether only trials, units and counts of spikes are needed, as for `check`. Digests of files
        are then left out.
    why : str
        Shown with the progress.
    """

    name: str
    dataset: Settings
    data_folder: str | Path
    seed: int
    outlined: bool = False
    why: str = "reading"


class Unread(NamedTuple):
    """A session that can be read."""

    where: str
    """Its file or folder, named in errors."""
    read: Callable[[], "SpikeSession | xr.Dataset"]
    """Returns spikes, or a Recording if the file contains rates that are already aligned."""


def already(session: "SpikeSession | xr.Dataset") -> Callable[[], "SpikeSession | xr.Dataset"]:
    """Return a function that returns a session that has been read."""
    return lambda: session


class Source(Generic[Settings]):
    """A source of recordings. Subclasses set `settings` and `called` and override what differs."""

    settings: type[Settings]
    """Class of its settings."""
    called: str
    """Name of its file or folder in messages; completes "is not a readable"."""
    suffixes: tuple[str, ...] = ()
    """Suffixes of its files, in lower case."""
    folders: str = ""
    """Kind of folders that it reads, such as "NWB in Zarr"; empty if it reads files only."""
    is_folder = False
    """Whether each session is a folder."""
    is_general = False
    """Whether it reads any file of its suffixes, or any folder, that no other source recognises."""
    several_sessions = False
    """Whether a file can contain several sessions."""
    reads_files = True
    """Whether it reads files at all."""
    jobs = 0
    """Number of jobs among which sessions are divided, if each has few data; 0: one a session."""

    keeps_rates = False
    """Whether its files contain rates that are already aligned, so tasks have no `align`."""
    event = ""
    """The only event to which its trials can be aligned; empty if a trial column names it."""
    needs_region = True
    """Whether a configuration must state regions: in the column `regions.column` or as `region`."""
    region_column = ""
    """The column that always contains the regions, if there is one."""
    names_units = True
    """Whether its files state what are units and trials. Otherwise, `inspect` shows advice only."""
    units_key = "units"
    """The key whose expression selects units."""
    comments: Mapping[str, str] = {}
    """Comments that `init` writes above its own keys."""

    # --- files -----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Value of the key `source`."""
        return self.settings.__module__.rpartition(".")[2]

    def recognises(self, path: str) -> bool:
        """Return whether a file or folder is of this source."""
        return Path(path).suffix.lower() in self.suffixes and not Path(path).is_dir()

    def refuse(self, path: str) -> None:
        """Raise `InputError` if no source recognises a path and this one has a remedy."""

    def reading(self, where: object) -> AbstractContextManager[None]:
        """Return the guard around everything that reads one of its files or folders."""
        return guarded(where, self.called)

    def given(self, dataset: Settings) -> list[str]:
        """Return the paths and patterns in a configuration that are relative to `data_folder`."""
        # Sources whose settings have no such key override this.
        files = dataset.files  # type: ignore[attr-defined]
        return [files] if isinstance(files, str) else list(files)

    def paths(self, name: str, dataset: Settings, data_folder: str | Path) -> list[str]:
        """Return the file or folder of each session, or all files of a data set, sorted.

        Raises
        ------
        InputError
            If a pattern matches nothing, or two files would be sessions of the same name.
        """
        key = f"datasets.{name}.files"
        return matching(self.given(dataset), data_folder, key, folders=self.is_folder)

    def input_files(self, path: str, dataset: Settings) -> list[str]:
        """Return the files that are read of one of the `paths`."""
        return [path]

    def names_in(self, path: str, dataset: Settings) -> list[str]:
        """Return the names of the sessions in one of the `paths`."""
        return [session_of(path)]

    def parts(self, paths: Sequence[str], dataset: Settings) -> list[tuple[list[str], list[str]]]:
        """Return paths that are read together, each with the names of the sessions in them."""
        return [([path], self.names_in(path, dataset)) for path in paths]

    # --- recordings ------------------------------------------------------------------------------

    def read(self, path: str, request: Request[Settings]) -> "SpikeSession | xr.Dataset":
        """Read the session in a file or folder."""
        raise NotImplementedError

    def read_several(
        self, path: str, request: Request[Settings]
    ) -> Iterable[Callable[[], "SpikeSession | xr.Dataset"]]:
        """Return functions that return the sessions in a file, in the order of `names_in`."""
        return [partial(self.read, path, request)]

    def sessions(self, paths: Sequence[str], request: Request[Settings]) -> Iterator[Unread]:
        """Yield the sessions of all paths, so that one that cannot be read leaves the others."""
        what = f"{request.why} {request.name}"
        for path in printing.bar(paths, desc=what, unit="file", leave=False):
            try:
                with self.reading(path):
                    found = list(self.read_several(path, request))
            except InputError as error:
                yield Unread(path, partial(_fail, error))
                continue
            yield from (Unread(path, each) for each in found)

    # --- inspect and init ------------------------------------------------------------------------

    def describe(self, path: str, options: InitOptions) -> list["SessionContents"]:
        """Return the contents of the sessions in a file or folder."""
        raise NotImplementedError

    def contents(self, files: list[str], options: InitOptions) -> "Contents":
        """Return the contents of files or folders, in the order given."""
        from neuro_attn.sources.contents import Contents, with_text

        sessions: list[SessionContents] = []
        for path in printing.bar(files, desc="reading the files", unit="file", leave=False):
            with self.reading(path):
                sessions += map(with_text, self.describe(path, options))
        return Contents(self, files, {}, sessions)

    def where(self, session: "SessionContents") -> str:
        """Return how a remark names a session."""
        return session.path

    def remarks(self, contents: "Contents") -> list[str]:
        """Return remarks on the contents beyond those that all sources share."""
        return []

    def check_for_init(self, contents: "Contents") -> None:
        """Raise `InputError` if no configuration can be proposed for files."""

    def bins(self, contents: "Contents", options: InitOptions) -> tuple[float, float, float] | None:
        """Return start, stop and width of the bins in files, s from the event, if they have any."""
        return next((each.bins for each in contents.sessions if each.bins), None)

    def own_keys(
        self, contents: "Contents", table: str, options: InitOptions, ask: Ask | None
    ) -> dict[str, Any]:
        """Return the source's own keys of a configuration; `table` has the intervals of trials."""
        return {}

    def named_tasks(self, trials: "pd.DataFrame") -> dict[str, str]:
        """Return the tasks that files name, as expressions; none if they name no tasks."""
        return {}


def _fail(error: InputError) -> "xr.Dataset":
    raise error
