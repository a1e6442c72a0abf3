"""A bad setting is one sentence that names it and never shows a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.money import Money
from bot.settings import DISCORD_API, Settings, SettingsInvalid, load_settings

NEEDED = {"discord_token": "discord-secret", "wiro_api_key": "wiro-key", "wiro_api_secret": "wiro-secret"}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def settings_with(**given: Any) -> Settings:
    return load_settings(**(NEEDED | given))


def complaint_about(**given: Any) -> str:
    with pytest.raises(SettingsInvalid) as invalid:
        settings_with(**given)
    (sentence,) = invalid.value.sentences
    return sentence


def test_three_settings_are_enough() -> None:
    settings = settings_with()
    assert settings.wiro_model == "stabilityai/stable-diffusion-3-medium"
    assert settings.discord_api_url == DISCORD_API
    assert settings.default_spend_per_day == Money.parse("2")
    assert settings.operator_spend_per_day == Money.parse("20")
    assert (settings.default_at_once, settings.max_run_price) == (3, Money.parse("5"))
    assert (settings.edit_interval_s, settings.silence_s) == (1.0, 20.0)
    assert (settings.unknown_grace_s, settings.job_deadline_s) == (120.0, 3600.0)
    assert (settings.health_port, settings.wiro_max_running) == (None, None)
    assert settings.database_path == Path("data/bot.sqlite3")


def test_a_strangers_server_has_half_of_the_operators_stop_and_a_person_a_quarter() -> None:
    settings = settings_with(operator_spend_per_day="8")
    assert (settings.most_a_server, settings.most_a_person) == (Money.parse("4"), Money.parse("2"))
    known = settings_with(operator_spend_per_day="8", allowed_guilds="700")
    assert (known.most_a_server, known.most_a_person) == (None, Money.parse("2"))
    said = settings_with(guild_spend_per_day="$3", user_spend_per_day="0.5", allowed_guilds="700")
    assert (said.most_a_server, said.most_a_person) == (Money.parse("3"), Money.parse("0.5"))
    assert settings_with(guild_spend_per_day="", user_spend_per_day="").most_a_server == Money.parse("10")


def test_who_may_use_the_bot_is_a_list_of_ids() -> None:
    settings = settings_with(allowed_guilds=" 700 , 701,", blocked_users="5", direct_messages=" OFF ")
    assert (settings.allowed_guilds, settings.blocked_users) == ({700, 701}, {5})
    assert not settings.direct_messages
    settings = settings_with(allowed_guilds="", blocked_users=" ")
    assert (settings.allowed_guilds, settings.blocked_users, settings.direct_messages) == (set(), set(), True)


def test_the_models_for_results_are_named_as_models_are() -> None:
    settings = settings_with(wiro_vary_model=" a/varier ", wiro_upscale_model=" ")
    assert (settings.wiro_vary_model, settings.wiro_upscale_model) == ("a/varier", "")
    assert settings_with().wiro_vary_model == "black-forest-labs/flux-2-klein-4b"
    assert "WIRO_VARY_MODEL cannot be used: give owner/project" in complaint_about(wiro_vary_model="")
    assert "WIRO_UPSCALE_MODEL cannot be used: give owner" in complaint_about(wiro_upscale_model="upscaler")


def test_a_run_key_has_a_place_only_where_one_is_named() -> None:
    assert settings_with().wiro_run_key == settings_with(wiro_run_key=" ").wiro_run_key == ""
    assert settings_with(wiro_run_key=" runKey ").wiro_run_key == "runKey"
    assert settings_with(wiro_run_key="header:X-Run-Key").wiro_run_key == "header:X-Run-Key"


def test_settings_are_read_from_the_environment_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [
        "DISCORD_TOKEN=from-file",
        "WIRO_API_KEY=from-file",
        "WIRO_API_SECRET=",
        "SILENCE_S=5",
        "OTHER=1",
    ]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("WIRO_API_KEY", "from-environment")
    settings = load_settings()
    assert settings.discord_token.get_secret_value() == "from-file"
    assert settings.wiro_api_key.get_secret_value() == "from-environment"
    assert settings.silence_s == 5


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_setting_is_named(name: str) -> None:
    given = {key: value for key, value in NEEDED.items() if key != name}
    with pytest.raises(SettingsInvalid) as invalid:
        load_settings(**given)
    (sentence,) = invalid.value.sentences
    assert sentence.startswith(f"{name.upper()} is not set.")


@pytest.mark.parametrize("name", ["discord_token", "wiro_api_key"])
def test_an_empty_secret_counts_as_missing(name: str) -> None:
    assert complaint_about(**{name: ""}).startswith(f"{name.upper()} is not set.")


def test_an_empty_wiro_secret_means_a_key_only_project() -> None:
    settings = settings_with(wiro_api_secret="")
    assert settings.secrets == ("discord-secret", "wiro-key")


def test_every_missing_setting_has_its_sentence() -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        load_settings()
    assert len(invalid.value.sentences) == 3
    assert str(invalid.value).count("\n") == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wiro_max_running", "0"),
        ("wiro_max_running", "many"),
        ("default_runs_per_day", "-1"),
        ("default_spend_per_day", "-1"),
        ("default_spend_per_day", "a lot"),
        ("default_estimate", "nan"),
        ("default_at_once", "0"),
        ("default_at_once", "1001"),
        ("default_at_once", "three"),
        ("max_run_price", "0"),
        ("max_run_price", "-1"),
        ("max_run_price", "1000.01"),
        ("max_run_price", "cheap"),
        ("guild_spend_per_day", "-1"),
        ("guild_spend_per_day", "all"),
        ("user_spend_per_day", "1e30"),
        ("allowed_guilds", "my server"),
        ("allowed_guilds", "700, 0"),
        ("allowed_guilds", "9" * 19),
        ("allowed_guilds", "9" * 400),
        ("allowed_guilds", "-5"),
        ("blocked_users", "@somebody"),
        ("blocked_users", "1.5"),
        ("direct_messages", "maybe"),
        ("direct_messages", "yes"),
        ("operator_spend_per_day", "1e30"),
        ("edit_interval_s", "-1"),
        ("edit_interval_s", "61"),
        ("silence_s", "0"),
        ("unknown_grace_s", "0"),
        ("job_deadline_s", "86401"),
        ("silence_s", "nan"),
        ("silence_s", "inf"),
        ("log_level", "LOUD"),
        ("log_format", "xml"),
        ("health_port", "0"),
        ("health_port", "65536"),
        ("wiro_run_key", "run key"),
        ("wiro_run_key", "header:"),
        ("wiro_run_key", "header:X-Api-Key"),
        ("wiro_run_key", "x" * 65),
        ("wiro_model", "no-slash"),
        ("wiro_model", "a/b/c"),
        ("wiro_model", "a b/"),
        ("wiro_output_hosts", " , "),
        ("wiro_output_hosts", "https://cdn1.wiro.ai"),
        ("wiro_output_hosts", "*.wiro.ai"),
        ("database_url", "postgres://localhost/bot"),
        ("database_url", "sqlite:///"),
        ("discord_api_url", "discord.com"),
        ("wiro_api_url", "wss://api.wiro.ai"),
        ("wiro_api_url", "https://api wiro"),
        ("wiro_api_url", "http://api.wiro.ai/v1"),
        ("wiro_api_url", "http://127.0.0.1.example/v1"),
        ("wiro_socket_url", "ws://socket.wiro.ai/v1"),
        ("discord_api_url", "http://10.0.0.2:8080/api"),
        ("wiro_socket_url", "https://socket.wiro.ai"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_setting(name: str, value: str) -> None:
    sentence = complaint_about(**{name: value})
    assert sentence.startswith(f"{name.upper()} cannot be used: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Traceback" not in sentence


def test_no_sentence_shows_a_secret() -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        load_settings(**(NEEDED | {"silence_s": "discord-secret", "wiro_model": "wiro-secret"}))
    assert not any(secret in str(invalid.value) for secret in NEEDED.values())
    assert invalid.value.__cause__ is None


def test_settings_show_no_secret_and_cannot_be_changed() -> None:
    settings = settings_with()
    assert not any(secret in f"{settings!r} {settings}" for secret in NEEDED.values())
    assert settings.secrets == tuple(NEEDED.values())
    with pytest.raises(ValueError, match="frozen"):
        settings.silence_s = 5  # type: ignore[misc]  # that it cannot be set is the point


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("log_level", "debug", "DEBUG"),
        ("health_port", "", None),
        ("wiro_max_running", "", None),
        ("health_port", "8080", 8080),
        ("default_spend_per_day", "$0.50", Money.parse("0.5")),
        ("default_spend_per_day", Money(5), Money(5)),
        ("wiro_output_hosts", "CDN1.wiro.ai, 127.0.0.1 ,", frozenset({"cdn1.wiro.ai", "127.0.0.1"})),
        ("wiro_output_hosts", frozenset({"cdn1.wiro.ai"}), frozenset({"cdn1.wiro.ai"})),
        ("wiro_api_url", " http://127.0.0.1:9/v1/ ", "http://127.0.0.1:9/v1"),
        ("wiro_socket_url", "ws://127.0.0.1:9/v1", "ws://127.0.0.1:9/v1"),
        ("wiro_socket_url", "ws://[::1]:9/v1", "ws://[::1]:9/v1"),
        ("discord_api_url", "http://localhost:9", "http://localhost:9"),
    ],
)
def test_values_are_read_generously(name: str, value: object, read: object) -> None:
    assert getattr(settings_with(**{name: value}), name) == read


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/x.sqlite3", Path("data/x.sqlite3")),
        ("sqlite:////var/x.sqlite3", Path("/var/x.sqlite3")),
    ],
)
def test_three_slashes_are_relative_and_four_absolute(url: str, path: Path) -> None:
    assert settings_with(database_url=url).database_path == path
