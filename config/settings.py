"""Settings: where data and config lie, how letters leave. Secrets come from the environment and nowhere else."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.database import ledger_url

SHIPPED_CONFIG = Path(__file__).resolve().parent


class Settings(BaseSettings):
    """Read from the environment with the prefix `DONDOC_` (docs/settings.md lists them)."""

    model_config = SettingsConfigDict(env_prefix="DONDOC_", frozen=True, extra="ignore")

    home: Path = Field(default=Path("var"), description="the one folder that holds all data")
    config: Path = Field(default=SHIPPED_CONFIG, description="the folder with plans/, units.yaml, escalation.yaml …")
    database_url: SecretStr | None = Field(default=None, description="the ledger; default an SQLite file in `home`")
    email_url: SecretStr | None = Field(
        default=None, description="an Apprise e-mail URL without recipients, e.g. mailtos://user:pass@host?from=…"
    )
    ping_url: SecretStr | None = Field(
        default=None, description="a dead man's switch outside: asked by GET after each healthy round"
    )
    public_url: str | None = Field(default=None, description="the portal's address as recipients reach it")
    secret_key: SecretStr | None = Field(
        default=None, description="what signs links and sessions; default a file in `home` made at the first start"
    )
    link_days: int = Field(default=60, ge=1, le=400, description="days a unit's link in a letter stays open")
    oidc_issuer: str | None = Field(default=None, description="the office's own sign-in server (OpenID Connect)")
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    read_only: bool = Field(default=False, description="the portal shows everything to everybody and changes nothing")
    host: str = "127.0.0.1"
    port: int = 8000
    prefect_port: int = 4200

    @property
    def ledger(self) -> str:
        """The ledger's URL, secrets included: never print it."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return ledger_url(self.home.resolve() / "ledger.db")

    @property
    def mailbox(self) -> Path:
        """Where letters land that no channel carries."""
        return self.home / "mailbox"

    @property
    def links(self) -> str | None:
        """The base of links in letters: `public_url` when others can reach it, else none."""
        if not self.public_url or any(name in self.public_url for name in ("127.0.0.1", "localhost", "[::1]")):
            return None
        return self.public_url.rstrip("/")
