"""The bot itself: what it says, remembers and hands over to a person. It knows no messenger and no web."""
