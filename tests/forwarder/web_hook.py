"""A real HTTP server that keeps what it is sent and answers as it is told."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class WebHook:
    """Listens on 127.0.0.1 while it is open."""

    status: int = 200
    location: str = ""
    calls: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def __enter__(self) -> "WebHook":
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                length = int(self.headers.get("Content-Length") or 0)
                hook.calls.append((self.command, self.path, headers, self.rfile.read(length)))
                self.send_response(hook.status)
                if hook.location:
                    self.send_header("Location", hook.location)
                self.send_header("Content-Length", "4")
                self.end_headers()
                self.wfile.write(b"nope")

            do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                """The test looks at `calls`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"
