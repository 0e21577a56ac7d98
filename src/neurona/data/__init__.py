"""Data: sets to learn from, and dividing them into parts."""

from neurona.data import datasets
from neurona.data.splitting import (
    KFold,
    holdout_indices,
    split,
    split_indices,
    stratified_split_indices,
)

__all__ = [
    "KFold",
    "datasets",
    "holdout_indices",
    "split",
    "split_indices",
    "stratified_split_indices",
]
