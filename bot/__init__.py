"""The bot itself: what it says, what it remembers and how it hands a person over. It knows no messenger and no web."""
