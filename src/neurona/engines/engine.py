"""What every engine is: it gets a whole program and runs many steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from numpy.typing import NDArray

from neurona.data.batches import Batches
from neurona.errors import DataError
from neurona.network import Program, State, Weights

Array = NDArray[Any]


@dataclass(frozen=True)
class Report:
    """What a run of steps came to.

    Attributes:
        rows: samples seen.
        losses: (steps,) float64: each step's batch size times its batch's loss.
            Not their sum: that would depend on how many steps one call runs.
        outputs: predictions for those samples, in the order visited, made
            before each step's update; None if not asked for.
        failed_step: the step whose loss or new weights were not finite. It was
            not taken: the state is that before it.
        right: (steps,) int64: how many rows of each step were of the class predicted
            for them before its update; None if not asked for.
        refused: what is wrong with the inputs that :meth:`Engine.watch` was told of. The
            state is that before it was.
    """

    rows: int
    losses: Array
    outputs: Array | None = None
    failed_step: int | None = None
    right: Array | None = None
    refused: DataError | None = None


class Steps(NamedTuple):
    """Steps that are to be run next: what :meth:`Engine.run_steps` is to be asked."""

    engine: Engine
    batches: Batches
    first: int
    last: int
    want_outputs: bool = False
    count_right: bool = False

    def run(self) -> Report:
        """Run them."""
        return self.engine.run_steps(self)


class Engine(ABC):
    """Runs one program from one state.

    Args:
        program: the network, loss, optimizer, seed and dtype.
        state: where to start; the engine may keep its weights in a form of its
            own, until :attr:`state` is read.
        threads: how many to use; None for the engine's choice.
    """

    name: ClassVar[str]
    side_by_side: ClassVar[bool] = False  # whether run_together does so

    def __init__(self, program: Program, state: State, threads: int | None = None) -> None:
        self.program, self.threads = program, threads
        # Counted by the epoch loop: epochs begun so far, and of the last training its steps and
        # rows an epoch, and how many steps it ran at once.
        self.epoch = state.epoch
        self.pace: tuple[tuple[int | None, int | None], int] = (None, None), 1

    @classmethod
    def installed(cls) -> bool:
        """Whether the engine is there at all."""
        return True

    @classmethod
    @abstractmethod
    def why_not(cls, program: Program) -> str | None:
        """Why this engine cannot run the program (naming the layer), or None."""

    @property
    @abstractmethod
    def state(self) -> State:
        """The state after the last step."""

    @property
    def weights(self) -> Weights:
        """Those of the state alone, for who needs no more of it."""
        return self.state.weights

    @abstractmethod
    def load(self, state: State) -> None:
        """Go on from another state."""

    def counts_right(self, batches: Batches) -> bool:
        """Whether ``run_steps`` can count how many predictions are right."""
        return False

    def watch(self, x: Array) -> bool:
        """Look for NaN and infinity in x as its rows are first read: see ``Report.refused``.

        Returns:
            False where somebody else has to look.
        """
        return False

    def release(self) -> None:  # noqa: B027 - most engines keep nothing
        """Let go of the data that was trained on."""

    @abstractmethod
    def run_steps(self, steps: Steps) -> Report:
        """Train on steps ``first`` to ``last − 1`` of their batches."""

    @classmethod
    def run_together(cls, asked: Sequence[Steps], threads: int | None = None) -> list[Report]:
        """Run steps of several engines of this class, each on one thread.

        Args:
            asked: no engine twice.
            threads: how many engines to run at a time; None for what the machine allows.
        """
        return [steps.run() for steps in asked]

    @abstractmethod
    def forward(self, x: Array) -> tuple[Array, Array]:
        """The last layer's ``z`` and ``h`` for rows ``x``, in inference mode."""

    @abstractmethod
    def predictor(self) -> Callable[[Array, Array], bool]:
        """The forward pass with the weights as they are now, whatever becomes of them here.

        Returns:
            A function that fills its second array (n, *output_shape) from rows
            (n, *input_shape), for any number of threads at once; or gives False
            where it cannot read the rows as they lie. Of one row, n may be left out.
        """
