"""The models on offer: what each takes and costs, and where it is found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sandbox.wiro.output_kinds import OutputKind

_STEPS = 10  # of a model that has no such parameter


@dataclass(frozen=True, slots=True)
class Item:
    """One parameter of a model. Types as Wiro's parameter page names them (Aug 2026)."""

    id: str
    type: str
    label: str
    default: str = ""
    required: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    step: Decimal | None = None
    description: str = ""
    options: tuple[tuple[str, str], ...] = ()  # value, label

    @property
    def is_number(self) -> bool:
        return self.type in {"number", "float", "range"}

    @property
    def takes_files(self) -> bool:
        return self.type in {"fileinput", "multifileinput", "combinefileinput"}


@dataclass(frozen=True, slots=True)
class Model:
    """`cps` is dollars per second; `price_per_run`, where set, is billed instead (dynamicprice, method cpr).

    `pace_factor` scales the pace's run seconds, which hold for `default_steps` and one picture.
    """

    id: str
    title: str
    owner: str
    project: str
    description: str
    categories: tuple[str, ...]
    cps: Decimal
    pace_factor: float
    items: tuple[Item, ...]
    price_per_run: Decimal | None = None
    output_kind: OutputKind = OutputKind.PICTURE
    readme: str = ""
    has_schema: bool = True  # without one, `parameters` is null and Run takes whatever it is sent
    computing_time: str = "10 seconds"
    uses: int = 0

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.project}"

    @property
    def default_steps(self) -> int:
        steps = next((item.default for item in self.items if item.id == "steps"), "")
        return int(steps) if steps.isdigit() else _STEPS

    @property
    def dynamic_price(self) -> str:
        """JSON text, or "" where seconds are billed."""
        if self.price_per_run is None:
            return ""
        return json.dumps([{"inputs": {}, "price": float(self.price_per_run), "priceMethod": "cpr"}])

    def item(self, item_id: str) -> Item:
        return next(item for item in self.items if item.id == item_id)


def clean(slug: str) -> str:
    """Wiro's clean spelling: lower case, blanks and dots to dashes."""
    return slug.lower().replace(" ", "-").replace(".", "-")


class Catalogue:
    """All models; finds them in either spelling, in any case."""

    def __init__(self, models: Sequence[Model]) -> None:
        self.models = tuple(models)
        self._by_slug: Mapping[tuple[str, str], Model] = {
            (clean(model.owner), clean(model.project)): model for model in models
        }

    def find(self, owner: str, project: str) -> Model | None:
        return self._by_slug.get((clean(owner), clean(project)))


PROMPT = Item("prompt", "textarea", "Prompt", required=True, description="What the picture shows.")
NEGATIVE = Item("negativePrompt", "textarea", "Negative Prompt", description="What it should not show.")
SEED = Item("seed", "text", "Seed", "0", description="The same seed gives the same picture; 0 means random.")


def number(name: str, label: str, default: str, bounds: tuple[int, int], step: str = "1") -> Item:
    low, high = bounds
    return Item(
        name, "number", label, default, minimum=Decimal(low), maximum=Decimal(high), step=Decimal(step)
    )


SCALE = replace(number("scale", "Guidance Scale", "7.0", (0, 20), "0.1"), type="float")

SD3_MEDIUM = Model(
    id="611",
    title="Stable Diffusion 3 Medium",
    owner="stabilityai",
    project="stable-diffusion-3-medium",
    description="Text to image with a multimodal diffusion transformer: legible type, faithful to prompts.",
    categories=("tool", "text-to-image"),
    cps=Decimal("0.000585000000"),
    pace_factor=1.0,
    items=(
        PROMPT,
        NEGATIVE,
        number("samples", "Samples", "1", (1, 8)),
        number("steps", "Steps", "28", (1, 100)),
        SCALE,
        SEED,
        number("width", "Width", "1024", (256, 2048), "64"),
        number("height", "Height", "1024", (256, 2048), "64"),
    ),
    uses=48211,
)
FLUX_KLEIN = Model(
    id="1842",
    title="FLUX.2 klein 4B",
    owner="black-forest-labs",
    project="FLUX.2-klein-4B",
    description="Small and quick: text to image and image editing in four steps.",
    categories=("tool", "text-to-image", "image-to-image"),
    cps=Decimal("0.000420000000"),
    pace_factor=0.6,
    items=(
        Item("inputImage", "combinefileinput", "Input Images", description="Pictures to work from."),
        PROMPT,
        number("samples", "Samples", "1", (1, 4)),
        number("steps", "Steps", "4", (1, 50)),
        replace(number("strength", "Strength", "0.6", (0, 1), "0.05"), type="float"),
        SEED,
        number("width", "Width", "1024", (256, 2048), "16"),
        number("height", "Height", "1024", (256, 2048), "16"),
    ),
    price_per_run=Decimal("0.002"),
    output_kind=OutputKind.EDITED,
    readme="<h1>FLUX.2 klein 4B</h1><p>Quick and small.</p><p>License: Apache-2.0.</p>",
    computing_time="5 seconds",
    uses=90320,
)
SDXL_TURBO = Model(
    id="402",
    title="SDXL Turbo",
    owner="stabilityai",
    project="sdxl-turbo",
    description="A picture in a single step, for trying out prompts.",
    categories=("tool", "text-to-image"),
    cps=Decimal("0.000585000000"),
    pace_factor=0.35,
    items=(
        PROMPT,
        NEGATIVE,
        number("samples", "Samples", "1", (1, 8)),
        number("steps", "Steps", "1", (1, 10)),
        replace(SCALE, default="0.0"),
        SEED,
        number("width", "Width", "512", (256, 1024), "64"),
        number("height", "Height", "512", (256, 1024), "64"),
    ),
    computing_time="5 seconds",
    uses=30577,
)
MODELS: tuple[Model, ...] = (SD3_MEDIUM, FLUX_KLEIN, SDXL_TURBO)
