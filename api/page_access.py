"""The pages' door: people who signed in (api/login.py); by default none at this machine."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal
from urllib.parse import quote

from fastapi import BackgroundTasks, Request

from api.access import COOKIE, SAFE, person
from api.context import Here
from api.problems import Refusal

PageLogin = Literal["remote", "always", "never"]
"""Who signs in: those who come from another machine, everybody, or nobody."""

RENEWED = "renewed"
"""In the query of a page that renewed itself: nobody did anything, so the session is no younger by it."""

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def comes_from_here(peer: str, headers: Mapping[str, str]) -> bool:
    """Whether a request was made on this machine itself, and not by a proxy on it for somebody else."""
    try:
        local = ip_address(peer).is_loopback
    except ValueError:
        return False
    return local and not any(name in headers for name in _FORWARDED)


class NoPageError(Exception):
    """Somebody signed in whose role has no page; `role` says which."""

    def __init__(self, role: str) -> None:
        super().__init__(f"A user with the role {role} may not open this page.")
        self.role = role


class PageDoor:
    """Decides who may open the pages. One instance an application."""

    def __init__(self, login: PageLogin) -> None:
        self._login = login

    def __call__(self, request: Request, context: Here, later: BackgroundTasks) -> None:
        """As a dependency of a page's route: lets in, or sends to the page where one signs in.

        Raises NoPageError, which is shown as a page too, so that there is a way to sign out.
        """
        token = request.cookies.get(COOKIE)
        renewed = RENEWED in request.query_params
        caller = None if token is None else person(context, None if renewed else later, token)
        if caller is not None:
            request.state.signed_in = caller
            if not caller.may("overview"):
                raise NoPageError(caller.role)
            return
        peer = request.client.host if request.client else ""
        if self._login == "never" or (self._login == "remote" and comes_from_here(peer, request.headers)):
            return
        query = request.url.remove_query_params(RENEWED).query
        where = request.url.path + (f"?{query}" if query else "")
        wanted = f"?next={quote(where, safe='')}" if request.method in SAFE and where != "/" else ""
        raise Refusal(303, "Sign in first.", {"Location": f"/login{wanted}"})
