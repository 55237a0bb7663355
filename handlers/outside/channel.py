"""Alerts by e-mail and webhook. They say nothing about a person: which helpline, which alias, waiting since when."""

import asyncio
import hmac
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.channel import ChannelDownError, Delivered, RefusedError, UnreachableError
from bot.desk.ticket import TicketId, alias_of
from bot.messages import words_of
from bot.store.contract import Outgoing

DOOR: Final = "outside"
SIGNATURE: Final = "X-Waymark-Signature"
SUBJECT: Final = "Waymark: a case is waiting"
"""In one language, for it is read by who runs the bot; like all subjects it may be seen by others."""

_PATIENCE: Final = 5.0
_PORTS: Final = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Mail:
    """How e-mails leave: `smtp://user:password@host:587` (with STARTTLS) or `smtps://…:465`."""

    url: str = field(repr=False)
    sender: str
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hook:
    """Where alerts are posted as JSON; the secret signs the body (HMAC-SHA256, hexadecimal)."""

    url: str = field(repr=False)
    secret: str = field(repr=False)


class OutsideChannel:
    """The door "outside". Without mail and hook there is nobody to reach, which is noted by whoever delivers."""

    def __init__(self, mail: Mail | None, hook: Hook | None) -> None:
        self._mail = mail
        self._hook = hook

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        """Send it on each way there is; one that took it is enough. Raise a ChannelError."""
        if outgoing.message is None:
            return Delivered()
        words = words_of(outgoing.message.text)
        ways = []
        if self._mail is not None:
            ways.append(asyncio.to_thread(_send_mail, self._mail, words))
        if self._hook is not None:
            ways.append(_post(self._hook, outgoing, words))
        if not ways:
            raise UnreachableError("no second channel is set")
        results = await asyncio.gather(*ways, return_exceptions=True)
        errors = [one for one in results if isinstance(one, BaseException)]
        if len(errors) < len(results):
            return Delivered()
        raise errors[0]


async def _post(hook: Hook, outgoing: Outgoing, words: str) -> None:
    helpline, _, ticket = outgoing.address.chat.partition(" ")
    body = orjson.dumps({"helpline": helpline, "case": alias_of(TicketId(ticket)), "text": words})
    signature = hmac.digest(hook.secret.encode(), body, "sha256").hex()
    headers = {"Content-Type": "application/json", SIGNATURE: signature}
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=_PATIENCE)) as session,
            session.post(hook.url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            if 400 <= answer.status < 500 and answer.status not in (408, 429):
                raise RefusedError("the webhook refuses alerts")
            if answer.status >= 300:
                raise ChannelDownError("the webhook does not take alerts now")
    except (ClientError, TimeoutError) as error:
        raise ChannelDownError("the webhook is away") from error


def _send_mail(mail: Mail, words: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail.sender, ", ".join(mail.receivers), SUBJECT
    message.set_content(words)
    parts = urlsplit(mail.url)
    host, port = parts.hostname or "localhost", parts.port or _PORTS[parts.scheme]
    try:
        with _connect(parts.scheme, host, port) as server:
            if parts.username is not None:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        if 500 <= error.smtp_code < 600:
            raise RefusedError("the mail server refuses alerts") from error
        raise ChannelDownError("the mail server does not take alerts now") from error
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelDownError("the mail server is away") from error


def _connect(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=_PATIENCE)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    return server
