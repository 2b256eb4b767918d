"""How long people stay signed in, by the settings."""

from datetime import timedelta

from qttd.settings import Settings
from store.access.sessions import SessionRules


def session_rules(settings: Settings) -> SessionRules:
    """As the store takes it."""
    return SessionRules(
        timedelta(minutes=settings.api.session_idle_minutes), timedelta(hours=settings.api.session_hours)
    )
