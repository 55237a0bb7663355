"""Breaks processes, machines, networks and Telegram under load, and counts what people lost."""
