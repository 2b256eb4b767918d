"""The flag of a reading for whose key another value came (docs/rulebook.md, `conflict`)."""

from quality.verdict import Flag, flags_from_json, flags_to_json

CONTRADICTED = Flag(
    "conflict", 3, "one value for a time", "another value came; the first stands until a person decides"
)
"""The flag of a reading that another file contradicts."""


def is_contradicted(flags: str | None) -> bool:
    """Whether another value came for the reading's key. Flags are as the store keeps them."""
    return any(flag.rule == CONTRADICTED.rule for flag in flags_from_json(flags))


def contradicted(flags: str | None) -> str | None:
    """The flags of a reading once another value has come for its key."""
    return flags if is_contradicted(flags) else flags_to_json((*flags_from_json(flags), CONTRADICTED))
