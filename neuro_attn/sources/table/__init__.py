"""Plain tables of spikes, trials and units, as CSV or Parquet."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuro_attn.configuration.sources.table import TableDataset
from neuro_attn.errors import InputError
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.options import InitOptions
from neuro_attn.sources.paths import check_distinct_names
from neuro_attn.sources.specification import Request, Source, Unread, already

if TYPE_CHECKING:
    from neuro_attn.sources.contents import Contents, SessionContents

ROLES = ("spikes", "trials", "units")
"""The three tables, by the keys that name them."""


class TableSource(Source[TableDataset]):
    """Three tables that together contain all sessions."""

    settings = TableDataset
    called = "table"
    suffixes = (".csv", ".parquet")
    is_general = True
    several_sessions = True
    units_key = "units_where"
    comments = {"spikes": "Three tables, relative to data_folder."}

    def refuse(self, path: str) -> None:
        """Raise `InputError` for a compressed file."""
        from neuro_attn.sources.text_tables import refuse_compressed

        refuse_compressed(Path(path))

    def given(self, dataset: TableDataset) -> list[str]:
        """Return the paths of the three tables."""
        return [getattr(dataset, role) for role in ROLES]

    def paths(self, name: str, dataset: TableDataset, data_folder: str | Path) -> list[str]:
        """Return the paths of the three tables, in the order of `ROLES`."""
        paths = [str(Path(data_folder) / each) for each in self.given(dataset)]
        for role, path in zip(ROLES, paths, strict=True):
            check_distinct_names([path], f"datasets.{name}.{role}")
            existing_file(path, f"datasets.{name}.{role}")
        return paths

    def parts(
        self, paths: Sequence[str], dataset: TableDataset
    ) -> list[tuple[list[str], list[str]]]:
        """Return all tables with the sessions in the table of trials."""
        from neuro_attn.sources.table import reading

        _, trials, _ = paths
        with self.reading(trials):
            return [([*paths], reading.session_names(trials))]

    def sessions(self, paths: Sequence[str], request: Request[TableDataset]) -> Iterator[Unread]:
        """Yield the sessions of the tables, which are read together."""
        from neuro_attn.sources.table import reading

        _, trials, _ = paths
        with self.reading(trials):
            sessions = reading.read(request.dataset, request.data_folder)
        yield from (Unread(trials, already(session)) for session in sessions)

    def contents(self, files: list[str], options: InitOptions) -> "Contents":
        """Return the contents of tables, given together or one by one."""
        from neuro_attn.sources.contents import Contents
        from neuro_attn.sources.table import contents

        with self.reading(", ".join(files)):
            roles = contents.roles(files)
            return Contents(self, list(roles.values()), roles, contents.read(roles))

    def where(self, session: "SessionContents") -> str:
        """Return the name of a session: all sessions are in the same files."""
        return f"session {session.session}"

    def remarks(self, contents: "Contents") -> list[str]:
        """Return a remark on missing tables."""
        if missing := _missing(contents):
            return [f"no table of {missing} was given: a run needs spikes, trials and units."]
        return []

    def check_for_init(self, contents: "Contents") -> None:
        """Raise `InputError` if a table is missing."""
        if missing := _missing(contents):
            raise InputError(
                "FILE",
                f"no table of {missing}.",
                "Give three tables: spikes (session, unit_id, time), trials (session, trial_id, "
                "...), units (session, unit_id, region).",
            )


def _missing(contents: "Contents") -> str:
    return " and ".join(role for role in ROLES if role not in contents.roles)


SOURCE = TableSource()
