"""The second channel: an e-mail or a webhook when nobody answers in the first."""

from handlers.outside.channel import Hook, Mail, OutsideChannel
from handlers.outside.ping import ping_watcher

__all__ = ["Hook", "Mail", "OutsideChannel", "ping_watcher"]
