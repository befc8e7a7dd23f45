"""The values that a study tries of one parameter."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from typing_extensions import Self

MAX_VALUES = 10_000


class Part(BaseModel):
    """A table of a study file: fields that do not change, and no others."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True
    )


class Range(Part):
    """``{ from = 0.5, to = 4, step = 0.1 }``; without a step only samplers take it."""

    low: float = Field(alias="from")
    high: float = Field(alias="to")
    step: float | None = Field(default=None, gt=0)
    log: bool = False

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"`from` {self.low:g} is more than `to` {self.high:g}")
        if self.log and (self.step is not None or self.low <= 0):
            raise ValueError("`log` goes with positive numbers, and without `step`")
        if self.step is not None and (self.high - self.low) / self.step >= MAX_VALUES:
            raise ValueError(f"more than {MAX_VALUES:,} values")
        return self

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers."""
        bounds = (self.low, self.high, self.step or 0)
        return self.step is not None and all(n == int(n) for n in bounds)

    @property
    def values(self) -> list[int | float]:
        """All values of a range with a step, as they would be written: 0.7, not 0.7000000001."""
        assert self.step is not None
        low, high, step = (Decimal(str(n)) for n in (self.low, self.high, self.step))
        numbers = [low + step * i for i in range(int((high - low) / step) + 1)]
        return [int(n) if n == int(n) else float(n) for n in numbers]


def _scalar(value: object) -> object:
    if not isinstance(value, (int, float, str)):
        raise ValueError("a value is a number, a text, true or false")
    return value


Scalar = Annotated[Any, BeforeValidator(_scalar)]  # bool, int, float or str
_Listed = Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=MAX_VALUES)]


def _kind(value: object) -> str:
    return "range" if isinstance(value, (dict, Range)) else "list"


# the tags stand in the places that pydantic tells: `read` leaves them out
Values = Annotated[
    Annotated[_Listed, Tag("list")] | Annotated[Range, Tag("range")], Discriminator(_kind)
]
TAGS = ("list", "range")
