"""The alarms, put together from the settings: what leads out, and what is watched."""

import socket
from datetime import time, timedelta
from pathlib import Path
from threading import Event

from sqlalchemy import Engine

from forwarder.alarm_channels import Channels, Gateway
from forwarder.alarm_worker import Watch, run_alarms
from forwarder.system_watch import watch_devices, watch_host, watch_rejected_files, watch_relays
from qttd.clock import clock_of_process
from qttd.host_watch import look_at_host
from qttd.mail_server import mail_server
from qttd.settings import Settings, password_of
from store.access.secret_box import SecretBox
from store.engine import reading
from store.events.alarm_rules import secret_of


def alarm_channels(settings: Settings, engine: Engine) -> Channels:
    """Mail, webhooks and the gateway, as far as the settings name them."""
    box = SecretBox(Path(settings.store.key_file))

    def secret(rule_id: int) -> str | None:
        with reading(engine) as connection:
            sealed = secret_of(connection, rule_id)
        return None if sealed is None else box.open(sealed)

    told = settings.gateway
    gateway = None
    if told.url:
        password = password_of("gateway", told.password, told.password_file)
        gateway = Gateway(told.url, told.method, told.body, told.content_type, password)
    return Channels(mail_server(settings), gateway, secret)


def work_on_alarms(settings: Settings, engine: Engine, stop: Event) -> None:
    """The alarms' worker, until `stop` is set."""
    watches: list[Watch] = [
        watch_relays(timedelta(minutes=settings.alarms.relay_stuck_minutes)),
        watch_rejected_files(),
        watch_devices(),
        watch_host(socket.gethostname(), look_at_host(settings)),
    ]
    self_test_at = time.fromisoformat(settings.alarms.self_test_at)
    run_alarms(engine, alarm_channels(settings, engine), clock_of_process(), stop, self_test_at, watches)
