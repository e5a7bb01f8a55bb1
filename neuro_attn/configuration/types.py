"""The kinds of values that keys of the configuration take."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """A part of the configuration: unknown keys are errors, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _is_name(name: str) -> str:
    if not name or name.strip() != name or set(name) & set("/\\{}*?\n\t\0") or name[0] == ".":
        raise ValueError("a name is not empty, starts with no dot and has none of / \\ { } * ?")
    return name


def _is_increasing(interval: tuple[float, float]) -> tuple[float, float]:
    if not interval[0] < interval[1]:
        raise ValueError("the first number must be below the second")
    return interval


def _is_range(interval: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= interval[0] <= interval[1]:
        raise ValueError("a range is [shortest, longest] with 0 <= shortest <= longest")
    return interval


Name = Annotated[str, AfterValidator(_is_name)]
RegionName = Annotated[str, Field(min_length=1)]
Expression = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Interval = Annotated[tuple[Seconds, Seconds], AfterValidator(_is_increasing)]
Duration = Annotated[tuple[Seconds, Seconds], AfterValidator(_is_range)]
