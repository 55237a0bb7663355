# /// script
# requires-python = ">=3.11"
# dependencies = ["pillow==13.0.0", "resvg-py==0.5.0"]
# ///
"""Draws content/media/*.png from content/media/svg/*.svg: `make draw`, after a drawing was changed or added.

Phones get PNG and never SVG, which may hold programs. Flat drawings need few colours, so a picture is a few kilobytes.
What it draws with is fetched for this one run only: nobody who runs or tests the bot needs it.
"""

import io
import sys
from pathlib import Path
from typing import Final

import resvg_py
from PIL import Image

MEDIA: Final = Path(__file__).parents[1] / "content" / "media"
SIDE: Final = 512
COLOURS: Final = 16
MOST_BYTES: Final = 12 * 1024


def draw(source: Path) -> bytes:
    """One drawing as a small PNG."""
    whole = bytes(resvg_py.svg_to_bytes(svg_path=str(source), width=SIDE, height=SIDE, skip_system_fonts=True))
    few = Image.open(io.BytesIO(whole)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small = io.BytesIO()
    few.save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> int:
    """Draw all; say what came out too large."""
    too_large = []
    for source in sorted((MEDIA / "svg").glob("*.svg")):
        picture = draw(source)
        (MEDIA / f"{source.stem}.png").write_bytes(picture)
        if len(picture) > MOST_BYTES:
            too_large.append(f"{source.name}: {len(picture)} bytes, at most {MOST_BYTES}")
    sys.stdout.writelines(f"{line}\n" for line in too_large)
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
