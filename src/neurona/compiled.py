"""A stack of layers with what training needs: optimizer, loss, metrics, engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neurona import checks, engines, losses, metrics, optimizers, preflight
from neurona.engines import Engine
from neurona.engines.threads import MAKING
from neurona.errors import ArgumentTypeError, NotBuiltError
from neurona.layers.layer import Layer
from neurona.losses import Loss
from neurona.metrics import Metric
from neurona.network import Program, State, Weights
from neurona.optimizers import Optimizer
from neurona.part import to_config
from neurona.random import check_seed
from neurona.stack import DTYPES, Stack


class Compiled(Stack):
    """Layers that know how they are to be trained, and the engine that does it.

    While there is an engine, it holds the state: weights, optimizer, counters.
    """

    def __init__(self, layers: Iterable[Layer], name: str, seed: int | None, dtype: str) -> None:
        self.optimizer: Optimizer | None = None
        self.loss: Loss | None = None
        self._metrics: Sequence[Any] | Mapping[str, Any] = ()
        self._engine_name = "auto"
        self._threads: int | None = None
        self._engine: Engine | None = None
        self._engine_reason = ""
        super().__init__(layers, name, seed, dtype)

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Sequence[Any] | Mapping[str, Any] = (),
        *,
        seed: int | None = None,
        engine: str = "auto",
        threads: int | None = None,
        dtype: str | None = None,
    ) -> None:
        """Say how the model is to be trained. Weights stay; the optimizer starts afresh.

        Args:
            optimizer, loss: by name or as objects.
            metrics: names or objects, or a dict of them by the name to show.
            seed: replaces the model's seed. Weights that exist keep their values.
            engine: "auto" takes the fastest that can run the model; or a name.
            threads: how many to use, up to 1024; None for the engine's own choice.
            dtype: replaces the model's dtype; weights that exist are converted.
                "bfloat16" computes large matrix products in bfloat16, where the
                machine can (AVX512-BF16); weights stay float32.

        Raises:
            UnknownNameError: no part has that name; suggests the nearest.
        """
        self.optimizer = optimizers.get(optimizer)
        self.loss = None if loss is None else losses.get(loss)
        if isinstance(metrics, (str, Metric)):
            raise ArgumentTypeError(f"metrics must be a list: metrics=[{metrics!r}].")
        self._metrics = metrics or ()
        self._engine_name = checks.choice("engine", engine, "auto", *engines.ENGINES)
        self._threads = checks.threads(threads)
        state = self._detach()
        self._replan()  # layers may have been frozen since
        if seed is not None:
            self.seed = check_seed(seed)
        if dtype is not None:
            self.dtype = checks.choice("dtype", dtype, *DTYPES)
        if state is not None:
            weights = {k: w.astype(self.storage, copy=False) for k, w in state.weights.items()}
            self._state = State(weights, {}, 0, state.epoch)
        if self._network is not None:
            self._measured()  # so that a wrong metric is refused here

    def get_compile_config(self) -> dict[str, Any] | None:
        """What :meth:`compile` was told, as JSON-ready values; None if it was not called."""
        if self.optimizer is None:
            return None
        named = self._measured() if self._metrics else {}
        return {
            "optimizer": to_config(self.optimizer),
            "loss": None if self.loss is None else to_config(self.loss),
            "engine": self._engine_name,
            "metrics": {name: to_config(metric) for name, metric in named.items()},
        }

    # --- the engine, which holds the state while there is one ------------------------

    def _running(self) -> Engine:
        """The engine, made on first use with the weights as they are."""
        if self._engine is None:
            with MAKING:
                if self._engine is None:  # no other thread has made it meanwhile
                    self._engine = self._made()
        return self._engine

    def _made(self) -> Engine:
        program = Program(self.network, self.loss, self.optimizer, self.seed, self.dtype)
        preflight.check_parts(program)
        kind, self._engine_reason = engines.select(self._engine_name, program)
        state = super().state
        if set(state.slots) != set(program.slot_keys):
            slots = program.init_slots(state.weights)
            state = State(state.weights, slots, state.iteration, state.epoch)
        return kind(program, state, self._threads)

    def _training(self) -> Engine:
        if self.optimizer is None or self.loss is None:
            raise NotBuiltError(
                "The model is not compiled with a loss. Call, for example, "
                'model.compile(optimizer="adam", loss="mse") first.'
            )
        return self._running()

    def _detach(self) -> State | None:
        """Take the state back from the engine, and drop the engine."""
        if self._engine is not None:
            self._state, self._engine = self._engine.state, None
        return self._state

    def _reset(self) -> None:
        self._detach()
        super()._reset()

    def __getstate__(self) -> dict[str, Any]:
        """For pickle and copy: all but the engine, which is made anew from the state."""
        state = self._state if self._engine is None else self._engine.state
        return {**self.__dict__, "_state": state, "_engine": None, "_engine_reason": ""}

    @property
    def state(self) -> State:
        """Weights, optimizer state and counters, as they are now."""
        return super().state if self._engine is None else self._engine.state

    @state.setter
    def state(self, state: State) -> None:
        if self._engine is None:
            self._state = state
        else:
            self._engine.load(state)

    @property
    def weights(self) -> Weights:
        """All weights by key, as in ``state.weights``, without the optimizer's state."""
        return super().weights if self._engine is None else self._engine.weights

    @property
    def program(self) -> Program:
        """Network, loss and optimizer together: all that training depends on but data."""
        return self._running().program

    @property
    def engine(self) -> str:
        """The name of the engine that runs the model, and why it was chosen."""
        name = self._running().name
        return f"{name} ({self._engine_reason})"

    def _measured(self) -> dict[str, Metric]:
        return metrics.named(self._metrics, self.loss, self.network.output_shape)

    @property
    def metrics_names(self) -> list[str]:
        """The names of what ``evaluate`` returns: ``["loss", …]``."""
        return ["loss", *self._measured()]
