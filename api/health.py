"""GET /healthz and /readyz: is the process alive, and is the whole system ready to take files. No key."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.context import Here
from api.problems import documented, problem_response

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"


class Ready(BaseModel):
    """All doors are open; `checks` says what was looked at."""

    status: str = "ready"
    checks: dict[str, str]


@router.get("/healthz")
async def healthz() -> Alive:
    """Whether the process answers at all. Touches nothing else."""
    return Alive()


@router.get("/readyz", response_model=Ready, responses=documented(503))
def readyz(context: Here, request: Request) -> Ready | Response:
    """Whether everything that `qttd run` should have open is open; 503 says what is not."""
    found = context.readiness()
    checks = {name: wrong or "ok" for name, wrong in found.items()}
    missing = [f"{name}: {wrong}" for name, wrong in found.items() if wrong]
    if missing:
        return problem_response(request.url.path, 503, "Not ready: " + "; ".join(missing), checks=checks)
    return Ready(checks=checks)
