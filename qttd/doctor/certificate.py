"""The FTP door's certificate: readable, belonging to its key, valid for long enough, and for which names."""

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from qttd.doctor.finding import Finding, failed, not_applicable, ok, warning, wrong_setting
from qttd.host_facts import door_certificate
from qttd.output import counted
from qttd.settings import Settings
from receiver.ftp.tls import CertificateError, tls_context

_SOON = timedelta(days=30)


def check_certificate(settings: Settings, now: datetime) -> Iterator[Finding]:
    """What a client would meet, and who else may read the key."""
    cert, key = Path(settings.ftp.tls_cert), Path(settings.ftp.tls_key)
    try:
        certificate = door_certificate(settings)
        if certificate is None:
            yield not_applicable("certificate", "ftp.tls_cert is empty: no FTPS is offered")
            return
        tls_context(cert, key)
        mode = key.stat().st_mode
    except (CertificateError, OSError, ValueError) as error:
        remedy = "let qttd's user read both files; the key must be the certificate's own"
        yield wrong_setting("certificate", f"ftp.tls_cert, ftp.tls_key: {error}", remedy)
        return
    yield _validity(cert, certificate, now)
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield warning("certificate_key", f"others may read {key}", f"chmod 640 {key}")
    else:
        yield ok("certificate_key", f"{key} belongs to it, and others may not read it")


def _validity(path: Path, certificate: x509.Certificate, now: datetime) -> Finding:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    renew = f"renew it, put it at {path}, then `systemctl reload qttd` (SIGHUP)"
    days = (ends - now).days
    if now >= ends:
        return failed("certificate", f"{path} has expired on {ends.date()}", renew)
    if now < begins:
        return failed(
            "certificate", f"{path} is valid only from {begins.date()} on", "look at the clock; " + renew
        )
    if ends - now < _SOON:
        return warning("certificate", f"{path} expires in {counted(days, 'day')}", renew)
    return ok(
        "certificate",
        f"{path} is valid for {counted(days, 'day')}, for {', '.join(_names(certificate)) or 'no name'}",
    )


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return [str(name.value) for name in found]
    return [str(name.value) for name in names]
