"""The settings: environment or `.env`, every number bounded, every secret masked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.errors import AmountInvalid
from bot.domain.money import Money

DISCORD_API: Final = "https://discord.com/api/v10"
SQLITE_PREFIX: Final = "sqlite:///"

# Read as text: pydantic-settings would take a dataclass from the environment for JSON.
Dollars: TypeAlias = Annotated[Money, NoDecode]


class SettingsInvalid(Exception):
    """One sentence for each setting that is missing or wrong."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Settings(BaseSettings):
    """Every setting of the bot; the README's table says what each is for."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    discord_token: SecretStr = Field(min_length=1)
    discord_api_url: str = DISCORD_API
    wiro_api_key: SecretStr = Field(min_length=1)
    wiro_api_secret: SecretStr
    wiro_api_url: str = "https://api.wiro.ai/v1"
    wiro_socket_url: str = "wss://socket.wiro.ai/v1"
    wiro_model: str = "stabilityai/stable-diffusion-3-medium"
    wiro_output_hosts: Annotated[frozenset[str], NoDecode] = frozenset({"cdn1.wiro.ai", "cdn.wiro.ai"})
    wiro_max_running: int | None = Field(None, ge=1, le=10_000)
    database_url: str = "sqlite:///data/bot.sqlite3"
    default_runs_per_day: int = Field(50, ge=0, le=1_000_000)
    default_spend_per_day: Dollars = Money.parse("2")
    default_estimate: Dollars = Money.parse("0.05")
    operator_spend_per_day: Dollars = Money.parse("20")
    edit_interval_s: float = Field(1.0, ge=0, le=60)
    silence_s: float = Field(20.0, gt=0, le=600)
    unknown_grace_s: float = Field(120.0, gt=0, le=3600)
    job_deadline_s: float = Field(3600.0, gt=0, le=86_400)
    prompt_retention_days: int | None = Field(None, ge=1, le=36_500)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    health_port: int | None = Field(None, ge=1, le=65_535)

    @field_validator("wiro_max_running", "prompt_retention_days", "health_port", mode="before")
    @classmethod
    def _empty_means_off(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("wiro_output_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        hosts = frozenset(host.strip().lower() for host in value.split(",") if host.strip())
        if not hosts:
            raise ValueError("name at least one host")
        for host in hosts:
            if "/" in host or "*" in host:
                raise ValueError(f"{host} is not a plain host name")
        return hosts

    @field_validator("default_spend_per_day", "default_estimate", "operator_spend_per_day", mode="before")
    @classmethod
    def _dollars(cls, value: Any) -> Any:
        if isinstance(value, Money):
            return value
        try:
            return Money.parse(str(value).removeprefix("$"))
        except AmountInvalid:
            raise ValueError("give dollars such as 2 or 0.50") from None

    @field_validator("wiro_model", mode="after")
    @classmethod
    def _slug(cls, value: str) -> str:
        owner, slash, project = value.strip().partition("/")
        if not owner.strip() or not slash or not project.strip() or "/" in project:
            raise ValueError("give owner/project, as the address of the model's page on Wiro ends")
        return value.strip()

    @field_validator("discord_api_url", "wiro_api_url", mode="after")
    @classmethod
    def _http(cls, value: str) -> str:
        return _address(value, ("https://", "http://"))

    @field_validator("wiro_socket_url", mode="after")
    @classmethod
    def _socket(cls, value: str) -> str:
        return _address(value, ("wss://", "ws://"))

    @field_validator("database_url", mode="after")
    @classmethod
    def _sqlite(cls, value: str) -> str:
        if not value.startswith(SQLITE_PREFIX) or len(value) <= len(SQLITE_PREFIX):
            raise ValueError("give sqlite:/// and a path, such as sqlite:///data/bot.sqlite3")
        return value

    @property
    def database_path(self) -> Path:
        """Three slashes are relative to the working directory, four are absolute."""
        return Path(self.database_url.removeprefix(SQLITE_PREFIX))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never appear in a log, a reply or the database."""
        values = (self.discord_token, self.wiro_api_key, self.wiro_api_secret)
        return tuple(value.get_secret_value() for value in values if value.get_secret_value())


def load_settings(**given: Any) -> Settings:
    """Read environment and `.env`; `given` values come first. Raises SettingsInvalid."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsInvalid([_sentence(fault) for fault in error.errors(include_input=False)]) from None


def _sentence(fault: Any) -> str:
    name = str(fault["loc"][0]).upper() if fault["loc"] else "The settings"
    if fault["type"] in {"missing", "too_short", "string_too_short"}:
        return f"{name} is not set. Put it into the environment or the file .env (see the README)."
    reason = str(fault["msg"]).removeprefix("Value error, ")
    return f"{name} cannot be used: {reason[:1].lower()}{reason[1:]}."


def _address(value: str, schemes: tuple[str, ...]) -> str:
    address = value.strip().rstrip("/")
    if not address.startswith(schemes) or any(character.isspace() for character in address):
        raise ValueError(f"give an address that starts with {schemes[0]}")
    return address
