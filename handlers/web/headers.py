"""The headers that every response carries, errors too.

The referrer stays within our own pages instead of being off altogether: with it off, browsers say `Origin: null` when
they send our own forms, and the check in access.py could not tell them from forged ones.
"""

from typing import Final

from aiohttp import web

from handlers.web.access import is_https

CONTENT_SECURITY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_UNUSED_POWERS: Final = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "payment",
    "usb",
)
MICROPHONE_HERE: Final = {
    "Permissions-Policy": ", ".join(f"{power}=({'self' if power == 'microphone' else ''})" for power in _UNUSED_POWERS)
}
"""For the one page on which staff read texts aloud."""

_ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in _UNUSED_POWERS),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ONE_YEAR: Final = "max-age=31536000"


class SecurityHeaders:
    """Puts them on; `public_url` tells whether people reach us over https."""

    def __init__(self, public_url: str | None) -> None:
        self._public_url = public_url

    async def put_on(self, request: web.Request, response: web.StreamResponse) -> None:
        """To be called for each response that is about to leave."""
        self.add(request, response)
        # Nobody needs to know what we run, and in which version.
        response.headers.popall("Server", None)

    def add(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """For a response that does not leave by way of the application."""
        powers = response.headers.get("Permissions-Policy", _ALWAYS["Permissions-Policy"])
        response.headers.update(_ALWAYS)
        response.headers["Permissions-Policy"] = powers
        response.headers.setdefault("Cache-Control", "no-store")
        if is_https(request, self._public_url):
            response.headers["Strict-Transport-Security"] = _ONE_YEAR
