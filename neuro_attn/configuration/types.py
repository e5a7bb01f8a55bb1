"""Types of the values of configuration keys."""

import keyword
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from neuro_attn.files import is_device, is_periodic


class Settings(BaseModel):
    """Base class of all settings: unknown keys are errors, and values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class AtKeyError(ValueError):
    """An error at a key below the part of the configuration that is validated.

    Parameters
    ----------
    path : str
        The key.
    message : str
        The problem.
    """

    def __init__(self, *path: str, message: str):
        self.path = path
        super().__init__(message)


def is_among(names: Collection[str], what: str) -> AfterValidator:
    """Return a validator that accepts only these names of, for example, decoders."""

    def check(name: str) -> str:
        if name not in names:
            raise PydanticCustomError("unknown_name", "no such {what}", {"what": what})
        return name

    return AfterValidator(check)


def schema_of_names(described: Mapping[str, str]) -> WithJsonSchema:
    """Return the schema of a key that takes one of several names, from their descriptions."""
    return WithJsonSchema(
        {
            "type": "string",
            "enum": list(described),
            "enumDescriptions": list(described.values()),
        }
    )


def _is_no_boolean(value: Any) -> Any:
    # Otherwise, yes in YAML would become the number 1.
    if isinstance(value, bool):
        raise PydanticCustomError("not_a_number", "not a number")
    return value


def _is_name(name: str) -> str:
    plain = name.isprintable() and not set(name) & set("/\\{}*?")
    if not name or name.strip() != name or not plain or name[0] == ".":
        raise ValueError("a name must not be empty, start with a dot or contain / \\ { } * or ?")
    return name


def _is_column(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(
            "the name of a column consists of letters, digits and _, does not begin with a digit, "
            "and is no reserved word such as and, class or in"
        )
    return name


def _is_folder(name: str) -> str:
    # These names become rules, files and folders, and occur in commands that Snakemake writes.
    if not _FOLDER.fullmatch(name):
        raise ValueError(
            "the name of a data set or network must have at most 50 letters, digits, spaces and "
            "_ . + = @ -, and start with a letter or digit"
        )
    # Results may be copied to Windows, which drops a dot at the end.
    if name[-1] == "." or is_device(name):
        raise ValueError(
            "the name of a data set or network must not end in a dot, or be one that Windows "
            "reserves: con, prn, aux, nul, com1, lpt1 and similar names"
        )
    if is_periodic(name):
        raise ValueError(
            "the name of a data set or network must not end in a text that repeats 20 times, which "
            "Snakemake refuses"
        )
    return name


def _is_increasing(interval: tuple[float, float]) -> tuple[float, float]:
    if not interval[0] < interval[1]:
        raise ValueError("the first number must be smaller than the second")
    return interval


def _is_range(interval: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= interval[0] <= interval[1]:
        raise ValueError("a range must be [shortest, longest], with 0 <= shortest <= longest")
    return interval


_FOLDER = re.compile(r"[^\W_][\w .+=@-]{0,48}[\w.+=@-]|[^\W_]")

NUMBER = BeforeValidator(_is_no_boolean)
"""Validator that refuses true and false as numbers."""
Flag = Annotated[bool, Strict()]

Name = Annotated[str, AfterValidator(_is_name)]
FolderName = Annotated[Name, AfterValidator(_is_folder)]
RegionName = Annotated[str, Field(min_length=1)]
Expression = Annotated[str, Field(min_length=1)]
ColumnName = Annotated[str, AfterValidator(_is_column)]
Files = (
    Annotated[str, Field(min_length=1)]
    | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
)
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), NUMBER]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), NUMBER]
Seconds = Annotated[float, Field(allow_inf_nan=False), NUMBER]
Fraction = Annotated[float, Field(ge=0, le=1), NUMBER]
Count = Annotated[int, Field(ge=1, le=10_000_000), NUMBER]
Interval = Annotated[tuple[Seconds, Seconds], AfterValidator(_is_increasing)]
Duration = Annotated[tuple[Seconds, Seconds], AfterValidator(_is_range)]
