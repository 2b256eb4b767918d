"""The store's accounts as the doors ask for them (receiver/admission/accounts.py says what they ask)."""

from ipaddress import ip_network

from sqlalchemy import Engine

from receiver.admission.accounts import Account
from receiver.admission.quotas import Quota
from store.access.account_keys import keys_by_account
from store.access.accounts import all_accounts, password_hashes
from store.access.quotas import quotas
from store.engine import reading
from store.revisions import current


class StoreAccounts:
    """An AccountSource. Both calls raise what the database driver raises while the store is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def revision(self) -> int:
        """The number that every change of an account raises."""
        with reading(self._engine) as connection:
            return current(connection, "accounts")

    def load(self) -> list[Account]:
        """All accounts, disabled ones too."""
        with reading(self._engine) as connection:
            entries = all_accounts(connection)
            hashes = password_hashes(connection)
            keys = keys_by_account(connection)
            limits = quotas(connection)
        return [
            Account(
                name=entry.name,
                password_hash=hashes[entry.name],
                stations=frozenset(entry.stations),
                allow=tuple(ip_network(text) for text in entry.allow),
                permissions=frozenset({"read"} if entry.reader else {"upload"}),
                disabled=entry.disabled,
                layout=entry.layout,
                keys=keys.get(entry.name, frozenset()),
                quota=Quota(*limits[entry.name]) if entry.name in limits else None,
            )
            for entry in entries
        ]
