"""A passkey without a device: it answers a browser's questions as WebAuthn says, and lies where a test tells it to."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class _Party(msgspec.Struct):
    id: str


class _User(msgspec.Struct):
    id: str


class Options(msgspec.Struct):
    """What of the page's options an authenticator looks at."""

    challenge: str
    rp: _Party | None = None
    user: _User | None = None
    rpId: str = ""  # noqa: N815 - the standard's name


def read_options(options: str) -> Options:
    return msgspec.json.decode(options, type=Options)


@dataclass(slots=True)
class Authenticator:
    """One passkey, of one member at one site. Each `claims_…` is what it says instead of the truth."""

    origin: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    counts: bool = True
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: str = ""
    claims_type: str | None = None
    claims_challenge: str | None = None
    claims_host: str | None = None
    is_embedded: bool = False

    def make(self, options: str) -> str:
        """What `navigator.credentials.create()` gives, as JSON."""
        asked = read_options(options)
        assert asked.user is not None
        assert asked.rp is not None
        self.user = asked.user.id
        data = self._data(asked.rp.id, self.flags | ATTESTED) + self._attested()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {
                "clientDataJSON": bytes_to_base64url(self._client("webauthn.create", asked.challenge)),
                "attestationObject": bytes_to_base64url(attestation),
            }
        )

    def sign(self, options: str) -> str:
        """What `navigator.credentials.get()` gives, as JSON."""
        asked = read_options(options)
        self.count += self.counts
        data, client = self._data(asked.rpId, self.flags), self._client("webauthn.get", asked.challenge)
        signature = self.key.sign(data + sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": bytes_to_base64url(client),
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(signature),
                "userHandle": self.user,
            }
        )

    def _answer(self, response: dict[str, str]) -> str:
        told = bytes_to_base64url(self.id)
        return json.dumps({"id": told, "rawId": told, "type": "public-key", "response": response})

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {
            "type": self.claims_type or kind,
            "challenge": self.claims_challenge or challenge,
            "origin": self.origin,
            "crossOrigin": self.is_embedded,
        }
        return json.dumps(told).encode()

    def _data(self, host: str, flags: int) -> bytes:
        named = sha256((self.claims_host or host).encode()).digest()
        return named + bytes((flags,)) + self.count.to_bytes(4, "big")

    def _attested(self) -> bytes:
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        return bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)


def changed(answer: str, place: str, at: int, bit: int = 1) -> str:
    """An answer of which one byte of one part is another."""
    told = json.loads(answer)
    part = bytearray(base64url_to_bytes(told["response"][place]))
    part[at % len(part)] ^= bit
    told["response"][place] = bytes_to_base64url(bytes(part))
    return json.dumps(told)
