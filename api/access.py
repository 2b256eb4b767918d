"""Who is calling: an API key as `Authorization: Bearer KEY`, looked up by its SHA-256.

What a caller may do is decided in api/permissions.py. The pages have their own door
(api/page_access.py), because people have passwords and programs have keys.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection

from api.context import Here
from api.permissions import Action, may, own_stations_only
from api.problems import Refusal, unauthorized
from store.api_key_view import key_holder
from store.api_keys import key_hash
from store.engine import reading
from store.network import KEY_PREFIX
from store.station_view import Visible, station_ids

_bearer = HTTPBearer(auto_error=False, description="A key made with `qttd apikey add`")


@dataclass(frozen=True)
class Caller:
    """The holder of a key that exists and is in force."""

    name: str
    role: str
    stations: tuple[str, ...]
    """Codes; of use only where the role is bound to its own stations."""

    @property
    def account(self) -> str:
        """The name under which the ledger keeps what the caller sends."""
        return KEY_PREFIX + self.name

    def visible(self, connection: Connection) -> Visible:
        """The ids of the stations it may see; None: all of them."""
        return station_ids(connection, self.stations) if own_stations_only(self.role) else None


def authenticate(
    context: Here, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """The caller of a request; 401 without a key that is in force."""
    if credentials is None:
        raise unauthorized("This needs a key: send the header Authorization: Bearer KEY.", "Bearer")
    with reading(context.engine) as connection:
        holder = key_holder(connection, key_hash(credentials.credentials))
    if holder is None:
        raise unauthorized("This key is unknown or was withdrawn.", 'Bearer error="invalid_token"')
    return Caller(holder.name, holder.role, holder.stations)


class Allowed:
    """What an endpoint depends on: the caller, where it may do this; 401 or 403 where it may not."""

    def __init__(self, action: Action) -> None:
        self.action: Action = action

    def __call__(self, caller: Annotated[Caller, Depends(authenticate)]) -> Caller:
        if not may(caller.role, self.action):
            raise Refusal(403, f"A key with the role {caller.role} may not {self.action}.")
        return caller


def allowed(action: Action) -> Allowed:
    """The dependency of an endpoint that does this."""
    return Allowed(action)


uploader = allowed("upload")
"""For whose stations it may send is the watcher's to judge, as with every other door."""

Reader = Annotated[Caller, Depends(allowed("read"))]
