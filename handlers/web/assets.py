"""Files that never change under their name: the name holds a hash of what is in them, so browsers keep them for good.

They are read and packed once, at the start. Nothing else can be asked for, so no path leads out of the folder.
"""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from aiohttp import web

_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _Asset:
    plain: bytes
    packed: bytes
    content_type: str


class Assets:
    """The files of some folders, under `/static/`."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._assets: dict[str, _Asset] = {}
        self._addresses: dict[str, str] = {}
        for folder in folders:
            for path in sorted(folder.iterdir()):
                if path.suffix in _TYPES:
                    self._add(path)

    def address(self, name: str) -> str:
        """Where a page finds a file."""
        return self._addresses[name]

    async def serve(self, request: web.Request) -> web.Response:
        """A file by its name with the hash."""
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        packs = "gzip" in request.headers.get("Accept-Encoding", "")
        headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"}
        if packs:
            headers["Content-Encoding"] = "gzip"
        return web.Response(
            body=asset.packed if packs else asset.plain,
            content_type=asset.content_type,
            charset="utf-8",
            headers=headers,
        )

    def _add(self, path: Path) -> None:
        plain = path.read_bytes()
        name = f"{path.stem}.{sha256(plain).hexdigest()[:12]}{path.suffix}"
        self._assets[name] = _Asset(plain, gzip.compress(plain, 9, mtime=0), _TYPES[path.suffix])
        self._addresses[path.name] = f"/static/{name}"
