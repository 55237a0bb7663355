"""What the bot answers: pure values in, pure values out."""

from bot.dialogue.conversation import (
    NEW_CONVERSATION,
    Conversation,
    Frame,
    Frames,
    NodeToken,
    Value,
)

__all__ = ["NEW_CONVERSATION", "Conversation", "Frame", "Frames", "NodeToken", "Value"]
