"""Pictures and recordings of the content, for pages. Only files that were checked can be asked for, by their hash.

They come from the disk each time, in parts where a player asks for parts; a file that has changed since it was checked
is not there until the content has been read again.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from bot.dialogue.script import Script
from bot.media import MediaFile

_FOR_GOOD: Final = "public, max-age=31536000, immutable"


class MediaFiles:
    """The files of the script that is live, under `/media/`."""

    def __init__(self, script: Callable[[], Script]) -> None:
        self._script = script

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A file by its public name."""
        name = request.match_info["name"]
        file = next((one for one in self._script().media.files() if one.public_name == name), None)
        if file is None or await asyncio.to_thread(file.read) is None:
            raise web.HTTPNotFound
        return web.FileResponse(file.path, headers={"Cache-Control": _FOR_GOOD, "Content-Type": file.kind.content_type})


def address_of(file: MediaFile | None) -> str:
    """Where a page finds a file; nothing where there is none."""
    return "" if file is None else f"/media/{file.public_name}"
