"""Whole numbers as addresses, forms and our own files hold them: not what a person wrote, which bot.language reads."""


def whole_number(told: str, most_digits: int = 5) -> int | None:
    """The number; None where it is none, or a longer one than anybody needs.

    Signs such as ² are digits, too, and no number; and a number of a million digits takes its time to be read.
    """
    return int(told) if told.isascii() and told.isdigit() and len(told) <= most_digits else None
