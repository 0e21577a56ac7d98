"""Draws spirals.png: how a small network learns two spirals (needs matplotlib)."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import neurona as nn

EPOCHS = (0, 20, 60, 300)
COLOURS = ("#0072B2", "#D55E00")  # told apart by colour-blind readers (Okabe & Ito 2008)


def main() -> None:
    x, y = nn.datasets.spirals(400, noise=0.05, seed=1)
    model = nn.Sequential(
        [
            nn.layers.Input(shape=(2,)),
            nn.layers.Dense(32, activation="tanh"),
            nn.layers.Dense(16, activation="tanh"),
            nn.layers.Dense(1, activation="sigmoid"),
        ],
        seed=3,
    )
    model.compile(nn.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    reach = np.abs(x).max() * 1.1
    line = np.linspace(-reach, reach, 240)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)

    figure, panels = plt.subplots(1, len(EPOCHS), figsize=(10, 2.9), layout="constrained")
    done = 0
    for panel, epoch in zip(panels, EPOCHS, strict=True):
        model.fit(x, y, epochs=epoch - done, batch_size=20, verbose=0)
        done = epoch
        _, accuracy = model.evaluate(x, y)
        p = model.predict(grid).reshape(240, 240)
        panel.imshow(
            p, extent=(-reach, reach) * 2, origin="lower", cmap="RdBu_r", alpha=0.55, vmin=0, vmax=1
        )
        panel.contour(line, line, p, levels=[0.5], colors="k", linewidths=0.8)
        for c, colour in enumerate(COLOURS):
            panel.scatter(*x[y == c].T, s=7, color=colour, edgecolors="w", linewidths=0.3)
        panel.set(xticks=[], yticks=[], title=f"epoch {epoch}: {accuracy:.0%} right")
    figure.savefig(Path(__file__).with_name("spirals.png"), dpi=85)


if __name__ == "__main__":
    main()
