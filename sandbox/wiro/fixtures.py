"""Every kind of model that the stand-in offers beside the plain painters, the odd ones included."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sandbox.wiro.catalogue import MODELS, NEGATIVE, PROMPT, SEED, Item, Model, number
from sandbox.wiro.output_kinds import OutputKind

_CPS = Decimal("0.000300000000")

UPSCALER = Model(
    id="2001",
    title="Upscaler",
    owner="wiro",
    project="upscaler",
    description="Makes a picture two to four times as large.",
    categories=("tool", "image-to-image", "upscale"),
    cps=_CPS,
    pace_factor=0.6,
    items=(
        Item("inputImage", "fileinput", "Input Image", required=True, description="The picture to enlarge."),
        Item("factor", "select", "Factor", "2", options=(("2", "2 ×"), ("3", "3 ×"), ("4", "4 ×"))),
    ),
    price_per_run=Decimal("0.004"),
    output_kind=OutputKind.ENLARGED,
    readme="<p>Enlarges pictures.</p><p>Licence: MIT.</p>",
    uses=12044,
)
WRITER = Model(
    id="2002",
    title="Small Writer",
    owner="wiro",
    project="small-writer",
    description="A language model that thinks before it answers.",
    categories=("tool", "llm", "text-to-text"),
    cps=_CPS,
    pace_factor=1.0,
    items=(
        PROMPT,
        replace(number("maxCharacters", "Longest answer", "900", (1, 250_000)), description="In characters."),
        SEED,
    ),
    output_kind=OutputKind.TEXT,
    uses=40310,
)
MUSICIAN = Model(
    id="2003",
    title="Tune Maker",
    owner="wiro",
    project="tune-maker",
    description="Three seconds of a slow tune.",
    categories=("tool", "text-to-audio"),
    cps=_CPS,
    pace_factor=0.7,
    items=(PROMPT, number("samples", "Samples", "1", (1, 4)), SEED),
    output_kind=OutputKind.SOUND,
    uses=2210,
)
SCULPTOR = Model(
    id="2004",
    title="Box Sculptor",
    owner="wiro",
    project="box-sculptor",
    description="A shape in three dimensions.",
    categories=("tool", "text-to-3d"),
    cps=_CPS,
    pace_factor=0.7,
    items=(PROMPT, SEED),
    output_kind=OutputKind.SHAPE,
    uses=870,
)
ANIMATOR = Model(
    id="2005",
    title="Loop Animator",
    owner="wiro",
    project="loop-animator",
    description="A short moving picture that loops.",
    categories=("tool", "text-to-video"),
    cps=_CPS,
    pace_factor=1.2,
    items=(PROMPT, SEED),
    output_kind=OutputKind.ANIMATION,
    uses=5120,
)
CLERK = Model(
    id="2006",
    title="Page Printer",
    owner="wiro",
    project="page-printer",
    description="A page with your words on it.",
    categories=("tool", "text-to-document"),
    cps=_CPS,
    pace_factor=0.5,
    items=(PROMPT,),
    output_kind=OutputKind.DOCUMENT,
    uses=340,
)
MANY_PICTURES = Model(
    id="2007",
    title="Contact Sheet",
    owner="wiro",
    project="contact-sheet",
    description="Up to twenty small pictures at once.",
    categories=("tool", "text-to-image"),
    cps=_CPS,
    pace_factor=0.3,
    items=(
        PROMPT,
        number("samples", "Samples", "20", (1, 20)),
        number("width", "Width", "256", (64, 512), "64"),
        number("height", "Height", "256", (64, 512), "64"),
        SEED,
    ),
    uses=660,
)
# What a form must cope with: sixty inputs, none at all, and types that nobody has heard of.
SIXTY_INPUTS = Model(
    id="2008",
    title="Sixty Knobs",
    owner="wiro",
    project="sixty-knobs",
    description="A painter with sixty parameters.",
    categories=("tool", "text-to-image"),
    cps=_CPS,
    pace_factor=0.5,
    items=(
        PROMPT,
        NEGATIVE,
        SEED,
        Item(
            "style", "select", "Style", "plain", options=(("plain", "Plain"), ("ink", "Ink"), ("oil", "Oil"))
        ),
        Item("extras", "multiselect", "Extras", options=tuple((f"x{n}", f"Extra {n}") for n in range(1, 7))),
        Item("mood", "select", "Mood", "m1", options=tuple((f"m{n}", f"Mood {n}") for n in range(1, 41))),
        *(number(f"knob{n}", f"Knob {n}", "5", (0, 10)) for n in range(1, 55)),
    ),
    uses=12,
)
NO_INPUTS = Model(
    id="2009",
    title="Surprise",
    owner="wiro",
    project="surprise",
    description="States no parameters at all.",
    categories=("tool", "text-to-image"),
    cps=_CPS,
    pace_factor=0.4,
    items=(),
    has_schema=False,
    uses=95,
)
ODD_INPUTS = Model(
    id="2010",
    title="Odd Inputs",
    owner="wiro",
    project="odd-inputs",
    description="Parameters of types that no document names.",
    categories=("tool", "text-to-image"),
    cps=_CPS,
    pace_factor=0.4,
    items=(
        PROMPT,
        Item("tint", "colour-wheel", "Tint", "#336699"),
        Item("where", "map-point", "Where"),
        Item("mask", "multifileinput", "Masks"),
    ),
    uses=41,
)
SAMPLE_MODELS: tuple[Model, ...] = (
    *MODELS,
    *(UPSCALER, WRITER, MUSICIAN, SCULPTOR, ANIMATOR, CLERK, MANY_PICTURES),
    *(SIXTY_INPUTS, NO_INPUTS, ODD_INPUTS),
)
