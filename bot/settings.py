"""The settings: environment or `.env`, every number bounded, every secret masked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from yarl import URL

from bot.domain.money import ZERO, AmountInvalid, Money
from bot.runtime.loopback import LOOPBACK_HOSTS

DISCORD_API: Final = "https://discord.com/api/v10"
DEFAULT_ESTIMATE: Final = Money.parse("0.05")  # of a run whose price nobody knows
SQLITE_PREFIX: Final = "sqlite:///"
MAX_PATH_CHARS: Final = 1_000  # Linux refuses paths past 4,096 bytes, and a character has up to four
MAX_ID: Final = 2**63 - 1  # Discord's ids fit into 64 bits
MAX_ID_DIGITS: Final = 20
MOST_A_RUN: Final = Money.parse("1000")  # a bill past it is not believed
MAX_SHOWN_CHARS: Final = 60  # of a value in a sentence about it

_RUN_KEY_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
# What a request has besides the run key: in the place of one of these it would break every run.
_TAKEN_HEADERS: Final = frozenset(
    {"x-api-key", "x-nonce", "x-signature", "authorization", "user-agent", "host", "cookie", "connection"}
    | {"content-type", "content-length", "content-encoding", "transfer-encoding", "accept", "te", "upgrade"}
    | {"accept-encoding", "expect", "trailer", "keep-alive"}
)

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
    wiro_vary_model: str = "black-forest-labs/flux-2-klein-4b"
    wiro_upscale_model: str = ""
    wiro_output_hosts: Annotated[frozenset[str], NoDecode] = frozenset({"cdn1.wiro.ai", "cdn.wiro.ai"})
    discord_cdn_hosts: Annotated[frozenset[str], NoDecode] = frozenset(
        {"cdn.discordapp.com", "media.discordapp.net"}
    )
    wiro_run_key: str = ""
    wiro_max_running: int | None = Field(None, ge=1, le=10_000)
    database_url: str = "sqlite:///data/bot.sqlite3"
    default_runs_per_day: int = Field(50, ge=0, le=1_000_000)
    default_spend_per_day: Dollars = Money.parse("2")
    default_at_once: int = Field(3, ge=1, le=1_000)
    default_estimate: Dollars = DEFAULT_ESTIMATE
    max_run_price: Dollars = Money.parse("5")
    operator_spend_per_day: Dollars = Money.parse("20")
    guild_spend_per_day: Annotated[Money | None, NoDecode] = None  # in a union, Dollars would be decoded
    user_spend_per_day: Annotated[Money | None, NoDecode] = None
    allowed_guilds: Annotated[frozenset[int], NoDecode] = frozenset()
    blocked_users: Annotated[frozenset[int], NoDecode] = frozenset()
    direct_messages: bool = True
    ai_notice: bool = False
    edit_interval_s: float = Field(1.0, ge=0, le=60)
    silence_s: float = Field(20.0, gt=0, le=600)
    unknown_grace_s: float = Field(120.0, gt=0, le=3600)
    job_deadline_s: float = Field(3600.0, gt=0, le=86_400)
    prompt_retention_days: int | None = Field(None, ge=1, le=36_500)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    health_port: int | None = Field(None, ge=1, le=65_535)

    @field_validator(
        "wiro_max_running",
        "prompt_retention_days",
        "health_port",
        mode="before",
    )
    @classmethod
    def _empty_means_off(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("discord_cdn_hosts", "wiro_output_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        hosts = frozenset(host.strip().lower() for host in value.split(",") if host.strip())
        if not hosts:
            raise ValueError("name at least one host")
        for host in hosts:
            if "*" in host or not _is_host(host):
                raise ValueError(f"{_shown(host)} is not a plain host name")
        return hosts

    @field_validator("discord_token", "wiro_api_key", "wiro_api_secret", mode="after")
    @classmethod
    def _credential(cls, value: SecretStr) -> SecretStr:
        # Blanks around it come with copying; within it they would be refused with every request.
        secret = value.get_secret_value().strip()
        if value.get_secret_value() and not secret:
            raise ValueError("there are nothing but blanks in it")
        if not all(character.isascii() and character.isprintable() for character in secret) or " " in secret:
            raise ValueError("it has blanks, line breaks or characters within it that no such key has")
        return SecretStr(secret)

    @field_validator(
        "default_spend_per_day",
        "default_estimate",
        "max_run_price",
        "operator_spend_per_day",
        mode="before",
    )
    @classmethod
    def _dollars(cls, value: Any) -> Any:
        if isinstance(value, Money):
            return value
        try:
            return Money.parse(str(value).removeprefix("$"))
        except AmountInvalid:
            raise ValueError("give dollars such as 2 or 0.50") from None

    @field_validator("guild_spend_per_day", "user_spend_per_day", mode="before")
    @classmethod
    def _dollars_or_a_share(cls, value: Any) -> Any:
        return None if value in {None, ""} else cls._dollars(value)

    @field_validator("allowed_guilds", "blocked_users", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        texts = [text.strip() for text in value.split(",") if text.strip()]
        for text in texts:
            if not (text.isascii() and text.isdecimal() and 0 < int(text[:MAX_ID_DIGITS]) <= MAX_ID):
                raise ValueError(f"{_shown(text)} is no id: copy it in Discord with Developer Mode on")
        return frozenset(map(int, texts))

    @field_validator("direct_messages", mode="before")
    @classmethod
    def _on_or_off(cls, value: Any) -> Any:
        known = {"on": True, "off": False}
        if isinstance(value, str) and value.strip().lower() not in known:
            raise ValueError("say on or off")
        return known[value.strip().lower()] if isinstance(value, str) else value

    @field_validator("max_run_price", mode="after")
    @classmethod
    def _price_of_a_run(cls, value: Money) -> Money:
        if not ZERO < value <= MOST_A_RUN:
            raise ValueError(f"give dollars above 0 and up to {MOST_A_RUN.dollars:,f}")
        return value

    @field_validator("wiro_upscale_model", mode="after")
    @classmethod
    def _slug_or_nothing(cls, value: str) -> str:
        return cls._slug(value) if value.strip() else ""

    @field_validator("wiro_model", "wiro_vary_model", mode="after")
    @classmethod
    def _slug(cls, value: str) -> str:
        owner, slash, project = value.strip().partition("/")
        if not owner.strip() or not slash or not project.strip() or "/" in project:
            raise ValueError("give owner/project, as the address of the model's page on Wiro ends")
        return value.strip()

    @field_validator("wiro_run_key", mode="after")
    @classmethod
    def _place_of_run_key(cls, value: str) -> str:
        name = value.strip()
        bare = name.removeprefix("header:")
        if name and not _RUN_KEY_NAME.fullmatch(bare):
            raise ValueError(
                "give the name of a parameter, such as runKey, or header: and the name of a header"
            )
        if bare != name and bare.lower() in _TAKEN_HEADERS:
            raise ValueError(f"the header {bare} means something else in a request")
        return name

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
        path = value.removeprefix(SQLITE_PREFIX)
        if path in {value, ""} or path.endswith(("/", ":memory:")):
            raise ValueError("give sqlite:/// and the path of a file, such as sqlite:///data/bot.sqlite3")
        if "?" in path or "#" in path:
            raise ValueError("give a path alone, without options such as ?mode=ro")
        if not path.isprintable() or len(path) > MAX_PATH_CHARS:
            raise ValueError("its path is too long, or has characters that cannot be seen")
        return value

    @property
    def database_path(self) -> Path:
        """Three slashes are relative to the working directory, four are absolute."""
        return Path(self.database_url.removeprefix(SQLITE_PREFIX))

    @property
    def is_own_discord_api(self) -> bool:
        """Whether DISCORD_API_URL names something else than Discord."""
        return self.discord_api_url != DISCORD_API

    @property
    def most_a_server(self) -> Money | None:
        """For each server in a day. Where any server may add the bot, a stranger's has no more than half."""
        if self.guild_spend_per_day is not None or self.allowed_guilds:
            return self.guild_spend_per_day
        return Money(self.operator_spend_per_day.pico // 2)

    @property
    def most_a_person(self) -> Money:
        """For each person in a day, over all servers and direct messages."""
        if self.user_spend_per_day is not None:
            return self.user_spend_per_day
        return Money(self.operator_spend_per_day.pico // 4)

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
        sentences = [_sentence(fault) for fault in error.errors(include_input=False)]
    except UnicodeDecodeError:
        sentences = ["The file .env cannot be read: save it as UTF-8 text."]
    except OSError as error:
        sentences = [f"The file .env cannot be read: {error.strerror}."]
    # Raised out here, the error has no context that a traceback could print values from.
    raise SettingsInvalid(sentences)


def _sentence(fault: Any) -> str:
    name = str(fault["loc"][0]).upper() if fault["loc"] else "The settings"
    if fault["type"] in {"missing", "too_short", "string_too_short"}:
        return f"{name} is not set. Put it into the environment or the file .env (see the README)."
    reason = str(fault["msg"]).removeprefix("Value error, ")
    return f"{name} cannot be used: {reason[:1].lower()}{reason[1:]}."


def _address(value: str, schemes: tuple[str, ...]) -> str:
    address = value.strip().rstrip("/")
    if not address.startswith(schemes) or not address.isprintable() or " " in address:
        raise ValueError(f"give an address that starts with {schemes[0]}")
    try:
        url = URL(address)
        is_usable = bool(url.host) and bool(url.port) and _is_host(url.host or "")
    except ValueError:  # also of a port past 65,535
        is_usable = False
    if not is_usable:
        raise ValueError("it names no host, or a port that there is not")
    if not address.startswith(schemes[0]) and url.raw_host not in LOOPBACK_HOSTS:
        raise ValueError(
            f"give an address that starts with {schemes[0]}: the key would travel in the open, "
            f"so {schemes[1]} is for 127.0.0.1 and localhost alone"
        )
    if url.query_string or url.fragment or "?" in address or "#" in address:
        raise ValueError("give an address without a query, to which paths can be added")
    return address


def _is_host(host: str) -> bool:
    """Whether a host of this name can be asked at all: a name, or an IP address with or without brackets."""
    try:
        built = URL.build(scheme="https", host=host.removeprefix("[").removesuffix("]"))
        name = built.raw_host or ""
        return (
            bool(name)
            and all(0 < len(label) < 64 for label in name.rstrip(".").split("."))
            and (len(name) < 254 and "/" not in name)
        )
    except ValueError:
        return False


def _shown(value: str) -> str:
    return value if len(value) <= MAX_SHOWN_CHARS else value[: MAX_SHOWN_CHARS - 1] + "…"
