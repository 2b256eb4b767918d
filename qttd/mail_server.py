"""The mail server of the settings, as the rooms that send mail take it."""

from pathlib import Path

from forwarder.mail import MailServer
from qttd.settings import Settings, password_of


def mail_server(settings: Settings) -> MailServer | None:
    """None where no server is set. Raises BadSettingsError when its password file cannot be read."""
    mail = settings.mail
    if not mail.host:
        return None
    return MailServer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        sender=mail.sender,
        user=mail.user,
        password=password_of("mail", mail.password, mail.password_file),
        ca_file=Path(mail.ca_file) if mail.ca_file else None,
    )
