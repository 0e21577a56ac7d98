"""Data: dividing them into parts, and (in ``neurona.data.datasets``) sets to learn from."""

from neurona.data.splitting import (
    KFold,
    holdout_indices,
    split,
    split_indices,
    stratified_split_indices,
)

__all__ = [
    "KFold",
    "holdout_indices",
    "split",
    "split_indices",
    "stratified_split_indices",
]
