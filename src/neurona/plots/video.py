"""Pictures as an MP4 film, encoded in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.errors import MissingExtraError

CODEC = "libx264"  # H.264, which every browser shows
QUALITY = "20"  # x264's constant rate factor: 0 is without loss, 51 the worst


def mp4(pictures: Sequence[NDArray[np.uint8]], step: int, hold: int) -> bytes:
    """A film's content.

    Args:
        pictures: (height, width, 3) red, green and blue, all of one size. A row or a column
            is repeated where the size is odd, which H.264 with 4:2:0 colours does not know.
        step: milliseconds from one picture to the next.
        hold: milliseconds that the last one stays.

    Raises:
        MissingExtraError: PyAV is not installed.
    """
    av = pyav()
    film = [*pictures, *[pictures[-1]] * max(0, round(hold / step) - 1)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        # The index first, so that a browser begins before it has all of the file.
        with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
            stream = container.add_stream(CODEC, rate=Fraction(1000, step))
            even = [size + size % 2 for size in film[0].shape[:2]]
            stream.height, stream.width = even
            stream.pix_fmt = "yuv420p"
            stream.options = {"crf": QUALITY, "threads": "1"}  # one thread: the same bytes always
            for picture in film:
                frame = av.VideoFrame.from_ndarray(_padded(picture, *even), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path.read_bytes()


def _padded(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    more = ((0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0))
    return np.ascontiguousarray(np.pad(picture, more, mode="edge"))


def pyav() -> Any:
    """The encoder.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtraError(
            "MP4 needs PyAV, which is not installed: pip install 'neurona[video]'. A path that "
            "ends in .gif or .png needs none."
        ) from error
    return av
