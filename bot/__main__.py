"""The command `waymark`."""

import sys


def main() -> None:
    print("usage: waymark run | check | chat | match | staff | helpline | content | doctor", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
