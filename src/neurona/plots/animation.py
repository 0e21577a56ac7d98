"""Moving pictures: what a model looks like epoch after epoch, as a GIF, APNG or MP4."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from neurona import checks
from neurona.callbacks.callback import Callback, Logs
from neurona.errors import ArgumentError, ArgumentTypeError, MissingExtraError
from neurona.files import write_whole
from neurona.plots import themes
from neurona.plots.canvas import pyplot
from neurona.plots.video import mp4, pyav

FORMATS = {".gif": "GIF", ".png": "PNG", ".apng": "PNG", ".mp4": "MP4"}


class Frame(Protocol):
    """Anything that draws itself: what every ``…_data`` function of this package returns."""

    def plot(self, ax: Any = None, *, theme: str | None = None) -> Any:
        """Draw into axes."""


class Recorder(Callback):
    """Keeps something of the model from before training and after every ``every``-th epoch.

    Args:
        look: a function of the model; what it returns is kept. Give one of the ``…_data``
            functions of this package, and :func:`animate` makes a moving picture.
        every: epochs from one frame to the next.

    Attributes:
        epochs: of each frame, how many epochs had passed.
        frames: what ``look`` returned.

    >>> from neurona import Sequential, datasets, layers
    >>> model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile("adam", "binary_crossentropy")
    >>> recorder = Recorder(lambda model: model.get_weights()[0], every=2)
    >>> x, y = datasets.xor(50, seed=1)
    >>> history = model.fit(x, y, epochs=4, callbacks=[recorder], verbose=0)
    >>> recorder.epochs
    [0, 2, 4]
    """

    def __init__(self, look: Callable[[Any], Any], every: int = 1) -> None:
        if not callable(look):
            raise ArgumentTypeError(f"look must be a function of the model, got {look!r}.")
        self.look = look
        self.every = checks.integer("every", every, 1)
        self.passed = 0
        self.epochs: list[int] = []
        self.frames: list[Any] = []

    def on_train_begin(self, logs: Logs) -> None:
        """Keep the first frame, unless training goes on."""
        if not self.frames:
            self._keep()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Keep a frame if it is time for one."""
        self.passed += 1
        if self.passed % self.every == 0:
            self._keep()

    def _keep(self) -> None:
        self.epochs.append(self.passed)
        self.frames.append(self.look(self.model))


def animate(
    frames: Sequence[Frame],
    path: str | os.PathLike[str],
    titles: Sequence[str] | None = None,
    seconds: float = 6.0,
    hold: float = 2.0,
    size: tuple[float, float] = (4.6, 4.0),
    dpi: int = 80,
    theme: str = "light",
    colours: int = 128,
) -> Path:
    """Write a moving picture, without any external program.

    Args:
        frames: what the ``…_data`` functions return, one after the other; or the
            ``frames`` of a :class:`Recorder`.
        path: ending in ``.gif``; in ``.png`` or ``.apng`` for an animated PNG; or in
            ``.mp4`` for a film (H.264), which is smaller, has all colours, and does not
            begin again by itself. The file is written whole or not at all.
        titles: one for each frame, above it.
        seconds: from the first frame to the last.
        hold: how many seconds the last frame stays before it begins again.
        size: in inches; times ``dpi`` it is the size in pixels.
        dpi: pixels an inch.
        theme: "light" or "dark".
        colours: of all frames together, up to 256; fewer make a smaller file. Not of MP4.

    Returns:
        The file's path.

    Raises:
        MissingExtraError: matplotlib or pillow is not installed, or for MP4 PyAV
            (``pip install 'neurona[video]'``).
        ArgumentError: no frames, or another ending.

    >>> import tempfile
    >>> from neurona.plots import descent_data
    >>> frames = [descent_data((0.3,), steps=n) for n in (1, 2, 3)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     animate(frames, f"{folder}/descent.gif").stat().st_size > 1000
    True
    """
    target = Path(path)
    kind = FORMATS.get(target.suffix.lower())
    if kind is None:
        raise ArgumentError(f"path must end in .gif, .png, .apng or .mp4, got {str(path)!r}.")
    if not len(frames):
        raise ArgumentError("frames is empty: there is nothing to show.")
    if titles is not None and len(titles) != len(frames):
        raise ArgumentError(
            f"titles has {len(titles)} entries, but there are {len(frames)} frames."
        )
    image = _pillow()
    if kind == "MP4":
        pyav()  # before all is drawn in vain
    dots = checks.integer("dpi", dpi, 20, 600)
    pictures = [
        _picture(image, frame, titles[i] if titles else None, size, dots, theme)
        for i, frame in enumerate(frames)
    ]
    step = round(1000 * checks.positive("seconds", seconds) / max(1, len(pictures) - 1))
    step, last = max(20, step), round(1000 * checks.real("hold", hold, 0.0))
    shades = checks.integer("colours", colours, 2, 256)
    if kind == "MP4":
        content = mp4([np.asarray(picture) for picture in pictures], step, last)
    else:
        content = _quantized(image, pictures, kind, shades, step, last)
    write_whole(target, content)
    return target


def _quantized(
    image: Any, pictures: Sequence[Any], kind: str, colours: int, step: int, last: int
) -> bytes:
    """A GIF or APNG: one palette for all frames, so that nothing flickers, and files stay small."""
    times = [*[step] * (len(pictures) - 1), max(step, last)]
    palette = _montage(image, pictures).quantize(colours)
    drawn = [picture.quantize(palette=palette, dither=0) for picture in pictures]
    content = io.BytesIO()
    drawn[0].save(
        content, kind, save_all=True, append_images=drawn[1:], duration=times, loop=0, optimize=True
    )
    return content.getvalue()


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError(
            "Moving pictures need pillow, which is not installed: pip install 'neurona[plots]'."
        ) from error
    return Image


def _picture(
    image: Any, frame: Frame, title: str | None, size: tuple[float, float], dpi: int, theme: str
) -> Any:
    pyplot()  # says what to install where matplotlib is missing
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=dpi, layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)
    ax = figure.subplots()
    frame.plot(ax, theme=theme)
    if title is not None:
        ax.set_title("")
        figure.suptitle(title, color=themes.get(theme).ink, fontsize="medium")
    canvas.draw()
    pixels = image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba().tobytes())
    return pixels.convert("RGB")


def _montage(image: Any, pictures: Sequence[Any]) -> Any:
    """Up to six of the pictures side by side, to choose the colours from."""
    chosen = pictures[:: max(1, len(pictures) // 5)]
    width, height = chosen[0].size
    whole = image.new("RGB", (width * len(chosen), height))
    for i, picture in enumerate(chosen):
        whole.paste(picture, (i * width, 0))
    return whole
