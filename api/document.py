"""The OpenAPI document: what FastAPI knows of the routes, and the errors that every route may answer.

Any call may be refused before its own code sees it (no key, a body that is not JSON, a store that is away),
always as application/problem+json. To say so once, here, keeps the routes free of it; a route that
describes such an answer itself keeps its own words.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE, Problem

_ANY_CALL = (400, 401, 403, 404, 409, 410, 413, 422, 429, 503)


def document(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What stands in for `app.openapi`: the document, made at the first call."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            for path in made["paths"].values():
                for operation in path.values():
                    _add_errors(operation["responses"])
                    _say_that_empty_is_none(operation.get("parameters", ()))
            made.setdefault("components", {}).setdefault("schemas", {})["Problem"] = (
                Problem.model_json_schema()
            )
            app.openapi_schema = made
        return app.openapi_schema

    return openapi


def _say_that_empty_is_none(parameters: Iterable[dict[str, Any]]) -> None:
    """A query cannot hold a null: a parameter that may be one is left empty instead (api/parameters.py)."""
    for parameter in parameters:
        choices = parameter["schema"].get("anyOf", []) if parameter["in"] == "query" else []
        if {"type": "null"} in choices:
            choices.remove({"type": "null"})
            if not any(choice.get("type") == "array" for choice in choices):
                choices.append({"type": "string", "maxLength": 0})


def _add_errors(responses: dict[str, Any]) -> None:
    """Every error that a call may end with has the shape of a problem."""
    for status in _ANY_CALL:
        told = responses.setdefault(str(status), {"description": HTTPStatus(status).phrase})
        told["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
