"""Who takes part, and under which name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contender:
    """A library as it takes part: a module of this package and its options."""

    label: str
    module: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        return self.module == "neurona_peer"


KERAS = Contender("Keras 3 on JAX", "keras_jax")
JAX = Contender("JAX, whole-epoch scan", "jax_scan")
TORCH = Contender("PyTorch", "torch_loop")
COMPILED_TORCH = Contender("PyTorch, torch.compile", "torch_loop", {"compiled": True})
SKLEARN = Contender("scikit-learn", "sklearn_mlp")
ONNX = Contender("ONNX Runtime", "onnx_runtime")

TRAINERS = [KERAS, JAX, TORCH, COMPILED_TORCH, SKLEARN]
NEURONA = "neurona"
BFLOAT16 = "neurona, bfloat16"


def neurona(engine: str, label: str = NEURONA, **options: Any) -> Contender:
    return Contender(label, "neurona_peer", {"engine": engine, **options})
