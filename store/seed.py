"""What every store is given when it is made, or brought to a newer schema."""

from sqlalchemy import Connection

from store.limits.figures import seed_figures
from store.limits.limit_tables import seed_limits
from store.network.parameters import seed_parameters


def seed(connection: Connection) -> None:
    """Adds what the store does not know yet; what a person has changed stays as it is."""
    seed_parameters(connection)
    seed_figures(connection)
    seed_limits(connection)
