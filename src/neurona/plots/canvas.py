"""Where a picture is drawn: axes in a theme's colours, and nothing left behind in matplotlib."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neurona.errors import ArgumentTypeError, MissingExtraError
from neurona.plots import themes
from neurona.plots.themes import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

NARROW = 2.4  # inches: panels that are less wide get smaller letters
Size = tuple[float, float]  # inches


def pyplot() -> Any:
    """``matplotlib.pyplot``.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError(
            "Pictures need matplotlib, which is not installed: pip install 'neurona[plots]'."
        ) from error
    return plt


@dataclass(frozen=True)
class Canvas:
    """The theme, and the axes that a picture may fill.

    Attributes:
        ax: the user's axes, or None for a figure of its own.
        dressed: whether axes get the theme's colours: new ones always, the user's
            only where a theme was asked for.
    """

    theme: Theme
    ax: Axes | None
    dressed: bool

    def one(self, size: Size) -> Axes:
        """Axes to draw in; ``size`` is that of a new figure."""
        if self.ax is not None:
            if self.dressed:
                dress(self.ax, self.theme)
                self.ax.figure.set_facecolor(self.theme.paper)
            return self.ax
        _, ax = pyplot().subplots(figsize=size, layout="constrained")
        dress(ax, self.theme)
        return ax  # type: ignore[no-any-return]

    def many(self, rows: int, columns: int, size: Size, **ratios: Sequence[float]) -> list[Axes]:
        """A grid of axes, row by row; in the place of the user's axes if there are some.

        Args:
            size: of a new figure.
            **ratios: ``width_ratios``, ``height_ratios``.
        """
        figure = (
            pyplot().figure(figsize=size, layout="constrained")
            if self.ax is None
            else self.ax.figure
        )
        grid = self._grid(figure, rows, columns, **ratios)
        panels = [figure.add_subplot(grid[i, j]) for i in range(rows) for j in range(columns)]
        for panel in panels:
            dress(panel, self.theme)
        if self.ax is not None and self.ax.bbox.width / columns < NARROW * figure.dpi:
            pyplot().rcParams["axes.titlesize"] = 7  # until the picture is drawn
            for panel in panels:
                panel.tick_params(labelsize=6)
                for label in (panel.xaxis.label, panel.yaxis.label):
                    label.set_fontsize(7)
        return panels

    def _grid(self, figure: Any, rows: int, columns: int, **ratios: Sequence[float]) -> Any:
        if self.ax is None:
            return figure.add_gridspec(rows, columns, **ratios)
        if self.dressed:
            figure.set_facecolor(self.theme.paper)
        self.ax.set_axis_off()
        place = self.ax.get_subplotspec()
        if place is not None:
            return place.subgridspec(rows, columns, **ratios)
        box = self.ax.get_position()
        sides = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        return figure.add_gridspec(rows, columns, **sides, **ratios)

    def scale(self, ax: Axes | list[Axes], mappable: Any, label: str, **options: Any) -> Axes:
        """A colour scale beside ``ax``."""
        first = ax[0] if isinstance(ax, list) else ax
        bar = first.figure.colorbar(mappable, ax=ax, **options)
        bar.set_label(label)
        bar.outline.set_visible(False)
        dress(bar.ax, self.theme)
        return bar.ax

    def legend(self, ax: Axes, **options: Any) -> None:
        """The names of what is drawn: beside axes of a new figure, within the user's."""
        if self.ax is None:
            ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, **options)
        else:
            self.names(ax, loc="upper right", **options)

    def names(self, ax: Axes, loc: Any = "best", **options: Any) -> None:
        """The names of what is drawn, within the axes, however small they are."""
        ax.legend(
            loc=loc,
            frameon=True,
            facecolor=self.theme.paper,
            edgecolor="none",
            framealpha=0.75,
            borderaxespad=0.2,
            fontsize=6 if ax.bbox.width < 1.6 * ax.figure.dpi else "small",
            **options,
        ).set_in_layout(False)

    def title(self, panels: list[Axes], words: str) -> None:
        """A heading of all panels together."""
        if self.ax is None:
            panels[0].figure.suptitle(words, fontsize=9)
        else:
            panels[0].text(0.03, 0.03, words, fontsize=6, transform=panels[0].transAxes)

    def diverging(self) -> Colormap:
        """From negative through paper, at 0, to positive."""
        return _colormap(self.theme.negative, self.theme.paper, self.theme.positive)

    def sequential(self) -> Colormap:
        """From paper to strong."""
        return _colormap(self.theme.paper, self.theme.strong)

    def ranked(self, count: int) -> list[Any]:
        """``count`` colours in an order that is seen: dark to bright, by viridis."""
        from matplotlib import colormaps

        low, high = (0.0, 0.85) if self.theme.name == "light" else (0.3, 1.0)
        step = (high - low) / max(1, count - 1)
        return [colormaps["viridis"](low + i * step) for i in range(count)]


@contextmanager
def canvas(ax: Axes | None, theme: str | None) -> Iterator[Canvas]:
    """Draw in a theme; matplotlib's settings are as before when the block ends.

    Args:
        ax: where to draw, or None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the axes' background,
            or that of matplotlib's settings.

    Raises:
        MissingExtraError: matplotlib is not installed.
        ArgumentTypeError: ``ax`` is no axes.
        ArgumentError: there is no such theme.
    """
    plt = pyplot()
    from matplotlib.colors import to_rgb

    if ax is not None and not hasattr(ax, "get_subplotspec"):
        raise ArgumentTypeError(
            f"ax must be matplotlib axes, such as plt.subplots() gives as its second value; "
            f"got {type(ax).__name__}."
        )
    if theme is not None:
        chosen = themes.get(theme)
    elif ax is not None:
        chosen = themes.suited_to(to_rgb(ax.get_facecolor()))
    else:
        chosen = themes.suited_to(to_rgb(plt.rcParams["figure.facecolor"]))
    with plt.rc_context(_settings(chosen)):
        yield Canvas(chosen, ax, ax is None or theme is not None)


def _settings(theme: Theme) -> dict[str, Any]:
    from matplotlib.rcsetup import cycler

    return {
        "figure.facecolor": theme.paper,
        "axes.facecolor": theme.paper,
        "axes.edgecolor": theme.ink,
        "axes.labelcolor": theme.ink,
        "axes.prop_cycle": cycler(color=theme.colours),
        "axes.titlesize": "medium",
        "text.color": theme.ink,
        "xtick.color": theme.ink,
        "ytick.color": theme.ink,
        "xtick.labelsize": "small",
        "ytick.labelsize": "small",
        "grid.color": theme.soft,
        "grid.linewidth": 0.6,
        "grid.alpha": 0.6,
        "legend.fontsize": "small",
        "legend.frameon": False,
        "lines.linewidth": 1.8,
    }


def dress(ax: Axes, theme: Theme) -> None:
    """Give axes the theme's colours for good, ticks that are made later included."""
    ax.set_facecolor(theme.paper)
    for side, spine in ax.spines.items():
        spine.set_color(theme.ink)
        spine.set_linewidth(0.8)
        if side in ("top", "right"):
            spine.set_visible(False)
    ax.tick_params(which="both", colors=theme.ink, labelcolor=theme.ink, labelsize="small")
    for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
        text.set_color(theme.ink)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_offset_text().set_color(theme.ink)


def count_along(ax: Axes) -> None:
    """Ticks at whole numbers alone: epochs, steps."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, min_n_ticks=1))


def frame_off(ax: Axes) -> None:
    """No ticks and no frame: for images."""
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)


def grid_shape(count: int, most_columns: int) -> tuple[int, int]:
    """Rows and columns of a grid with room for ``count`` panels.

    >>> grid_shape(3, 4), grid_shape(9, 4)
    ((1, 3), (3, 3))
    """
    rows = -(-count // most_columns)
    return rows, -(-count // rows)


def _colormap(*colours: str) -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("neurona", colours)
