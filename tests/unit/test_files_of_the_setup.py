"""What a newcomer copies is true: `.env.example`, the README's table, the lock, the ways to install it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.settings import DISCORD_API, Settings, load_settings

ROOT = Path(__file__).parents[2]
NEEDED = ("DISCORD_TOKEN", "WIRO_API_KEY", "WIRO_API_SECRET")
NAMES = {name.upper() for name in Settings.model_fields}
NOTHING = ("none", "off", "half the stop", "a quarter of the stop", "every server", "nobody")
WORDS_FOR_DEFAULTS = {"Discord's": DISCORD_API} | dict.fromkeys(NOTHING, "")
INSTALL = "--no-deps --only-binary :all: --require-hashes"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def of_the_readme() -> dict[str, str]:
    """Names and defaults of its table of settings; two names may share a line."""
    section = text("README.md").partition("### Settings\n")[2].partition("\n#")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {
        name.strip(" `"): default.strip()
        for names, defaults, *_ in rows
        for name, default in zip(names.split("`, `"), defaults.split("`, `"), strict=True)
    }


def test_the_example_has_every_setting_and_shows_its_default(tmp_path: Path) -> None:
    lines = re.findall(r"^(#?)([A-Z][A-Z_]+)=(.*)$", text(".env.example"), re.MULTILINE)
    assert sorted(name for _, name, _ in lines) == sorted(NAMES)
    assert [name for mark, name, _ in lines if not mark] == list(NEEDED)
    needed = {name.lower(): "given" for name in NEEDED}
    shown = "\n".join(f"{name}={value}" for mark, name, value in lines if mark)
    (tmp_path / ".env").write_text(shown, encoding="utf-8")
    assert load_settings(**needed) == load_settings(**needed, _env_file=None)


def test_the_readme_has_every_setting_and_its_default() -> None:
    table = of_the_readme()
    assert sorted(table) == sorted(NAMES)
    assert [name for name, default in table.items() if default == "required"] == list(NEEDED)
    needed = {name.lower(): "given" for name in NEEDED}
    shown = {
        name.lower(): WORDS_FOR_DEFAULTS.get(default, default.strip("`"))
        for name, default in table.items()
        if name not in NEEDED
    }
    assert load_settings(**needed, **shown) == load_settings(**needed)


def test_every_package_that_is_needed_is_in_the_lock_in_a_version_that_is_wanted() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    of_the_demo = [*project["dependencies"], *extras["demo"]]
    of_development = [need for need in extras["dev"] if not need.startswith(project["name"])]
    for lock, needs in {
        "run": project["dependencies"],
        "demo": of_the_demo,
        "dev": [*of_the_demo, *of_development],
    }.items():
        pins = dict(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", text(f"requirements/{lock}.txt"), re.MULTILINE))
        for need in map(Requirement, needs):
            assert need.specifier.contains(pins[canonicalize_name(need.name)]), (lock, need)


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile"])
def test_what_is_installed_is_the_lock_and_nothing_else(name: str) -> None:
    (install,) = re.findall(r"^.*pip install(?:.*\\\n)*.*$", text(name), re.MULTILINE)
    assert INSTALL in install


def test_the_container_may_write_to_its_data_alone() -> None:
    compose = re.sub(r" #.*", "", text("compose.yaml"))
    for line in (
        "read_only: true",
        "tmpfs:\n      - /tmp\n",
        "cap_drop:\n      - ALL\n",
        "security_opt:\n      - no-new-privileges:true\n",
        "pids_limit: 128\n",
        "mem_limit: 1g\n",
        "stop_grace_period: 10s\n",
        "- wiro-data:/data\n",
    ):
        assert line in compose
    run = " ".join(re.findall(r"^docker run (?:.*\\\n)*.*$", text("README.md"), re.MULTILINE)[0].split())
    for option in (
        "--read-only",
        "--tmpfs /tmp",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--pids-limit 128",
        "--memory 1g",
        "--stop-timeout 10",
        "-v wiro-data:/data",
    ):
        assert option in run
    runtime = text("Dockerfile").rpartition("FROM ")[2]
    assert "\nUSER bot\n" in runtime
    assert "--chown" not in runtime


def test_every_folder_of_tests_that_is_named_by_what_runs_them_is_there() -> None:
    texts = [(ROOT / name).read_text() for name in (".ci/fresh", ".ci/run")]
    named = {path for text in texts for path in re.findall(r"tests/[\w/]+", text)}
    assert named
    assert {path for path in named if not (ROOT / path).exists()} == set()
