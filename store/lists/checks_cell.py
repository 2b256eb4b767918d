"""The `checks` cell of a channel list: read by quality/checks/cell.py, told as a cell's problem."""

from quality.checks import cell
from store.lists.csv_table import CellError


def read_checks(text: str) -> str:
    """The cell in its canonical writing: checks separated by `;` without spaces around.

    Raises CellError, naming the check, where one is unknown, stands there twice, or has a wrong limit.
    """
    try:
        return cell.read_checks(text).text
    except cell.ChecksTextError as error:
        raise CellError(str(error)) from None
