"""Cards of /models: a page of the catalogue, and one model in detail."""

from __future__ import annotations

from typing import Final

from bot.domain.catalogue.model import Model
from bot.domain.discord_limits import MESSAGE_CHARS
from bot.domain.moderation.errors import RuleFault
from bot.domain.records.model_pages import CatalogueReading, ModelDetail, ModelPage, ModelRow
from bot.domain.request.form import fields_of
from bot.view.actions.buttons import ModelAction, ModelButton, has_room
from bot.view.card import Card, Row, Tone
from bot.view.text.fitting import and_more, fitting
from bot.view.text.format import code, escaped, plain, plural, relative
from bot.view.text.models import (
    format_abilities,
    format_licence,
    format_media,
    format_parameter,
    format_price,
    format_price_rule,
    format_runs,
    format_time,
)

TEXT_CHARS: Final = MESSAGE_CHARS - 200  # the small print
INPUTS_CHARS: Final = 1_900
DESCRIPTION_CHARS: Final = 500
MAX_RULES: Final = 3

_FORBIDDEN: Final = {
    RuleFault.ADULT_MODEL: "in age-restricted channels only",
    RuleFault.MODEL: "not allowed on this server",
}


def page_card(page: ModelPage) -> Card:
    """Models that fit, each with its price, its usual time and a button for more."""
    if not page.lines:
        return Card(Tone.WAITING, _nothing(page))
    return Card(
        Tone.DONE,
        f"### {_heading(page)}",
        rows=tuple(_row(line) for line in page.lines),
        small_print=_page_print(page),
        buttons=_paging(page),
    )


def detail_card(detail: ModelDetail, *, can_run: bool) -> Card:
    """Everything that is known of one model."""
    model, summary = detail.model, detail.summary
    title = summary.title if summary is not None and model.title == model.slug else model.title
    description = model.description or (summary.description if summary is not None else "")
    categories = model.categories or (summary.categories if summary is not None else ())
    usual_s = model.usual_s if model.usual_s is not None else (summary.usual_s if summary else None)
    runs = format_runs(model.run_count or (summary.run_count if summary else None))
    head = [f"### {escaped(title, 100)}", code(model.slug), escaped(description, DESCRIPTION_CHARS)]
    facts = [
        f"**Price** {format_price(summary) if summary is not None else _format_unlisted_price(model)}",
        *(f"-# {format_price_rule(rule)}" for rule in model.prices[:MAX_RULES]),
        f"**Time** {format_time(detail.median_s, usual_s)}",
        f"**Takes in** {format_media(detail.abilities.takes)}",
        f"**Gives out** {format_media(detail.abilities.gives)}",
        f"**Categories** {escaped(', '.join(categories), 120)}" if categories else "",
        f"**Licence** {format_licence(model.licence, model.slug)}",
        f"**Here** {_format_forbidden(detail.forbidden) or 'allowed'}",
    ]
    text = "\n".join(line for line in (*head, *facts) if line)
    press = ModelAction(ModelButton.RUN, model.slug)
    may_run = can_run and detail.forbidden is None and has_room(press)
    small = [runs, _age(detail.reading)]
    return Card(
        Tone.DONE if detail.forbidden is None else Tone.WARNING,
        f"{text}\n{_inputs(detail, min(INPUTS_CHARS, TEXT_CHARS - len(text)))}",
        small_print=" · ".join(part for part in small if part),
        buttons=(press,) if may_run else (),
    )


def _format_forbidden(fault: RuleFault | None) -> str:
    return _FORBIDDEN.get(fault, "") if fault is not None else ""


def _heading(page: ModelPage) -> str:
    found = plural(page.total, "model")
    search = f" for “{escaped(page.search, 60)}”" if page.search else ""
    shelf = f" in {escaped(page.category, 40)}" if page.category else ""
    return f"{found}{search}{shelf}"


def _row(line: ModelRow) -> Row:
    summary = line.summary
    title = escaped(summary.title or summary.slug, 50)
    facts = [
        format_time(line.median_s, summary.usual_s),
        plain(format_abilities(line.abilities), 60),
        escaped(", ".join(summary.categories), 40),
        _format_forbidden(line.forbidden),
    ]
    small = " · ".join(fact for fact in facts if fact)
    text = f"**{title}** · {format_price(summary)}\n{code(summary.slug, 80)}\n-# {small}"
    press = ModelAction(ModelButton.DETAILS, summary.slug)
    return Row(text, press if has_room(press) else None)


def _paging(page: ModelPage) -> tuple[ModelAction, ...]:
    numbers = (page.number - 1, page.number + 1)
    presses = (
        ModelAction.to_page(number, page.category, page.search)
        for number in numbers
        if 1 <= number <= page.pages
    )
    return tuple(press for press in presses if has_room(press))


def _page_print(page: ModelPage) -> str:
    parts = [f"page {page.number:,} of {page.pages:,}"]
    if page.pages > 1 and not _paging(page):
        parts.append("a shorter search can be paged through")
    parts.append(_age(page.reading))
    return " · ".join(part for part in parts if part)


def _nothing(page: ModelPage) -> str:
    if page.reading.read_at_s is None:
        has_failed = page.reading.has_failed
        why = "it cannot be read just now, and the bot keeps trying" if has_failed else "it is on its way"
        return (
            f"Wiro's list of models has not been read yet: {why}. Please try again in a minute. "
            "`/imagine` works meanwhile, with its usual model or one that you name."
        )
    stale = _age(page.reading)
    advice = "Try other words, such as `upscale`, `video` or a maker's name."
    return f"There is {_heading(page).replace('0 models', 'no model', 1)}. {advice}" + (
        f"\n-# {stale}" if stale else ""
    )


def _age(reading: CatalogueReading) -> str:
    """How old the list is, where it could not be renewed."""
    if not reading.has_failed or reading.read_at_s is None:
        return ""
    return f"Wiro's list cannot be read just now; this one was read {relative(reading.read_at_s)}"


def _format_unlisted_price(model: Model) -> str:
    """For a model that the list does not have."""
    if model.prices:
        return "by what is asked for"
    if model.approximate_cost is not None and model.approximate_cost.pico > 0:
        return f"about {model.approximate_cost}"
    return format_price(None)


def _inputs(detail: ModelDetail, room: int) -> str:
    if detail.is_unread:
        return "**Inputs** Wiro tells nothing of them just now."
    if detail.model.parameters is None:
        return "**Inputs** Wiro's page for this model lists none."
    fields = fields_of(detail.model)
    # What follows has room, too.
    shown, more = fitting(fields, room - 40, name=lambda field: f"- {format_parameter(field)}")
    rest = [f"-# {and_more(more)}"] if more else []
    return "\n".join([f"**{plural(len(fields), 'input')}**", *shown, *rest])
