"""Passkeys: the browser's or the phone's own key, which cannot be typed into a false page.

Where the browser gives a secret along (the extension `prf`), it unlocks the member's own key as well; elsewhere the
password is asked for once more when something sealed is to be read.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
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

from bot.desk.staff import Member
from bot.guard.credentials import Passkey
from bot.store.shelf import Shelf, ShelfKind

NAME: Final = "Waymark"
SECRET_FROM: Final = sha256(b"waymark desk: secret of a passkey").digest()
"""What the passkey is asked to make its secret from; the same always, so that the secret is, too."""

_CHALLENGE_BYTES: Final = 32
_NOT_AN_ANSWER: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What comes of reading something that no browser wrote."""


class Passkeys:
    """Asks browsers and checks their answers. Each question is answered once and within five minutes."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def ask_for_new(self, member: Member, known: Sequence[Passkey], origin: str) -> str:
        """Options for making a passkey, as JSON for the browser."""
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
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
        return await self._asked(webauthn.options_to_json(options), challenge)

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

    async def ask_who(self, origin: str, known: Sequence[Passkey] = ()) -> str:
        """Options for signing in, as JSON; with nobody's passkeys named, the browser offers those it has."""
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        options = webauthn.generate_authentication_options(
            rp_id=_host(origin),
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one.id) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return await self._asked(webauthn.options_to_json(options), challenge)

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

    async def _asked(self, options: str, challenge: bytes) -> str:
        await self._shelf.write_shelf(ShelfKind.CHALLENGE, challenge.hex(), b"asked", 0)
        grown = json.loads(options)
        grown["extensions"] = {"prf": {"eval": {"first": bytes_to_base64url(SECRET_FROM)}}}
        return json.dumps(grown)

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
        return challenge if await self._shelf.drop_shelf(ShelfKind.CHALLENGE, challenge.hex()) else None


def read_answer(answer: str) -> tuple[bytes, str] | None:
    """The passkey's id and the member's id in a browser's answer, before anything of it is believed."""
    try:
        told = json.loads(answer)
        passkey = webauthn.base64url_to_bytes(told["rawId"])
        member = webauthn.base64url_to_bytes(told["response"]["userHandle"]).decode()
    except _NOT_AN_ANSWER:
        return None
    return passkey, member


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""
