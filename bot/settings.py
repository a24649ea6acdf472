"""What comes from the process environment, and what of it must never be shown."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """An environment variable is wrong; the text names it and what to write."""


class Settings(BaseSettings):
    """Every variable that the program itself reads; their names are the fields' in capitals."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False, env_ignore_empty=True)

    readiness_config: Path = Path("readiness.yaml")
    database_url: SecretStr = SecretStr("sqlite:///var/readiness.db")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    readiness_ledger_key: SecretStr | None = None
    readiness_report_token: SecretStr | None = None
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = Field(default="https://slack.com/api/", pattern=r"^https?://")
    readiness_log: str = Field(default="", pattern="^(|json|text)$")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr) -> SecretStr:
        scheme = urlsplit(value.get_secret_value()).scheme.partition("+")[0]
        if scheme not in ("sqlite", "postgresql", "postgres"):
            raise ValueError("write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        return value

    @property
    def ledger_key(self) -> bytes | None:
        key = self.readiness_ledger_key
        return key.get_secret_value().encode() if key else None

    def secrets(self) -> frozenset[str]:
        """Values that no output may hold."""
        found = {
            secret.get_secret_value()
            for secret in (
                self.readiness_ledger_key,
                self.readiness_report_token,
                self.slack_bot_token,
                self.slack_app_token,
                self.slack_signing_secret,
            )
            if secret is not None
        }
        password = urlsplit(self.database_url.get_secret_value()).password
        return frozenset(found | ({password} if password else set()))


def read_settings() -> Settings:
    """The settings of this process. Raises SettingsError that names the variable."""
    try:
        return Settings()
    except ValidationError as wrong:
        error = wrong.errors(include_url=False, include_input=False)[0]
        name = str(error["loc"][0]).upper() if error["loc"] else "the environment"
        message = str(error["msg"]).removeprefix("Value error, ")
        raise SettingsError(f"{name}: {message}") from None
