"""The section [store] of qttd.toml."""

from pydantic import Field, SecretStr, field_validator

from qttd.sections.section import PATH, Section


class StoreSettings(Section):
    """Where everything is kept."""

    url: str = Field(
        default="sqlite:///qttd.db",
        description="sqlite:///FILE, or postgresql://user@host/db",
    )
    password: SecretStr = Field(
        default=SecretStr(""),
        description="password of a PostgreSQL store; better in QTTD_STORE__PASSWORD or in password_file",
    )
    password_file: str = Field(
        default="", description="a file whose first line is that password", json_schema_extra=PATH
    )
    key_file: str = Field(
        default="qttd.key",
        description="the key that relay passwords are encrypted with; keep it with your backups",
        json_schema_extra=PATH,
    )

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        scheme, _, rest = url.partition("://")
        if scheme == "sqlite":
            if not rest.startswith("/") or rest in ("/", "/:memory:") or "?" in rest:
                raise ValueError("should be sqlite:///FILE (the store cannot live in memory)")
        elif scheme not in ("postgresql", "postgresql+psycopg"):
            raise ValueError("should begin with sqlite:/// or postgresql://")
        return url
