"""What stands in a MATLAB file that is no raster: its arrays of numbers."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.onboarding.contents import SessionContents
from neuro_attn.sources import matfiles


def read(path: str) -> SessionContents:
    """Read the names and shapes of the arrays in a file; what their axes are, it does not say.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    return SessionContents(
        session=Path(path).stem,
        path=path,
        start=np.nan,
        stop=np.nan,
        units=pd.DataFrame({"unit_id": np.empty(0, dtype=int)}),
        region_columns=[],
        tables={},
        also=[
            f"array {name!r} ({' x '.join(map(str, shape))})"
            for name, shape in matfiles.shapes(path).items()
        ],
    )
