"""The chat page that any phone's browser can open, also without JavaScript."""
