"""The telephone of the officer on duty: takes the alarms of the demonstration as a webhook, and rings."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from qttd.demo.happening import Happening, Tell
from qttd.demo.ports import HOST

_LONGEST = 1 << 20


class Telephone:
    """Listens on a free port of this machine until it is closed."""

    def __init__(self, tell: Tell) -> None:
        telephone = self

        class Call(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """One alarm, as qttd's webhook channel sends it."""
                length = min(int(self.headers.get("Content-Length") or 0), _LONGEST)
                alarm = json.loads(self.rfile.read(length))
                telephone.told |= {int(event["id"]) for event in alarm["events"]}
                self.send_response(204)
                self.end_headers()
                tell(Happening("alarm", figures={"subject": alarm["subject"]}))

            def log_message(self, *_: object) -> None:
                """The alarm is told; the access is not."""

        self.told: set[int] = set()
        """The events that it was called about."""
        self._server = ThreadingHTTPServer((HOST, 0), Call)
        self._thread = Thread(target=self._server.serve_forever, name="telephone", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is called."""
        return f"http://{HOST}:{self._server.server_port}/"

    def close(self) -> None:
        """Takes no more calls."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
