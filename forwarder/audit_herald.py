"""The audit herald: sends the audit log's head of each day out of the house, and says it in the log.

Once a day the head is written down (store/audit_heads.py), logged, and mailed where an address is set. A
mail server that is away is tried again for ever, more and more seldom; what was not sent stays on the list
in the store, so a restart loses nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from time import monotonic

import structlog
from sqlalchemy import Engine

from forwarder.mail import MailError, MailServer, send_mail
from parsers.vietnam_time import VN
from store import audit_heads
from store.audit_heads import AuditHead
from store.engine import STORE_AWAY, reading, writing_along

log = structlog.get_logger()

LOOK_SECONDS = 20.0
"""How often it is looked whether a day has ended."""
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
"""Seconds until a head is tried again; doubled each time."""


@dataclass(frozen=True)
class AuditMail:
    """Where heads are sent: addresses that the owners of the database cannot reach."""

    server: MailServer
    to: Sequence[str]


def run_audit_herald(
    engine: Engine,
    now: Callable[[], datetime],
    mail: AuditMail | None,
    stop: Event,
    look_seconds: float = LOOK_SECONDS,
    first_pause: float = FIRST_PAUSE,
) -> None:
    """Works until `stop` is set. mail: None where no address is set; then the log alone tells the heads."""
    pause, due = first_pause, monotonic()
    while not stop.is_set():
        try:
            _write_down(engine, now())
            if monotonic() >= due:
                if _send_all(engine, now, mail, stop):
                    pause, due = first_pause, monotonic()
                else:
                    due, pause = monotonic() + pause, min(pause * 2, LONGEST_PAUSE)
        except STORE_AWAY as error:
            log.warning("audit_herald_waits_for_store", error=str(error.orig))
        stop.wait(look_seconds)


def head_line(head: AuditHead) -> str:
    """A head as `qttd audit verify --head-file` finds it, wherever in a text it stands."""
    return f"audit-head {head.day.isoformat()} {head.head_id} {head.hash}"


def _write_down(engine: Engine, moment: datetime) -> None:
    with writing_along(engine) as connection:
        audit_heads.make_head(connection, moment)


def _send_all(engine: Engine, now: Callable[[], datetime], mail: AuditMail | None, stop: Event) -> bool:
    """Whether everything that was to be sent has been."""
    with reading(engine) as connection:
        waiting = audit_heads.unsent(connection)
    for head in waiting:
        if stop.is_set():
            return True
        if mail is not None:
            try:
                _send(mail, head, now())
            except MailError as error:
                log.warning("audit_head_not_mailed", day=head.day.isoformat(), error=str(error))
                with writing_along(engine) as connection:
                    audit_heads.failed(connection, head.day, str(error))
                return False
        log.info(
            "audit_head", day=head.day.isoformat(), id=head.head_id, hash=head.hash, mailed=mail is not None
        )
        with writing_along(engine) as connection:
            audit_heads.sent(connection, head.day, now())
    return True


def _send(mail: AuditMail, head: AuditHead, moment: datetime) -> None:
    domain = mail.server.sender.rpartition("@")[2] or "localhost"
    message_id = f"audit-head.{head.day.isoformat()}.{head.hash[:16]}@{domain}"
    subject = f"QTTĐ: dấu nhật ký kiểm toán ngày {head.day:%d/%m/%Y} (audit head)"
    text = _TEXT.format(head=head, line=head_line(head), made=head.made_at.astimezone(VN))
    send_mail(mail.server, mail.to, subject, text, message_id, moment)


_TEXT = """\
Dấu của nhật ký kiểm toán QTTĐ cho ngày {head.day:%d/%m/%Y}, lập lúc {made:%H:%M ngày %d/%m/%Y}.
Khi đó nhật ký có {head.head_id} dòng.
Giá trị băm của dòng cuối cùng:

{line}

Đề nghị lưu giữ thư này. Khi cần kiểm tra, lưu thư thành tệp và chạy trên máy chủ:
    qttd audit verify --head-file TỆP
Nếu nhật ký đã bị sửa, xóa hoặc lập lại, lệnh sẽ chỉ ra dòng sai.

--
The head of QTTĐ's audit log for {head.day}, taken on {made:%Y-%m-%d at %H:%M}: {head.head_id} lines.
The line above holds the last one's hash. Please keep this message: with it,
`qttd audit verify --head-file FILE` proves that nothing was changed.
"""
