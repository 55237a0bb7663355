"""The words all parts of the server share: values as JSON has them, Telegram's "no", and how it counts text."""

from typing import TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Table: TypeAlias = dict[str, Json]
Notes: TypeAlias = list[str]


class RefusedError(Exception):
    """Telegram's "no": `tolerated` when the caller could not have known better."""

    def __init__(
        self, description: str, *, code: int = 400, parameters: Table | None = None, tolerated: bool = False
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description if code != 400 else f"Bad Request: {description}"
        self.parameters = parameters
        self.tolerated = tolerated


def utf16_length(text: str) -> int:
    """Telegram counts text in UTF-16 code units: an emoji beyond the basic plane counts twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
