"""What every callback is: hooks that training calls at its turning points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from neurona.errors import ArgumentError, ArgumentTypeError, suggestion

if TYPE_CHECKING:
    from neurona.model import Sequential
    from neurona.runs.position import Position
    from neurona.training import Job

# Measures by name, such as {"loss": 0.31, "val_loss": 0.35}. What a callback adds to them
# at an epoch's end is seen by the callbacks after it, and goes into the history.
Logs = dict[str, Any]


class Callback:
    """Something that is told what training does. Every hook may be left out.

    To write one, derive from this class and define the hooks you need. Setting
    ``self.model.stop_training = True`` ends training at the epoch's end (in a
    batch hook: after that batch). ``self.model.optimizer.learning_rate`` may be set at any time.

    Attributes:
        model: the model in training.
        params: ``{"epochs": …, "steps": …, "samples": …, "batch_size": …,
            "seed": …, "engine": …, "threads": …, "verbose": …, "measures": {…}}``.
        state_names: the attributes that :meth:`get_state` takes.
        only_records: whether it only shows or writes what happens: a run may be resumed
            with or without it.
    """

    model: Sequential
    params: Mapping[str, Any]
    only_records: ClassVar[bool] = False
    state_names: ClassVar[tuple[str, ...]] = ()

    def on_train_begin(self, logs: Logs) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs) -> None:
        """After the last epoch, also when training was stopped or interrupted."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation; ``logs`` holds all its measures."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before each step. Defining it makes training return to Python every step."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After each step. Defining it makes training return to Python every step."""

    def on_progress(self, done: int, total: int | None, logs: Logs) -> None:
        """About ten times a second: rows done in this epoch, of how many, and running means."""

    def on_position(self, position: Position) -> None:
        """Between two steps, and after each epoch: the moments to write down where training is.

        Called about ten times a second, and whenever :attr:`steps_to_position` asked for
        it. ``position`` goes on changing as training does.
        """

    def on_resume(self, position: Position) -> None:
        """Where a run goes on: after ``on_train_begin``, or where that is in the middle of an
        epoch, after ``on_epoch_begin``.
        """

    def on_finding(self, text: str) -> None:
        """When the doctor has found something wrong, once for each finding."""

    def begin_at(self, job: Job, listeners: CallbackList, leaving: ExitStack) -> Position | None:
        """Where to begin, asked before ``on_train_begin``; None for the beginning.

        Who answers has put the model and the other callbacks into the state of that moment.

        Args:
            job: what is to be trained on.
            listeners: all callbacks of this training.
            leaving: what is entered here is left after the training, whatever happens.
        """
        return None

    @property
    def steps_to_position(self) -> int | None:
        """After how many more steps it needs :meth:`on_position`; None for no matter when."""
        return None

    @property
    def epochs_to_hear(self) -> int | None:
        """After how many more epochs it must hear of one's end at once; None for no matter when.

        Training runs short epochs together where no callback needs to hear of each, and
        nothing is measured between them; who listens is then told of them afterwards, in
        turn. By default a callback with any hook of epochs or progress hears of each at once.
        """
        return 1 if _defines(self, EPOCH_HOOKS) else None

    @property
    def hears_batches(self) -> bool:
        """Whether it wants its batch hooks called, for which training must go step by step."""
        return _defines(self, BATCH_HOOKS)

    def get_state(self) -> dict[str, Any]:
        """What it remembers of the training so far, by attribute.

        Numbers, strings, None, arrays, and lists, tuples and dicts of them.
        """
        return {name: getattr(self, name) for name in self.state_names}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Remember what :meth:`get_state` returned: the next training goes on from there.

        Raises:
            ArgumentError: ``state`` is that of another kind of callback.
        """
        if set(state) != set(self.state_names):
            raise ArgumentError(
                f"The state of {type(self).__name__} holds {sorted(self.state_names)}, "
                f"got {sorted(state)}."
            )
        for name, value in state.items():
            setattr(self, name, value)


class CallbackList(Callback):
    """Calls several callbacks, in their order.

    Args:
        callbacks: instances of :class:`Callback`.
        model, params: what they are to know; see there.

    Raises:
        ArgumentTypeError: one of them is no callback, or a class in place of an instance.
        ArgumentError: one of them defines a hook that does not exist.
    """

    def __init__(
        self, callbacks: Iterable[Callback], model: Sequential, params: Mapping[str, Any]
    ) -> None:
        self.callbacks = checked(callbacks)
        for callback in self.callbacks:
            callback.model, callback.params = model, params

    @property
    def every_step(self) -> bool:
        """Whether any of them wants to hear of each batch."""
        return any(callback.hears_batches for callback in self.callbacks)

    @property
    def epochs_to_hear(self) -> int | None:
        wanted = [callback.epochs_to_hear for callback in self.callbacks]
        return min((epochs for epochs in wanted if epochs is not None), default=None)

    def begin_at(self, job: Job, listeners: CallbackList, leaving: ExitStack) -> Position | None:
        found = [callback.begin_at(job, listeners, leaving) for callback in self.callbacks]
        positions = [position for position in found if position is not None]
        if len(positions) > 1:
            raise ArgumentError("Several callbacks would resume the training. Give one of them.")
        return positions[0] if positions else None

    @property
    def steps_to_position(self) -> int | None:
        wanted = [callback.steps_to_position for callback in self.callbacks]
        return min((steps for steps in wanted if steps is not None), default=None)

    def on_train_begin(self, logs: Logs) -> None:
        with ExitStack() as begun:  # if one cannot begin, those before it are ended
            for callback in self.callbacks:
                begun.callback(callback.on_train_end, logs)
                callback.on_train_begin(logs)
            begun.pop_all()

    def on_train_end(self, logs: Logs) -> None:
        with ExitStack() as ending:  # if one fails, the others are ended all the same
            for callback in reversed(self.callbacks):
                ending.callback(callback.on_train_end, logs)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    def on_progress(self, done: int, total: int | None, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_progress(done, total, logs)

    def on_position(self, position: Position) -> None:
        for callback in self.callbacks:
            callback.on_position(position)

    def on_finding(self, text: str) -> None:
        for callback in self.callbacks:
            callback.on_finding(text)

    def on_resume(self, position: Position) -> None:
        for callback in self.callbacks:
            callback.on_resume(position)


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end")
EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end", "on_progress", "on_position", "on_resume")


def _defines(callback: Callback, hooks: Iterable[str]) -> bool:
    return any(getattr(type(callback), hook) is not getattr(Callback, hook) for hook in hooks)


def checked(callbacks: Any) -> list[Callback]:
    """The list of what a user gave as ``callbacks``; None is no callbacks.

    Raises:
        ArgumentTypeError, ArgumentError: as :class:`CallbackList`.
    """
    if callbacks is None:
        return []
    if isinstance(callbacks, (Callback, type, str, bytes)) or not isinstance(callbacks, Iterable):
        shown = callbacks.__name__ if isinstance(callbacks, type) else type(callbacks).__name__
        raise ArgumentTypeError(
            f"callbacks must be a list of callback objects, got {shown}. "
            f"Write callbacks=[{shown}(…)]."
        )
    found = list(callbacks)
    for place, callback in enumerate(found):
        if isinstance(callback, type):
            raise ArgumentTypeError(
                f"callbacks[{place}] is the class {callback.__name__}, not an object of it. "
                f"Write {callback.__name__}(…)."
            )
        if not isinstance(callback, Callback):
            raise ArgumentTypeError(
                f"callbacks[{place}] is a {type(callback).__name__}, which does not derive from "
                "neurona.callbacks.Callback. Derive from it, or wrap functions in LambdaCallback."
            )
        _check_hooks(callback)
    return found


def _check_hooks(callback: Callback) -> None:
    """Refuse a hook that would never be called, such as ``on_epoch_finish``."""
    for name in dir(type(callback)):
        if name.startswith("on_") and name not in HOOKS and callable(getattr(callback, name)):
            raise ArgumentError(
                f"{type(callback).__name__} defines {name}, which training never calls."
                f"{suggestion(name, HOOKS)} The hooks are {', '.join(HOOKS)}."
            )
