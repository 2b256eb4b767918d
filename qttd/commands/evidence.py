"""`qttd evidence`: the dossier of an excess or an interruption, which proves itself."""

import sys
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from qttd.clock import clock_of_process
from qttd.errors import BadDataError, NotAllowedError
from qttd.evidence.dossier import write_dossier
from qttd.output import act_now, counted, say
from qttd.settings import load
from qttd.store_access import open_store
from store.audit import record
from store.engine import reading, writing
from store.events.evidence import NoDossierError, subject_of
from store.limits.exceedances import judge_due
from store.slots.settled import settle_all

app = typer.Typer(rich_markup_mode=None)
_DAYS = 64
_EVERY = 500


@app.command()
def make(
    event: Annotated[
        int, typer.Argument(metavar="EVENT", help="As `event list` shows it.", min=1, max=2**63 - 1)
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The dossier; must not exist.")],
) -> None:
    """Write the dossier of an excess or an interruption: data, derivation, files, audit, a script."""
    if file.exists():
        raise NotAllowedError(f"{file} exists; a dossier is never written over")
    now = clock_of_process()()
    with open_store(load()) as engine:
        settle_all(engine, now)
        while judge_due(engine, now, _DAYS) == _DAYS:
            pass
        with NamedTemporaryFile(dir=file.absolute().parent, prefix=".", suffix=".part", delete=False) as part:
            try:
                with reading(engine) as connection:
                    subject = subject_of(connection, event, now)
                    write_dossier(connection, subject, part, _tell)
                part.flush()
                digest = sha256(Path(part.name).read_bytes()).hexdigest()
                with writing(engine) as connection:
                    detail = {"sha256": digest, "size": Path(part.name).stat().st_size}
                    record(connection, act_now(), "event.evidence", str(event), detail)
                Path(part.name).rename(file)
            except NoDossierError as error:
                raise BadDataError(str(error)) from error
            finally:
                Path(part.name).unlink(missing_ok=True)
    say(f"{file}: SHA-256 {digest}, also in the audit log")


def _tell(done: int, all_: int) -> None:
    """Now and then, for a person who waits."""
    if sys.stderr.isatty() and (done % _EVERY == 0 or done == all_):
        say(f"{done} of {counted(all_, 'file')}")
