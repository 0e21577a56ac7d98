"""Draws the pictures of docs/pictures.md by running the code on that page.

    python docs/images/make_gallery.py [folder] [dark]

Each block's last figure becomes the image that the page names below the block. It needs
matplotlib and pillow.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from PIL import Image

HERE = Path(__file__).parent
PAGE = HERE.parent / "pictures.md"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n!\[[^\]]*\]\(images/gallery/([\w.]+)\))?", re.S)
DPI = 80
LARGEST = 60_000  # bytes


def save(path: Path) -> None:
    """Save the last figure with 256 colours, which halves the file."""
    plt.gcf().savefig(path, dpi=DPI)
    picture = Image.open(path).convert("RGB")
    picture.quantize(256, dither=0, kmeans=1).save(path, optimize=True)


def main(folder: str = str(HERE / "gallery"), look: str = "light") -> None:
    if look == "dark":
        plt.style.use("dark_background")
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    names: dict[str, Any] = {"__name__": "__main__"}
    for code, image in blocks:
        exec(compile(code, PAGE.name, "exec"), names)
        if image.endswith(".png"):
            save(Path(image))
        if image:
            size = Path(image).stat().st_size
            print(f"{size:>7,} {image}{' is too large' if size > LARGEST else ''}")
        plt.close("all")


if __name__ == "__main__":
    main(*sys.argv[1:])
