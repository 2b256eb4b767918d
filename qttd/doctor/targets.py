"""The relay targets: each tried as `qttd target test` does it."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from forwarder.outcome import RelayError
from forwarder.target_url import BadTargetUrlError
from qttd.doctor.finding import Finding, failed, not_applicable, ok, warning
from qttd.settings import Settings
from qttd.target_trial import explained, try_target
from store.access.secret_box import SecretBoxError
from store.engine import reading
from store.relay.targets import Target, all_targets


def check_targets(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """One finding a target, or one for each step that it refuses and relaying can do without."""
    with reading(engine) as connection:
        targets = all_targets(connection)
    if not targets:
        yield not_applicable("target", "there is none; `qttd target add` adds one")
    for target in targets:
        if target.disabled:
            yield not_applicable("target", f"{target.name} is disabled")
        else:
            yield from _tried(target, Path(settings.store.key_file))


def _tried(target: Target, key_file: Path) -> Iterator[Finding]:
    done: list[str] = []
    try:
        for step in try_target(target, key_file):
            if step.works:
                done.append(step.name)
            else:
                remedy = f"ask those who run {target.name} to allow it, if that matters to you"
                yield warning("target", f"{target.name}: {step.name}: {step.detail}", remedy)
    except RelayError as error:
        yield failed(
            "target", f"{target.name}: {error.outcome}: {error.detail}", str(explained(target.name, error))
        )
    except BadTargetUrlError as error:
        yield failed(
            "target", f"{target.name}: {error}", "add it anew with another url, and disable this one"
        )
    except SecretBoxError as error:
        yield failed("target", f"{target.name}: its password cannot be opened", str(error))
    else:
        yield ok("target", f"{target.name}: {', '.join(done)}")
