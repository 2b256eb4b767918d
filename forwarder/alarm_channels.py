"""How a message reaches its recipient: by mail, to a webhook, or through an SMS or Zalo gateway.

Telegram is blocked in Vietnam, and every SMS or Zalo OA provider has its own HTTP call: so the gateway is a
template. Requests go to http or https addresses only, follow no redirect (it could lead a secret elsewhere),
and are patient for a few seconds. Whether the recipient's server took the message is all that comes back.
"""

import hashlib
import hmac
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

from forwarder.alarm_texts import Text
from forwarder.mail import MailError, MailServer, send_mail
from store.events.alarm_rules import RuleEntry

SECONDS = 15.0
_MOST_ANSWER = 4096


class DeliveryError(Exception):
    """The message was not taken; the text says by whom and why, without any secret."""


@dataclass(frozen=True)
class Gateway:
    """An SMS or Zalo provider's HTTP call. {to}, {text} and {subject} are put in, encoded for their place."""

    url: str
    method: str = "POST"
    body: str = ""
    """Empty: the request has none. As JSON where content_type says so, else as a form."""
    content_type: str = "application/json"
    authorization: str = field(default="", repr=False)
    """The Authorization header; empty: none."""


@dataclass(frozen=True)
class Channels:
    """What leads out of here; None where a channel is not set up."""

    mail: MailServer | None
    gateway: Gateway | None
    secret_of: Callable[[int], str | None]
    """What a rule's webhook is signed with, by the rule's id."""

    def deliver(self, rule: RuleEntry, text: Text, key: str, facts: Mapping[str, Any], at: datetime) -> None:
        """Sends one message. key: the same for the same message sent again. DeliveryError where it failed."""
        if rule.channel == "email":
            self._by_mail(rule, text, key, at)
        elif rule.channel == "webhook":
            self._to_webhook(rule, text, key, facts)
        else:
            self._through_gateway(rule, text)

    def _by_mail(self, rule: RuleEntry, text: Text, key: str, at: datetime) -> None:
        if self.mail is None:
            raise DeliveryError("mail.host is not set: see the settings' section [mail]")
        try:
            send_mail(self.mail, [rule.address], text.subject, text.body, f"{key}@qttd", at)
        except MailError as error:
            raise DeliveryError(str(error)) from error

    def _to_webhook(self, rule: RuleEntry, text: Text, key: str, facts: Mapping[str, Any]) -> None:
        content = {"id": key, "subject": text.subject, "text": text.body, **facts}
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        secret = self.secret_of(rule.id)
        if secret is not None:
            headers["X-QTTD-Signature"] = (
                "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            )
        _request(rule.address, "POST", body, headers)

    def _through_gateway(self, rule: RuleEntry, text: Text) -> None:
        gateway = self.gateway
        if gateway is None:
            raise DeliveryError("gateway.url is not set: see the settings' section [gateway]")
        values = {"to": rule.address, "text": text.short, "subject": text.subject}
        as_json = "json" in gateway.content_type
        body = _filled(gateway.body, values, _json_text if as_json else _url_text).encode()
        headers = {"Content-Type": gateway.content_type} if body else {}
        if gateway.authorization:
            headers["Authorization"] = gateway.authorization
        _request(_filled(gateway.url, values, _url_text), gateway.method, body or None, headers)


def _filled(template: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    """The template with its placeholders; other braces stay, since JSON is full of them."""
    for name, value in values.items():
        template = template.replace("{" + name + "}", encode(value))
    return template


def _json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _url_text(text: str) -> str:
    return quote(text, safe="")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect())


def _request(url: str, method: str, body: bytes | None, headers: Mapping[str, str]) -> None:
    host = url.partition("//")[2].partition("/")[0].rpartition("@")[2]
    if not url.startswith(("https://", "http://")):
        raise DeliveryError(f"{host or url!r}: only http and https addresses are called")
    try:
        request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310 - looked at above
        with _OPENER.open(request, timeout=SECONDS) as answer:
            answer.read(_MOST_ANSWER)
    except urllib.error.HTTPError as error:
        said = error.read(300).decode("utf-8", "replace").strip()
        error.close()
        raise DeliveryError(f"{host} answered {error.code} {said}".strip()) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DeliveryError(f"{host}: {getattr(error, 'reason', error)}") from error
