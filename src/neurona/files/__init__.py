"""Files that are always whole, and checked before they are believed.

>>> import tempfile
>>> from pathlib import Path
>>> import numpy as np
>>> path = Path(tempfile.mkdtemp()) / "points.safetensors"
>>> write_tensors(path, {"x": np.zeros((2, 3))}, {"note": "all zero"})
>>> tensors, config = read_tensors(path)
>>> tensors["x"].shape, config
((2, 3), {'note': 'all zero'})
"""

from neurona.files.container import (
    Container,
    Tensors,
    encode_tensors,
    is_container,
    opened,
    read_tensors,
    write_tensors,
)
from neurona.files.whole import TEMPORARY, remove_leftovers, sync_folder, write_whole

__all__ = [
    "TEMPORARY",
    "Container",
    "Tensors",
    "encode_tensors",
    "is_container",
    "opened",
    "read_tensors",
    "remove_leftovers",
    "sync_folder",
    "write_tensors",
    "write_whole",
]
