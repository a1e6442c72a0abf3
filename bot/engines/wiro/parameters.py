"""How Run is told of the files that Wiro keeps."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.catalogue.model import Kind, Value
from bot.engines.port import LinkedInput


def link_parameters(links: Sequence[LinkedInput]) -> dict[str, Value]:
    """The parameters that name them (Wiro docs, Model parameters, Aug 2026)."""
    urls: dict[str, list[str]] = {}
    kinds: dict[str, Kind | None] = {}
    for link in links:
        urls.setdefault(link.parameter_id, []).append(link.url)
        kinds[link.parameter_id] = link.kind
    sent: dict[str, Value] = {}
    for parameter_id, named in urls.items():
        if kinds[parameter_id] is Kind.FILES_OR_LINKS:
            sent[parameter_id] = tuple(named)
        else:
            sent[f"{parameter_id}Url"] = ",".join(named)
    return sent
