"""The Telegram door, against a Telegram that refuses what Telegram refuses."""
