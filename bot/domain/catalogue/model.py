"""A Wiro model as the catalogue describes it: parameters with bounds, and what a run may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import TypeAlias

from bot.domain.money import Money

# What Run is sent for one parameter; a tuple is a list of texts.
Value: TypeAlias = str | int | float | tuple[str, ...]


class Kind(Enum):
    """What a parameter takes. A type that nobody knows is taken as text."""

    TEXT = auto()
    LONG_TEXT = auto()
    WHOLE = auto()
    DECIMAL = auto()
    CHOICE = auto()
    CHOICES = auto()  # any number of the options
    FILE = auto()
    FILES = auto()
    FILES_OR_LINKS = auto()  # files and addresses mixed, as one JSON list

    @property
    def is_number(self) -> bool:
        return self in {Kind.WHOLE, Kind.DECIMAL}

    @property
    def takes_files(self) -> bool:
        return self in {Kind.FILE, Kind.FILES, Kind.FILES_OR_LINKS}


def folded_slug(slug: str) -> str:
    """A model's name as everything of ours compares and keeps it: members type it in any spelling."""
    return slug.strip().lower()


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: what Run is sent, and what people read."""

    value: str
    label: str = ""

    @property
    def shown(self) -> str:
        return self.label or self.value


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of a model. Bounds are None where the catalogue gives none."""

    parameter_id: str
    kind: Kind
    label: str = ""
    is_required: bool = False
    default: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    options: tuple[Option, ...] = ()
    help_text: str = ""
    step: Decimal | None = None  # 1 for whole numbers

    @property
    def shown(self) -> str:
        return self.label or self.parameter_id

    @property
    def names_picture(self) -> bool:
        return any(word in self.parameter_id.lower() for word in ("image", "photo", "picture"))

    @property
    def names_video(self) -> bool:
        return "video" in self.parameter_id.lower()

    @property
    def is_needed(self) -> bool:
        """Whether a run cannot do without it: an option without a value means that nothing is chosen."""
        return self.is_required and all(option.value for option in self.options)


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One entry of `dynamicprice`: the price when every input equals the request's value."""

    inputs: Mapping[str, str]
    price: Money
    method: str  # cpr, cps, cpo, … (Wiro docs, Pricing)
    extra: Money | None = None  # of each further tier of pixels; None: as much as the first
    per_input: Money | None = None  # of each picture that goes in, for each tier


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be run. `slug` is ``owner/project``."""

    slug: str
    title: str
    parameters: tuple[Parameter, ...] | None = None  # None: the catalogue gives no schema
    prices: tuple[PriceRule, ...] = ()
    approximate_cost: Money | None = None
    cost_per_second: Money | None = None
    description: str = ""
    categories: tuple[str, ...] = ()
    usual_s: float | None = None  # how long a run takes, as Wiro says
    run_count: int | None = None  # by everybody at Wiro
    licence: str = ""  # what the model's page says of its licence
    is_adult: bool = False  # by its categories and tags

    def picture_input(self) -> Parameter | None:
        """The input that a picture goes into: one named for an image, else any not named for another kind."""
        takers = [parameter for parameter in self.parameters or () if parameter.kind.takes_files]
        other = ("audio", "video", "voice", "speech", "music", "sound", "document", "pdf", "text")
        takers = [p for p in takers if p.names_picture or not any(w in p.parameter_id.lower() for w in other)]
        named = [p for p in takers if p.names_picture]
        plain = [p for p in named if "mask" not in p.parameter_id.lower()]
        return next(iter([*plain, *named, *takers]), None)

    def parameter(self, *names: str) -> Parameter | None:
        """The first parameter whose id is one of these names, without regard to case."""
        wanted = [name.lower() for name in names]
        for parameter in self.parameters or ():
            if parameter.parameter_id.lower() in wanted:
                return parameter
        return None


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One line of the catalogue. `price_hint` is what a run costs at least, or Wiro's mean of all runs."""

    slug: str
    title: str
    price_hint: Money | None
    description: str = ""
    categories: tuple[str, ...] = ()
    usual_s: float | None = None
    run_count: int | None = None
    is_hint_mean: bool = False
    cost_per_second: Money | None = None
    is_adult: bool = False  # by its categories and tags
