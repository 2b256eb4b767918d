"""What the sections of qttd.toml share: how strict they are, and a few kinds of values."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]
PATH: dict[str, Any] = {"path": True}
"""Marks a key that names a file or folder, relative to the settings file unless absolute."""


class Section(BaseModel):
    """What all sections share: unknown keys are errors, a number in quotes is not a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
