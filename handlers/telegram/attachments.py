"""What a message of Telegram holds besides words, told by the names of its fields."""

from collections.abc import Iterable
from typing import Final

from telegram.constants import MessageAttachmentType, MessageType

from bot.dialogue.events import SharedKind

_SHARED: Final = {
    MessageAttachmentType.PHOTO.value: SharedKind.PHOTO,
    MessageAttachmentType.LIVE_PHOTO.value: SharedKind.PHOTO,
    MessageAttachmentType.VOICE.value: SharedKind.VOICE,
    MessageAttachmentType.AUDIO.value: SharedKind.VOICE,
    MessageAttachmentType.VIDEO.value: SharedKind.VIDEO,
    MessageAttachmentType.VIDEO_NOTE.value: SharedKind.VIDEO,
    # An animation comes with a document of itself, a venue with its location: the first that is found counts.
    MessageAttachmentType.ANIMATION.value: SharedKind.VIDEO,
    MessageAttachmentType.DOCUMENT.value: SharedKind.DOCUMENT,
    MessageAttachmentType.CONTACT.value: SharedKind.CONTACT,
    MessageAttachmentType.VENUE.value: SharedKind.LOCATION,
    MessageAttachmentType.LOCATION.value: SharedKind.LOCATION,
    MessageAttachmentType.STICKER.value: SharedKind.STICKER,
}
_NOBODY_SPOKE: Final = frozenset(kind.value for kind in MessageType) - frozenset(
    kind.value for kind in MessageAttachmentType
)
"""Marks of a message that Telegram itself wrote ("pinned a message"), or that say nothing about what it holds."""


def kind_of(fields: Iterable[str]) -> SharedKind | None:
    """What was sent; OTHER where nobody knows what it is, nothing where nobody meant to say anything."""
    named = frozenset(fields)
    found = next((kind for name, kind in _SHARED.items() if name in named), None)
    if found is not None:
        return found
    return None if _NOBODY_SPOKE & named else SharedKind.OTHER
