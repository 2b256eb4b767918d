"""`qttd demo`: the whole system on this machine, with nothing to set up (qttd/demo/)."""

from pathlib import Path
from typing import Annotated

import typer

from qttd.demo.timing import LEAST_SECONDS
from qttd.demo.words import Language, Words, default_language
from qttd.errors import QttdError

app = typer.Typer(rich_markup_mode=None)


class NotProvenError(QttdError):
    """The demonstration found something lost, doubled or wrong."""

    exit_code = 70


@app.command()
def demo(
    seconds: Annotated[
        float,
        typer.Option(
            min=LEAST_SECONDS, max=86400, help="How long the day takes; below 90 fewer hours are shown."
        ),
    ] = 90.0,
    folder: Annotated[
        Path, typer.Option(metavar="DIR", help="Its own folder; emptied when it runs there again.")
    ] = Path("qttd-demo"),
    stay: Annotated[bool, typer.Option("--stay", help="Keep it running afterwards, until Ctrl-C.")] = False,
    lang: Annotated[
        Language | None, typer.Option(help="vi or en; else as the environment's LANG.", show_default=False)
    ] = None,
) -> None:
    """Show the whole system on this machine: loggers, faults, ministry, and the proof that all arrived."""
    # the parts of the system are loaded only where they are shown
    from qttd.demo.film import Options, Stopped, show

    words = Words(lang or default_language())
    try:
        holds = show(Options(seconds, folder, stay, words))
    except Stopped as end:
        raise typer.Abort from end
    if not holds:
        raise NotProvenError("the proof failed: what is wrong stands above, and in the folder's logs")
