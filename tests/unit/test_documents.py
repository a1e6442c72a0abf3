"""What the texts for people name is there: files, commands, settings, targets, and names of the code."""

from __future__ import annotations

import importlib
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from discord import app_commands
from discord.ext import commands

from bot.discord.client import COGS
from bot.engines.wiro.transport import USER_AGENT
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
FOR_DEVELOPERS = ("ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "tests/README.md")
TEXTS = ("README.md", *FOR_DEVELOPERS)
TOPS = ("bot", "cogs", "sandbox", "tests", "benchmarks", "docs", "requirements", ".ci")
# In backticks and no name of ours: of Python and Discord; pages, folders and files that are made.
FOREIGN = {"match", "assert_never", "random", "allowed_mentions", "answer.md", "/", "/data"}
FOREIGN |= {"/healthz", "/metrics"}
PATH = r"[\w.-]+(/[\w.-]+)*(/|\.(py|sql|md|toml|yaml|txt))"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def files() -> frozenset[str]:
    """Every file of the repository and every folder; not what was built or is kept besides."""
    below = (path for top in TOPS for path in (ROOT / top).rglob("*") if "__pycache__" not in path.parts)
    near = {path.name for path in ROOT.iterdir() if path.is_file()}
    return frozenset({*TOPS, *near} | {str(path.relative_to(ROOT)) for path in below})


@cache
def modules() -> frozenset[str]:
    """As their files are called, without what follows the name; packages, too."""
    return frozenset(name.removesuffix(".py") for name in files())


@cache
def names() -> dict[str, set[str]]:
    """What stands in each class and at the top of each module, by its last name; under "", all of it."""
    found: dict[str, set[str]] = {"": set()}
    for path in files():
        if path.endswith(".py"):
            module = owner = Path(path).stem
            for line in text(path).splitlines():
                defined = re.match(r"( {4})?(?:(?:async )?def |(class ))?([A-Za-z]\w*)(?:[(:\[]| = )", line)
                if defined is not None:
                    indent, is_class, name = defined.groups()
                    owner = owner if indent else name if is_class else module
                    for key in {"", owner if indent else module}:
                        found.setdefault(key, set()).add(name)
    return found


@cache
def tables() -> frozenset[str]:
    scripts = [text(name) for name in files() if name.endswith(".sql") and "/migrations/" in name]
    return frozenset(re.findall(r"^CREATE TABLE (\w+)", "\n".join(scripts), re.MULTILINE))


@cache
def packages() -> frozenset[str]:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    needs = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return frozenset(re.split(r"[<>=\[]", need)[0] for need in needs)


@cache
def slash_commands() -> dict[str, dict[str, bool]]:
    """By name: the options, and whether each must be given."""
    found = {}
    for module in map(importlib.import_module, COGS):
        for cog in [kind for kind in vars(module).values() if isinstance(kind, commands.CogMeta)]:
            group = f"{cog.__cog_group_name__} " if issubclass(cog, commands.GroupCog) else ""
            for top in cog.__cog_app_commands__:
                for command in top.walk_commands() if isinstance(top, app_commands.Group) else [top]:
                    if isinstance(command, app_commands.Command):
                        options = {option.name: option.required for option in command.parameters}
                        found[f"/{group}{command.qualified_name}"] = options
    return found


@cache
def variables() -> frozenset[str]:
    """Of the environment: the settings, what the tests look at, and what `make` is given."""
    tests = "".join(text(name) for name in files() if name.startswith("tests/") and name.endswith(".py"))
    read = re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', tests)
    given = re.findall(r"^([A-Z]+) \?=", text("Makefile"), re.MULTILINE)
    return frozenset([*read, *given, *(name.upper() for name in Settings.model_fields)])


def fault_of(token: str, folder: Path = Path()) -> str | None:
    """What is wrong with something in backticks; None where it is there, or is no name."""
    if token in FOREIGN:
        return None
    if token.startswith(("make ", "python ", ".venv/")) or re.match(r"[A-Z_]+=\S+ ", token):
        return fault_of_line(token)
    if re.match(r"/[a-z]+( |$)", token):
        shown = f"{token} "
        is_known = any(shown.startswith(f"{name} ") or name.startswith(shown) for name in slash_commands())
        return None if is_known else f"no command {token}"
    if found := re.fullmatch(r"([A-Z][A-Z0-9]*_[A-Z0-9_]+)(=.*)?", token):
        return None if found[1] in variables() | names()[""] else f"nobody reads {token}"
    if re.fullmatch(PATH, token):
        path = token.rstrip("/")
        is_there = {path, str(folder / path)} & files() or path in {Path(file).name for file in files()}
        return None if is_there else f"no file {token}"
    return None


def fault_of_line(line: str) -> str | None:
    """Of something to be typed into a shell."""
    words = line.split()
    for before, word in zip(["", *words], words, strict=False):
        name, is_given, _ = word.partition("=")
        if is_given and name.isupper() and name not in variables():
            return f"nobody reads {name}"
        if before == "make" and not is_given and f"\n{word}:" not in text("Makefile"):
            return f"no target {word}"
        if before == "-m" and word not in packages() and word.replace(".", "/") not in modules():
            return f"no module {word}"
        if before == "bot" and f'"{word}"' not in text("bot/__main__.py"):
            return f"no command python -m bot {word}"
        if word.startswith("tests/") and word not in files():
            return f"no tests {word}"
    return None


def strict_fault_of(token: str, folder: Path) -> str | None:
    """As `fault_of`; and whatever looks like a name is one of ours, of a package, or FOREIGN."""
    name = token.removesuffix("()")
    known = FOREIGN | packages() | tables() | variables()
    if name in known or re.fullmatch(PATH, token) or not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", name):
        return fault_of(token, folder)
    path = name.replace(".", "/")
    *_, owner, last = ("", *name.split("."))
    is_there = {name, path, str(folder / path)} & modules() or last in names().get(owner, ())
    return None if is_there else f"no {name} in the code"


def ticked(name: str) -> list[str]:
    prose = re.sub(r"^ *```.*?^ *```", "", text(name), flags=re.MULTILINE | re.DOTALL)
    return [" ".join(token.split()) for token in re.findall(r"`([^`]+)`", prose)]


def typed(name: str) -> list[str]:
    """What is to be typed into a shell, of its blocks."""
    blocks = re.findall(r"^ *```(?:sh)?\n(.*?)^ *```", text(name), re.MULTILINE | re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(("make", "python", ".venv/bin/python"))]


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_named_is_there(name: str) -> None:
    drawn = re.findall(r"^([a-z][a-z/]*) {2,}\w", text(name), re.MULTILINE)
    assert {path.rstrip("/") for path in drawn} <= files()
    check = strict_fault_of if name in FOR_DEVELOPERS else fault_of
    folder = Path(name).parent
    faults = [*(check(token, folder) for token in ticked(name)), *map(fault_of_line, typed(name))]
    assert [fault for fault in faults if fault is not None] == []


@pytest.mark.parametrize("name", [*TEXTS, "CHANGELOG.md"])
def test_links_lead_to_files_and_headings_that_are_there(name: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text(name)):
        path, _, heading = target.partition("#")
        linked = (ROOT / name).parent / path if path else ROOT / name
        assert linked.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in headings}


def test_the_readme_has_every_command_with_the_options_that_must_be_given() -> None:
    tabled: dict[str, str] = {}
    for row in re.findall(r"^\| (`/.*?) \|", text("README.md"), re.MULTILINE):
        group = ""
        for token in re.findall(r"`([^`]+)`", row):
            line = token if token.startswith("/") else f"{group} {token}"
            name = max((known for known in slash_commands() if f"{line} ".startswith(f"{known} ")), key=len)
            group = name.rpartition(" ")[0]
            tabled[name] = line.removeprefix(name)
    assert sorted(tabled) == sorted(slash_commands())
    for name, shown in tabled.items():
        options = slash_commands()[name]
        for word in shown.replace("…", "").split():
            assert options[word.strip("[]")] is not word.startswith("["), f"{name} {word}"


def test_the_version_is_the_same_wherever_it_is_said() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    headings = re.findall(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)
    assert next(heading for heading in headings if heading != "Unreleased") == version
    assert USER_AGENT.partition("/")[2] == version.rpartition(".")[0]


def test_every_folder_of_tests_says_what_it_proves() -> None:
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/__init__.py")}
    named = re.findall(r"^\| (`.*?) \|", text("tests/README.md"), re.MULTILINE)
    assert {token.partition("/")[0] for token in re.findall(r"`([^`]+)`", " ".join(named))} == folders
