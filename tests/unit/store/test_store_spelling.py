"""The store's SQL is spelled as other databases take it, too, wherever that costs nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import bot.store.sqlite as package

FILES = sorted(Path(package.__path__[0]).glob("*.py"))
STATEMENT = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|FROM)\b")
ONLY_SQLITE = {
    "REPLACE INTO": r"\bREPLACE INTO\b",
    "OR IGNORE, OR REPLACE": r"\bOR (IGNORE|REPLACE)\b",
    "DO UPDATE without what conflicts": r"ON CONFLICT\s+DO UPDATE",
    "a reserved word as a name": r"(?<![\":])\bwindow\b(?!\")",
    "rowid": r"\browid\b",
}


def statements(path: Path) -> list[str]:
    """Every text of a module that looks like SQL, what is put into it left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [text for text in texts if STATEMENT.search(text)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_statement_is_spelled_as_sqlite_alone_takes_it(path: Path) -> None:
    found = [
        f"{name}: {text.strip()}"
        for text in statements(path)
        for name, pattern in ONLY_SQLITE.items()
        if re.search(pattern, text)
    ]
    assert found == []


def test_there_are_statements_to_look_at() -> None:
    assert sum(len(statements(path)) for path in FILES) > 60
