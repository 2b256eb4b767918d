"""How a simulated logger sends one file: one FTP session, in the manner of its make.

Folders are entered one by one and made where they are missing, as real loggers do. A file counts as
delivered when the server has said so, and not before; everything else is raised as `NotDelivered`.
"""

import ftplib
import io
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qttd.demo.device_file import DeviceFile
from qttd.demo.station_plan import StationPlan

_TIMEOUT = 10.0


class NotDelivered(Exception):  # noqa: N818 - what happened, not whose fault it is
    """The server did not say that it has the file."""


class Uplink:
    """The way from one logger to the department."""

    def __init__(self, plan: StationPlan, port: int, password: str, certificate: Path) -> None:
        """certificate: what the logger that sends by FTPS trusts."""
        self._plan, self._port, self._password = plan, port, password
        self._trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._trust.load_verify_locations(certificate)

    def send(self, file: DeviceFile) -> None:
        """Delivers a file. Raises NotDelivered."""
        with self._session() as ftp:
            self._enter(ftp, file.folder)
            name = "x.tmp" if self._plan.upload == "renamed" else file.name
            ftp.storbinary(f"STOR {name}", io.BytesIO(file.content))
            if self._plan.upload == "renamed":
                ftp.rename(name, file.name)
            elif self._plan.upload == "checked":
                self._check(ftp, file)

    def send_half(self, file: DeviceFile) -> None:
        """Begins to send a file, and breaks off in the middle of a line."""
        with self._session() as ftp:
            self._enter(ftp, file.folder)
            data = ftp.transfercmd(f"STOR {file.name}")
            # what arrives must end inside a line: a file that ends with one could pass for a whole one
            data.sendall(file.content[: len(file.content) // 2].rstrip(b"\r\n"))
            data.close()
            ftp.close()  # without a goodbye, and without waiting for an answer

    @contextmanager
    def _session(self) -> Iterator[ftplib.FTP]:
        encrypted = self._plan.upload == "encrypted"
        ftp = ftplib.FTP_TLS(context=self._trust) if encrypted else ftplib.FTP()  # noqa: S321 - what loggers speak
        try:
            ftp.connect("127.0.0.1", self._port, timeout=_TIMEOUT)
            ftp.login(self._plan.account, self._password)
            if isinstance(ftp, ftplib.FTP_TLS):
                ftp.prot_p()
            yield ftp
            if ftp.sock is not None:
                ftp.quit()
        except ftplib.all_errors as error:
            raise NotDelivered(str(error)) from error
        finally:
            ftp.close()

    def _enter(self, ftp: ftplib.FTP, folder: str) -> None:
        for part in folder.split("/") if folder else ():
            try:
                ftp.cwd(part)
            except ftplib.error_perm:
                ftp.mkd(part)
                ftp.cwd(part)

    def _check(self, ftp: ftplib.FTP, file: DeviceFile) -> None:
        """What careful loggers do: they ask for the size and look into the folder."""
        if ftp.size(file.name) != len(file.content) or file.name not in ftp.nlst():
            raise NotDelivered(f"{file.name} is not there as it was sent")
