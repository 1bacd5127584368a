"""Settings: environment variables `CYPHER_EXECUTOR_*`, then `.env`, then these defaults.

Every setting may also be given as a file: `CYPHER_EXECUTOR_API_KEY_FILE=/run/secrets/key` reads the value from there.
A variable of ours that does not exist is an error with the nearest name, because a misspelt setting that is ignored is
worse than none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from cypher_executor.errors import RequestInvalid, nearest

PREFIX = "CYPHER_EXECUTOR_"

_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[^\s?#\"<>\\]*)?", re.ASCII)


def _default_data_dir() -> Path:
    """Where an installed service keeps its data: the user's own data folder."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "cypher-executor"


class Neo4jSettings(BaseSettings):
    """The Neo4j that the service mirrors into, under the names that the world has for it: `NEO4J_URI` and so on."""

    model_config = SettingsConfigDict(env_prefix="NEO4J_", env_file=".env", extra="ignore", frozen=True)

    uri: str | None = Field(default=None, description="bolt://host:7687 or neo4j://host; no mirror when not given")
    browser: str | None = Field(
        default=None, description="where Neo4j Browser is, for links; http://HOST:7474/browser when not given"
    )
    username: str | None = Field(default=None, description="the user, when Neo4j asks for one")
    password: SecretStr | None = Field(default=None, description="the password of the user")
    database: str | None = Field(default=None, description="the database; the user's own when not given")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """As `Settings`; so `NEO4J_PASSWORD_FILE` names a file with the password."""
        return init_settings, env_settings, _FileVariants(settings_cls), dotenv_settings


class Settings(BaseSettings):
    """What an operator may choose."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(default_factory=_default_data_dir, description="the journal, blobs and caches")
    host: str = Field("127.0.0.1", description="the address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="the port to listen on; 0 takes a free one")
    public_url: str | None = Field(
        None, description="where others reach the service, like https://flows.example.com; http://HOST:PORT by default"
    )
    workers: int | None = Field(None, ge=1, le=256, description="worker processes; one per core when not given")
    parts_dir: Path | None = Field(None, description="a folder with parts of your own, beside the shipped ones")
    parts_s3: str | None = Field(
        None, description="parts of your own in S3: s3://bucket/prefix; AWS_* say where and who"
    )
    policies_dir: Path | None = Field(
        None, description="a folder with policies, queries that no stored recipe may match; policies in the data folder"
    )
    seeds: bool = Field(True, description="register the shipped recipes in an empty data folder")
    wait_limit_s: float = Field(60.0, gt=0, le=600, description="the longest that a request waits for a result")
    drain_s: float = Field(10.0, ge=0, description="how long running steps may go on when the service stops")
    max_body_kb: int = Field(1024, ge=1, description="the largest request body")
    schedules: bool = Field(
        True, description="let the schedules of stored recipes fire; off: they wait, and miss times"
    )
    max_open_runs: int = Field(
        200_000, ge=1, description="how many runs may be open at once; more are refused with 429"
    )
    max_input_mb: int = Field(1024, ge=1, description="how long the inputs of all open runs may be together; then 503")
    max_queued_steps: int = Field(500_000, ge=1, description="how many steps may wait for a worker; then 503")
    max_run_mb: int = Field(256, ge=1, description="how long the outputs of one run may be together")
    retention: str = Field(
        "", description="how long ended runs are kept, by commas: 'succeeded=30d, failed=90d, nightly/*=500'"
    )
    max_module_mb: int = Field(4, ge=1, le=16, description="how large the module of a part may be, in MiB; 16 at most")
    parts_retention: str = Field(
        "30d",
        description="how long modules that nothing needs any more are kept: '1h' or longer, or 'forever'",
    )
    parts_cache_mb: int = Field(512, ge=1, description="how much of what came from S3 is kept here")
    egress_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="networks, hosts and host:port that parts may reach although they are internal, by commas"
    )
    egress_only: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="when given, parts may reach nothing but these, by commas"
    )
    bolt_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="the port for Bolt over TCP, usually 7687; 0 takes a free one; off when not given",
    )
    bolt_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins of pages that may connect by Bolt, beside those of this machine, by commas"
    )
    secret_key: SecretStr | None = Field(
        None, description="keys of the secrets, 32 bytes in base64 each, the one in use first; made when not given"
    )
    api_key: SecretStr | None = Field(
        None, description="the key that commands present to a service which asks for keys"
    )
    neo4j: Annotated[Neo4jSettings | None, NoDecode] = Field(
        None, description="given by `serve` alone: what runs in a command is not mirrored", exclude=True
    )
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="how much is logged")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Given values first, then the environment, then files that the environment names, then `.env`."""
        return init_settings, env_settings, _FileVariants(settings_cls), dotenv_settings

    @property
    def policies(self) -> Path:
        """The folder with policies."""
        return self.policies_dir or self.data_dir / "policies"

    @property
    def most_module_bytes(self) -> int:
        """How large the module of a part may be."""
        return self.max_module_mb * 1024 * 1024

    @property
    def address(self) -> str:
        """Where others reach the service, without a slash at the end: what the addresses of waits begin with."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @field_validator("public_url")
    @classmethod
    def _address(cls, given: str | None) -> str | None:
        if given is None:
            return None
        if _ADDRESS.fullmatch(given) is None:
            raise ValueError("must be an address like https://flows.example.com or http://10.0.0.5:8080/flows")
        return given.rstrip("/")

    @field_validator("egress_allow", "egress_only", "bolt_origins", mode="before")
    @classmethod
    def _by_commas(cls, given: Any) -> Any:
        return tuple(filter(None, map(str.strip, given.split(",")))) if isinstance(given, str) else given


def load_settings(**given: Any) -> Settings:
    """The settings of this process; `given` comes first, None meaning not given. Raises RequestInvalid."""
    _refuse_unknown([*os.environ, *dotenv_values(".env")])
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = [{"path": _variable(e["loc"]), "message": e["msg"]} for e in error.errors()]
        listed = "; ".join(f"{p['path']}: {p['message']}" for p in problems)
        raise RequestInvalid(f"wrong settings: {listed}", code="setting_invalid", problems=problems) from None


def _refuse_unknown(environment: Iterable[str]) -> None:
    names = Settings.model_fields.keys() - {"neo4j"}
    known = {f"{PREFIX}{name.upper()}{ending}" for name in names for ending in ("", "_FILE")}
    unknown = [name for name in environment if name.startswith(PREFIX) and name not in known]
    if unknown:
        near = nearest(unknown[0], known)
        hint = f"; did you mean {near}?" if near else ""
        message = f"unknown setting {', '.join(unknown)}{hint}"
        raise RequestInvalid(message, code="setting_unknown", did_you_mean=near)


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + str(location[0]).upper() if location else "settings"


class _FileVariants(PydanticBaseSettingsSource):
    """`CYPHER_EXECUTOR_X_FILE` names a file that holds the value of `CYPHER_EXECUTOR_X`."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{self.config['env_prefix']}{field_name.upper()}_FILE"
        path = os.environ.get(variable)
        try:
            return (Path(path).read_text().strip() if path else None), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise RequestInvalid(f"{variable}: cannot read {path}: {error}", code="setting_invalid") from None

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(None, name)[0] for name in self.settings_cls.model_fields}
        return {name: value for name, value in found.items() if value is not None}
