"""Types of the values of configuration keys."""

import ast
import inspect
import keyword
import re
from collections.abc import Collection, Mapping
from itertools import pairwise
from textwrap import dedent
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema


class Settings(BaseModel):
    """Base class of all settings: unknown keys are errors, and values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> dict[str, Any]:
        """Return the JSON schema, in which the docstrings of fields describe their keys."""
        found = handler(schema)
        properties = handler.resolve_ref_schema(found).get("properties", {})
        for name, text in described_fields(cls).items():
            properties[name].setdefault("description", text)
        return found


def described_fields(settings: type[Settings]) -> dict[str, str]:
    """Return the docstrings of the fields of a class of settings, by name.

    Pydantic would read them when a class is made, which takes a third of the time to parse the
    workflow, and every job parses it.
    """
    found: dict[str, str] = {}
    for each in reversed(settings.__mro__[: settings.__mro__.index(Settings)]):
        found |= {k: v for k, v in _docstrings(each).items() if k in settings.model_fields}
    return found


def _docstrings(settings: type) -> dict[str, str]:
    try:
        (definition,) = ast.parse(dedent(inspect.getsource(settings))).body
    except (OSError, TypeError):
        # A class that is computed has no source, and describes its fields itself.
        return {}
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, text in pairwise(definition.body):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(docstring))),
            ):
                found[name] = inspect.cleandoc(docstring)
    return found


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
Words = Annotated[str, Field(min_length=1)]
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
