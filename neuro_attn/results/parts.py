"""Several tables in one file: the results of one region, which another job combines.

JSON preserves every number, so the combined tables have the same bytes as those of one job.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.files import write_text


def write_parts(tables: Mapping[str, pd.DataFrame], path: str | Path) -> None:
    """Write tables by name, atomically.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Of texts, numbers and truth values.
    path : str or Path
        The file.
    """
    columns = {name: table.to_dict("list") for name, table in tables.items()}
    write_text(json.dumps(columns, default=np.generic.item), path)


def read_parts(path: str | Path) -> dict[str, pd.DataFrame]:
    """Return the tables that `write_parts` wrote, by name."""
    columns = json.loads(Path(path).read_text(encoding="utf-8"))
    # A column without values has no type.
    return {
        name: pd.DataFrame(of_table, dtype=None if any(of_table.values()) else object)
        for name, of_table in columns.items()
    }


def joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all tables, which have the same columns.

    Empty tables, whose columns have no type, are left out unless all are empty.
    """
    return pd.concat([each for each in tables if len(each)] or tables[:1], ignore_index=True)
