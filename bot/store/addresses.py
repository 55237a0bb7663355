"""What the address of a store says: which servers there are, and with which certificates they are reached."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, parse_qs, urlsplit

_AUTHORITY, _CERTIFICATE, _KEY = "ssl_ca_certs", "ssl_certfile", "ssl_keyfile"
"""Named as the client's library names them in an address."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Whether to speak TLS, whose certificates to trust (the system's unless told), and by which to be known."""

    is_on: bool
    authority: str | None = None
    certificate: str | None = None
    key: str | None = None

    @classmethod
    def of(cls, parts: SplitResult) -> Self:
        """As an address says; in its query stand the files."""
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        is_on = parts.scheme.startswith("rediss")
        return cls(is_on, query.get(_AUTHORITY), query.get(_CERTIFICATE), query.get(_KEY))

    def settings(self) -> dict[str, str | bool | None]:
        """The same by the names that the client's library has for them."""
        files = {_AUTHORITY: self.authority, _CERTIFICATE: self.certificate, _KEY: self.key}
        return {"ssl": True, **files} if self.is_on else {"ssl": False}


def hosts_of(parts: SplitResult, port: int) -> list[tuple[str, int]]:
    """Every server that an address names; `port` is that of those that name none."""
    places = parts.netloc.rpartition("@")[2].split(",")
    split = [urlsplit(f"//{place}") for place in places]
    return [(place.hostname or "localhost", place.port or port) for place in split]
