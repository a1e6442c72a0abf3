"""The catalogue as the wire shows it: Tool/List, Tool/Detail, Tool/Explore."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.wiro import answers
from sandbox.wiro.catalogue import Catalogue, Item, Model, clean
from sandbox.wiro.pace import Pace

_PAGE = 20


def tool_list(catalogue: Catalogue, pace: Pace, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Body of Tool/List for the request's search, categories, slugowner, sort, order, start and limit."""
    found = [model for model in catalogue.models if _matches(model, fields)]
    sort = str(fields.get("sort") or "relevance")
    if sort in {"id", "time"}:
        found.sort(key=lambda model: int(model.id))
    else:  # relevance and every count: how much a model is used
        found.sort(key=lambda model: model.uses)
    if str(fields.get("order") or "DESC").upper() != "ASC":
        found.reverse()
    start, limit = whole(fields.get("start"), 0), whole(fields.get("limit"), _PAGE)
    return {"total": str(len(found)), "tool": [_summary(m, pace) for m in found[start : start + limit]]}


def tool_detail(catalogue: Catalogue, pace: Pace, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Body of Tool/Detail. Raises ApiError 1 for a model that is not there."""
    model = catalogue.find(str(fields.get("slugowner", "")), str(fields.get("slugproject", "")))
    if model is None:
        raise answers.no_such_model()
    detail = _summary(model, pace) | {
        "readme": model.readme or f"<h1>{model.title}</h1><p>{model.description}</p>",
        "inspire": [{"inputs": {"prompt": "a lighthouse above a stormy sea, oil painting"}}],
        "samples": [],
        "parameters": [{"title": "Options", "items": [_item(item) for item in model.items]}]
        if model.has_schema
        else None,
    }
    return {"total": "1", "tool": [detail]}


def tool_explore(catalogue: Catalogue, pace: Pace) -> dict[str, Any]:
    """Body of Tool/Explore: the models by category."""
    categories = sorted({name for model in catalogue.models for name in model.categories} - {"tool"})
    shelves = []
    for number, name in enumerate(categories, start=1):
        models = [model for model in catalogue.models if name in model.categories]
        shelves.append(
            {
                "id": str(number),
                "title": name.replace("-", " ").capitalize(),
                "tools": [_summary(model, pace) for model in models],
                "url": f"/models/{name}",
                "total": str(len(models)),
            }
        )
    return {"explore": shelves}


def whole(value: object, otherwise: int) -> int:
    """Clients send page numbers as numbers and as text; anything else means `otherwise`."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def money(amount: Decimal) -> str:
    """Dollars with the wire's twelve decimals."""
    return f"{amount:.12f}"


def _matches(model: Model, fields: Mapping[str, Any]) -> bool:
    search = str(fields.get("search") or "").lower()
    owner = str(fields.get("slugowner") or "")
    wanted = fields.get("categories")
    if isinstance(wanted, list) and wanted and not set(map(str, wanted)) & set(model.categories):
        return False
    if owner and clean(owner) != clean(model.owner):
        return False
    text = f"{model.title} {model.slug} {clean(model.project)} {model.description}".lower()
    return all(word in text for word in search.split())


def _summary(model: Model, pace: Pace) -> dict[str, Any]:
    usual_s = Decimal(str(pace.prepare_s)) + Decimal(str(pace.run_s)) * Decimal(str(model.pace_factor))
    usual = model.cps * usual_s if model.price_per_run is None else model.price_per_run
    return {
        "id": model.id,
        "title": model.title,
        "slugowner": model.owner,
        "slugproject": model.project,
        "cleanslugowner": clean(model.owner),
        "cleanslugproject": clean(model.project),
        "description": model.description,
        "seodescription": model.description,
        "image": "",
        "computingtime": model.computing_time,
        "categories": list(model.categories),
        "tags": [],
        "marketplace": 0,
        "onlymembers": "1",
        "averagepoint": "5.00",
        "commentcount": "0",
        "ratedusercount": "0",
        "dynamicprice": model.dynamic_price,
        "cps": money(model.cps),
        "approximatelycost": money(usual),
        "taskstat": {
            "runcount": model.uses,
            "successcount": str(model.uses - model.uses // 50),
            "errorcount": str(model.uses // 50),
            "lastruntime": f"{usual_s:.4f}",
        },
    }


def _item(item: Item) -> dict[str, Any]:
    """New names (default, min, max, step) and the older ones as text: clients of both kinds exist."""
    bounds = {"min": item.minimum, "max": item.maximum, "step": item.step}
    body: dict[str, Any] = {
        "id": item.id,
        "type": item.type,
        "label": item.label,
        "description": item.description,
        "placeholder": item.label,
        "note": "",
        "required": item.required,
        "options": [{"value": value, "label": label} for value, label in item.options],
        "default": _plain(Decimal(item.default)) if item.is_number else item.default,
        "defaultvalue": item.default,
        "value": item.default,
        "minvalue": "" if item.minimum is None else str(item.minimum),
        "maxvalue": "" if item.maximum is None else str(item.maximum),
        "incrementby": "" if item.step is None else str(item.step),
        "template": "",
    }
    return body | {name: _plain(bound) for name, bound in bounds.items() if bound is not None}


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
