"""The tests mirror bot/ and handlers/."""
