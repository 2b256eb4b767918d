"""The log: structlog and the standard library's loggers, through one chain, to stderr.

No secret reaches it: values under a telling name are blotted out, and so are passwords in URLs, keys
and bearer tokens wherever they stand in a text, tracebacks included.
"""

import logging
import re
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from qttd.log_repeats import Repeats

BLOT = "***"
_TELLING = re.compile(
    r"passw|passwd|secret|token|authorization|api_?key|private_?key|key_hash|^key$", re.IGNORECASE
)
_IN_TEXT = (
    (re.compile(r"(?<=://)([^/\s:@]+):[^/\s]+@"), rf"\1:{BLOT}@"),
    (re.compile(r"\bqttd_[A-Za-z0-9_-]{20,}"), BLOT),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {BLOT}"),
    (re.compile(r"\$argon2[a-z]*\$[^\s'\"]+"), BLOT),
)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blots out what must not be read in a log."""
    return {name: _clean(name, value) for name, value in event.items()}


def configure_logging(level: str, form: str, role: str) -> None:
    """Sets the log up for this process. `form`: console or json; `role` stands in every line."""

    def with_role(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("role", role)
        return event

    shared: list[Processor] = [
        Repeats(),
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        with_role,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor
    if form == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # other libraries' chatter is not ours to offer: their warnings are
    root.setLevel(max(number, logging.WARNING))
    logging.getLogger("watchdog.observers.inotify").addFilter(_is_no_farewell)
    # of folders within a new folder, told twice: the looking through finds what is in them anyway
    warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning, r"watchdog\.")


def _is_no_farewell(record: logging.LogRecord) -> bool:
    """A folder's watcher that is stopped between two looks calls that an error; it has nothing to say."""
    return "called when the thread is inactive" not in record.getMessage()


def _clean(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(name, inner) for inner in value]
    if _TELLING.search(name) and value not in (None, "", True, False):
        return BLOT
    if isinstance(value, str):
        for pattern, replacement in _IN_TEXT:
            value = pattern.sub(replacement, value)
    return value
