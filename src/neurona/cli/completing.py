"""The words that shell completion offers, from the library's own registries.

What is imported here is imported in the functions: a shell that asks, and
``--help``, should not wait for more than they need.
"""

from __future__ import annotations

from pathlib import Path

from neurona.cli.recipes import RECIPES


def dataset_names(incomplete: str) -> list[str]:
    """Data sets, and .npz files."""
    return _beginning([*RECIPES, *_files(incomplete, ".npz")], incomplete)


def model_files(incomplete: str) -> list[str]:
    """Files of saved models."""
    return _beginning(_files(incomplete, ".safetensors"), incomplete)


def activation_names(incomplete: str) -> list[str]:
    """Activations."""
    from neurona import activations

    return _beginning(lower_names(activations.registry.names()), incomplete)


def optimizer_names(incomplete: str) -> list[str]:
    """Optimizers."""
    from neurona import optimizers

    return _beginning(lower_names(optimizers.registry.names()), incomplete)


def engine_names(incomplete: str) -> list[str]:
    """Engines."""
    from neurona import engines

    return _beginning(["auto", *engines.ENGINES], incomplete)


def dtype_names(incomplete: str) -> list[str]:
    """Types of the weights."""
    from neurona.stack import DTYPES

    return _beginning(list(DTYPES), incomplete)


def lower_names(names: list[str]) -> list[str]:
    """The names in small letters: as one writes them on a command line."""
    return [name for name in names if name == name.lower()]


def _beginning(words: list[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _files(incomplete: str, suffix: str) -> list[str]:
    """Files of that suffix, and folders, beside what is being written."""
    folder, separator, _ = incomplete.rpartition("/")
    place = Path(folder + separator or ".")
    if not place.is_dir():
        return []
    found = sorted(p for p in place.iterdir() if p.suffix == suffix or p.is_dir())
    return [f"{folder}{separator}{p.name}{'/' * p.is_dir()}" for p in found]
