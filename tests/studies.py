"""Studies for tests of functions that need a few settings of a data set, and none of its files."""

from neuro_attn.configuration import Decoding, Inference, parse
from neuro_attn.study import Study

_DATASET = parse(
    {
        "datasets": {
            "data": {
                "source": "netcdf",
                "files": "*",
                "label": "side",
                "tasks": {"task0": {"trials": "order == 0"}},
                "time": {"start": 0.0, "stop": 0.1, "bin": 0.1},
                "windows": {"late": [0.0, 0.1]},
            }
        }
    }
).datasets["data"]


def study_of(
    decoding: Decoding | None = None,
    inference: Inference | None = None,
    *,
    seed: int = 1,
    name: str = "data",
) -> Study:
    """Return a study with these settings of decoding and inference."""
    settings = {"decoding": decoding or Decoding(), "inference": inference or Inference()}
    return Study(name, _DATASET.model_copy(update=settings), seed)
