"""A model's layers as a table of text."""

from __future__ import annotations

from neurona.network import Network

HEADINGS = ("Layer", "Output shape", "Parameters")


def layer_rows(network: Network) -> list[tuple[str, str, str]]:
    """For each layer its name and class, its output's shape, and its number of parameters."""
    return [
        (
            f"{node.name} ({type(node.layer).__name__})",
            "(" + ", ".join(["n", *map(str, node.output_shape)]) + ")",
            f"{node.count_params():,}",
        )
        for node in network.nodes
    ]


def summary_text(name: str, network: Network, size: str) -> str:
    """The layers, the shape of each one's output, and its number of parameters.

    Args:
        size: of all the weights together, for a person.
    """
    rows = layer_rows(network)
    widths = [max(len(row[i]) for row in [HEADINGS, *rows]) for i in range(3)]

    def line(row: tuple[str, str, str]) -> str:
        return f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"

    rule = "─" * (sum(widths) + 4)
    total, learned = network.count_params(), network.count_trainable()
    return "\n".join(
        [
            f"Model {name!r}, input (n, {', '.join(map(str, network.input_shape))})",
            rule,
            line(HEADINGS),
            rule,
            *map(line, rows),
            rule,
            f"Parameters: {total:,} ({size})",
            f"Trainable:  {learned:,}",
            f"Fixed:      {total - learned:,}",
        ]
    )
