"""The pages on which content people change what the bot says, see it, and bring it to people together."""
