"""Passkeys: the browser's or the phone's own key, which cannot be typed into a false page.

Anybody may ask to sign in with one, and who asks a million times must not fill the store: a question carries its moment
and our stamp, and only that it was answered is kept.

Where the browser gives a secret along (the extension `prf`), it unlocks the member's own key as well; elsewhere the
password is asked for once more when something sealed is to be read.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bot.clock import Clock
from bot.desk.staff import Member
from bot.guard.credentials import Passkey
from bot.store.contract import ConflictError
from bot.store.sealing import Vault
from bot.store.shelf import Shelf, ShelfKind

NAME: Final = "Waymark"
SECRET_FROM: Final = sha256(b"waymark desk: secret of a passkey").digest()
"""What the passkey is asked to make its secret from; the same always, so that the secret is, too."""

FRESH: Final = timedelta(minutes=4)
"""So long a question may be answered; that it was is remembered for longer."""

_SKEW: Final = timedelta(minutes=1)
_RANDOM_BYTES: Final = 24
_MOMENT_BYTES: Final = 8
_NOT_AN_ANSWER: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What comes of reading something that no browser wrote."""


class Passkeys:
    """Asks browsers and checks their answers. Each question is answered once, and while it is fresh."""

    def __init__(self, shelf: Shelf, vault: Vault, clock: Clock) -> None:
        self._shelf = shelf
        self._vault = vault
        self._clock = clock

    def ask_for_new(self, member: Member, known: Sequence[Passkey], origin: str) -> str:
        """Options for making a passkey, as JSON for the browser."""
        challenge = self._question()
        options = webauthn.generate_registration_options(
            rp_id=_host(origin),
            rp_name=NAME,
            user_name=member.name,
            user_id=member.id.encode(),
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.id) for one in known],
        )
        return _asked(webauthn.options_to_json(options))

    async def take_new(self, answer: str, origin: str, name: str, now: datetime) -> Passkey | None:
        """The passkey that was made; None where the answer is not good."""
        challenge = await self._challenge(answer)
        if challenge is None:
            return None
        try:
            made = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=_host(origin),
                expected_origin=origin,
                require_user_verification=True,
            )
        except (WebAuthnException, *_NOT_AN_ANSWER):
            return None
        return Passkey(made.credential_id, made.credential_public_key, made.sign_count, name, now)

    def ask_who(self, origin: str, known: Sequence[Passkey] = ()) -> str:
        """Options for signing in, as JSON; with nobody's passkeys named, the browser offers those it has."""
        challenge = self._question()
        options = webauthn.generate_authentication_options(
            rp_id=_host(origin),
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one.id) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _asked(webauthn.options_to_json(options))

    async def check(self, answer: str, origin: str, passkey: Passkey) -> int | None:
        """The passkey's new count, where the answer is good."""
        challenge = await self._challenge(answer)
        if challenge is None:
            return None
        try:
            checked = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=_host(origin),
                expected_origin=origin,
                credential_public_key=passkey.public,
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            )
        except (WebAuthnException, *_NOT_AN_ANSWER):
            return None
        return checked.new_sign_count

    def _question(self) -> bytes:
        """A challenge that is ours by its stamp."""
        moment = int(self._clock.now().timestamp()).to_bytes(_MOMENT_BYTES)
        asked = secrets.token_bytes(_RANDOM_BYTES) + moment
        return asked + self._vault.stamp(_text(asked)).encode()

    async def _challenge(self, answer: str) -> bytes | None:
        """The challenge that an answer says it answers, if it is one of ours that was not answered before."""
        try:
            told = json.loads(webauthn.base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"]))
            challenge, is_embedded = webauthn.base64url_to_bytes(told["challenge"]), told.get("crossOrigin", False)
        except _NOT_AN_ANSWER:
            return None
        if is_embedded is not False:
            # Our page stands within somebody else's: the person may not know whom they answer.
            return None
        if not self._is_fresh(challenge):
            return None
        try:
            await self._shelf.write_shelf(ShelfKind.CHALLENGE, challenge.hex(), b"answered", 0)
        except ConflictError:
            return None
        return challenge

    def _is_fresh(self, challenge: bytes) -> bool:
        """Whether it is one of our questions, of the last minutes."""
        length = _RANDOM_BYTES + _MOMENT_BYTES
        asked, stamp = challenge[:length], challenge[length:]
        if not stamp.isascii() or not self._vault.is_stamp(_text(asked), stamp.decode()):
            return False
        age = self._clock.now().timestamp() - int.from_bytes(asked[_RANDOM_BYTES:])
        return -_SKEW.total_seconds() <= age < FRESH.total_seconds()


def read_answer(answer: str) -> tuple[bytes, str] | None:
    """The passkey's id and the member's id in a browser's answer, before anything of it is believed."""
    try:
        told = json.loads(answer)
        passkey = webauthn.base64url_to_bytes(told["rawId"])
        member = webauthn.base64url_to_bytes(told["response"]["userHandle"]).decode()
    except _NOT_AN_ANSWER:
        return None
    return passkey, member


def _text(asked: bytes) -> str:
    return f"passkey\0{asked.hex()}"


def _asked(options: str) -> str:
    grown = json.loads(options)
    grown["extensions"] = {"prf": {"eval": {"first": bytes_to_base64url(SECRET_FROM)}}}
    return json.dumps(grown)


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""
