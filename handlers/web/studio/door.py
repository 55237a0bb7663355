"""The routes of the studio. They are rules of the console's door: it lets the same people in and checks every form.

To add pages: a module with a class that takes the `Studio` and has `routes()`, each a `Guarded` with its right (see
overview_pages.py); a line in `StudioDoor.rules`; a line in `_TABS` of studio.py if the menu leads there; templates that
extend `studio.html`; words as `studio-…` in content/phrases.yaml. A form that brings a file or long text has `largest`
in its route. What a member looks at stands in the address: `/studio/at/{at}/…`, where `at` is `live` or a change's id.
"""

from handlers.web.console.access import Route
from handlers.web.studio.change_pages import ChangePages
from handlers.web.studio.content_pages import ContentPages
from handlers.web.studio.edit_pages import EditPages
from handlers.web.studio.keeping_pages import KeepingPages
from handlers.web.studio.learning_pages import LearningPages
from handlers.web.studio.map_pages import MapPages
from handlers.web.studio.media_pages import MediaPages
from handlers.web.studio.overview_pages import OverviewPages
from handlers.web.studio.preview_pages import PreviewPages
from handlers.web.studio.studio import Studio
from handlers.web.studio.translating_pages import TranslatingPages
from handlers.web.studio.version_pages import VersionPages


class StudioDoor:
    """All of `/studio`."""

    def __init__(self, studio: Studio) -> None:
        self.rules: tuple[Route, ...] = (
            *OverviewPages(studio).routes(),
            *ContentPages(studio).routes(),
            *EditPages(studio).routes(),
            *MediaPages(studio).routes(),
            *PreviewPages(studio).routes(),
            *MapPages(studio).routes(),
            *TranslatingPages(studio).routes(),
            *KeepingPages(studio).routes(),
            *LearningPages(studio).routes(),
            *ChangePages(studio).routes(),
            *VersionPages(studio).routes(),
        )

    def routes(self) -> tuple[Route, ...]:
        """To be handed to the console's door."""
        return self.rules
