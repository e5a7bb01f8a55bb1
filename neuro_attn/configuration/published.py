"""Values of a publication, and the rows of results with which they are compared."""

from typing import Annotated

from pydantic import Field, model_validator

from neuro_attn.configuration.types import NUMBER, AtKeyError, Settings

Text = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(allow_inf_nan=False), NUMBER]


class PublishedValue(Settings):
    """A published value, and where the run writes its own."""

    quantity: Text
    """What the value is, as the answer page shows it."""
    published: Number | Text
    """The published value: a number, or text such as a verdict."""
    planted: Number | Text | None = None
    """The value that was planted, if the recordings are simulated."""
    unit: str = ""
    """Unit of the value."""
    location: str = ""
    """Where the value was published, such as Fig. 2a."""
    table: Text
    """Table of results of the data set, such as summary."""
    row: dict[Text, Number | str] = {}
    """Values of columns of the table that identify one row."""
    column: Text
    """Column with the value of the run."""
    interval: tuple[Text, Text] | None = None
    """Columns with the ends of its confidence interval; null: none."""

    @property
    def is_text(self) -> bool:
        """Whether the value is text."""
        return isinstance(self.published, str)

    @model_validator(mode="after")
    def _values_are_alike(self) -> "PublishedValue":
        if self.planted is not None and isinstance(self.planted, str) != self.is_text:
            kind = "text" if self.is_text else "a number"
            raise AtKeyError("planted", message=f"must be {kind}, as published is")
        if self.is_text and self.interval:
            raise AtKeyError("interval", message="text has no interval; remove the key")
        return self
