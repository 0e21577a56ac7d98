"""Small images as PNG, inside the page."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def png(image: NDArray[np.uint8]) -> bytes:
    """An image's file: (height, width) in grey, (height, width, 3) in colour.

    Source: PNG specification, third edition, W3C 2025.

    >>> png(np.zeros((2, 2), np.uint8))[:4]
    b'\\x89PNG'
    """
    height, width = image.shape[:2]
    lines = image.reshape(height, -1)
    unfiltered = np.hstack([np.zeros((height, 1), np.uint8), lines])  # each begins with filter 0
    colour = 2 if image.ndim == 3 else 0
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(unfiltered.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def data_uri(image: NDArray[Any], low: float, high: float) -> str:
    """An image of any numbers as a ``data:`` address; ``low`` is black and ``high`` white."""
    span = (high - low) or 1.0
    scaled = np.clip((image.astype(np.float64) - low) / span, 0.0, 1.0)
    file = png(np.round(255 * scaled).astype(np.uint8))
    return f"data:image/png;base64,{base64.b64encode(file).decode()}"
