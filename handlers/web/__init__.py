"""The doors of the web: the chat page, health and figures; one aiohttp application serves them all."""
