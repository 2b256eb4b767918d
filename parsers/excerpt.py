"""A short quotation of what stood in a file, for the detail of a problem.

A file may hold a cell of a megabyte or letters that turn a terminal's text round: a quotation is
short, and whatever is not printable is escaped.
"""

_LONGEST = 60


def excerpt(text: str) -> str:
    """`text` in quotes, non-printable characters escaped, cut after 60 characters with an ellipsis."""
    if len(text) > _LONGEST:
        return repr(text[:_LONGEST] + "…")
    return repr(text)
