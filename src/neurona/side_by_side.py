"""``fit_together``: many models trained at once, each on one thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from typing import Any

from neurona import checks
from neurona.callbacks import Callback, History
from neurona.callbacks.progress.models import ModelsDisplay
from neurona.data.arrays import as_array
from neurona.engines import Engine, Report, Steps
from neurona.errors import ArgumentError, ArgumentTypeError, NeuronaError, suggestion
from neurona.fitting import Arguments, is_batches
from neurona.model import Sequential
from neurona.native_module import native
from neurona.training import Running

AT_ONCE = 4  # models for each thread that are in training; the others wait
OPTIONS = tuple(field.name for field in fields(Arguments))

Callbacks = Callable[[int], Sequence[Callback]] | Sequence[Sequence[Callback] | None] | None


def fit_together(
    models: Sequence[Sequential],
    x: Any,
    y: Any = None,
    *,
    threads: int | None = None,
    verbose: Any = "auto",
    callbacks: Callbacks = None,
    **fit: Any,
) -> list[History]:
    """Train many models at once: ensembles, folds, searches.

    Each model trains on one thread, and as many at a time as there are threads: for
    small networks far faster than one after the other. Weights and histories are those
    of ``model.fit`` on each, to the bit. Callbacks run in the thread that calls this
    function. The NumPy engine trains one model at a time.

    Args:
        models: compiled, and none of them twice.
        x, y: as in :meth:`Sequential.fit <neurona.model.Sequential.fit>`.
        threads: how many models to train at a time; None for what the machine allows.
        verbose: "auto" (a bar for all models on a terminal, nothing elsewhere), 0, 1 (the
            bar, and elsewhere a line for each model that is done) or 2 (these lines).
        callbacks: a function of the model's place, 0, 1, 2 …, that returns its callbacks;
            or a list of lists. No two models share one.
        fit: any other argument of ``fit``.

    Each argument of ``fit``, x and y too, may be a list: it holds one entry for each
    model. Anything else is for all of them. So data that all share come as an array, a
    data frame or a tuple, not as a list.

    Returns:
        What ``fit`` would return for each model, in their order.

    Raises:
        ArgumentError: a model is named twice, or two share an optimizer; a list is too short
            or too long.
        NeuronaError: as ``fit`` raises it; the message names the model. The other models are
            left where they are between two steps, as they are by Ctrl-C.

    >>> from neurona import Sequential, datasets, layers
    >>> def network(seed):
    ...     model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=seed)
    ...     model.compile(optimizer="adam", loss="binary_crossentropy")
    ...     return model
    >>> x, y = datasets.xor(200, seed=1)
    >>> models = [network(seed) for seed in range(3)]
    >>> histories = fit_together(models, x, y, epochs=5)
    >>> alone = network(seed=2)
    >>> alone.fit(x, y, epochs=5, verbose=0).history == histories[2].history
    True
    """
    models = _checked(models)
    threads = checks.threads(threads)
    given = {"x": x, "y": y, **fit}
    given["callbacks"] = _callbacks(callbacks, len(models))
    at_once = AT_ONCE * (threads or (native.usable_cores() if native else 1))
    among = max(1, min(at_once, len(models)))
    trainings = [
        _Training(place, models[place], asked, among)
        for place, asked in enumerate(_each(given, len(models)))
    ]
    _run(trainings, threads, at_once, ModelsDisplay(len(models), verbose))
    return [training.history for training in trainings]


# --- the arguments -----------------------------------------------------------------------


def _checked(models: Any) -> list[Sequential]:
    """The models, each of them one by itself."""
    if isinstance(models, Sequential) or not hasattr(models, "__iter__"):
        raise ArgumentTypeError(
            f"models must be a list of models, got {type(models).__name__}; "
            f"one alone is trained by model.fit."
        )
    found = list(models)
    seen: dict[int, int] = {}
    for place, model in enumerate(found):
        if not isinstance(model, Sequential):
            raise ArgumentTypeError(
                f"models[{place}] must be a Sequential model, got {type(model).__name__}."
            )
        if seen.setdefault(id(model), place) != place:
            raise ArgumentError(
                f"models[{seen[id(model)]}] and models[{place}] are one and the same model "
                f"({model.name!r}); make a model for each place."
            )
        if model.optimizer is None:
            continue  # refused with its place when it is to be trained
        if seen.setdefault(id(model.optimizer), place) != place:
            raise ArgumentError(
                f"models[{seen[id(model.optimizer)]}] and models[{place}] are compiled with one "
                f"and the same optimizer object: who changes its learning rate would change it "
                f"for both. Make one for each, or give it by name."
            )
    return found


def _callbacks(given: Any, count: int) -> list[Any]:
    """One sequence of callbacks for each model, without any in common."""
    if callable(given) and not isinstance(given, (Callback, type)):
        given = [given(place) for place in range(count)]
    if given is None:
        return [None] * count
    if not isinstance(given, (list, tuple)) or any(isinstance(one, Callback) for one in given):
        raise ArgumentTypeError(
            "callbacks must be a function of the model's place, or a list with a list for each "
            "model: they cannot share a callback. "
            "Write callbacks=lambda place: [EarlyStopping(…)]."
        )
    each = list(given)
    seen: dict[int, int] = {}
    for place, own in enumerate(each):
        for callback in own or ():
            if seen.setdefault(id(callback), place) != place:
                raise ArgumentError(
                    f"models[{seen[id(callback)]}] and models[{place}] share one "
                    f"{type(callback).__name__}; make one for each model."
                )
    return each


def _each(given: dict[str, Any], count: int) -> Iterator[Arguments]:
    """The arguments of each model's ``fit``."""
    for name in given:
        if name not in OPTIONS:
            raise ArgumentTypeError(f"fit has no argument {name!r}.{suggestion(name, OPTIONS)}")
    shared = {name: value for name, value in given.items() if not isinstance(value, list)}
    if "x" in shared and not is_batches(shared["x"], given["y"]):
        for name in {"x", "y", "sample_weight"} & shared.keys():
            if shared[name] is not None:
                shared[name] = as_array(name, shared[name])  # once, not for each model
    own = {name: value for name, value in given.items() if isinstance(value, list)}
    for name, values in own.items():
        if len(values) != count:
            raise ArgumentError(
                f"{name} is a list of {len(values)}, but there are {count} models: a list holds "
                f"one entry for each model. What is for all of them comes as an array, such as "
                f"numpy.array({name}), or as a tuple."
            )
    used_up: set[int] = set()
    for place in range(count):
        entries = {**shared, **{name: values[place] for name, values in own.items()}}
        if hasattr(entries["x"], "__next__"):
            if id(entries["x"]) in used_up:
                raise ArgumentError(
                    "x is a generator, which gives each batch to one model only. Give each "
                    "model its own: x=[batches() for model in models]."
                )
            used_up.add(id(entries["x"]))
        yield Arguments(verbose=0, **entries)


# --- the training --------------------------------------------------------------------------


class _Training:
    """One model's training: the steps that it would do next, or None when it is through.

    All is checked here; nothing runs before :meth:`go_on`.
    """

    def __init__(self, place: int, model: Sequential, asked: Arguments, among: int) -> None:
        self.place, self.model = place, model
        self.next: Steps | None = None
        self._epochs = asked.epochs - asked.initial_epoch
        with self.named():
            self._running: Running[None] = model._fitting(asked, among)

    @property
    def history(self) -> History:
        assert self.model.history is not None
        return self.model.history

    @property
    def done(self) -> float:
        """The part of its epochs that are over."""
        return min(1.0, len(self.history.epoch) / max(1, self._epochs))

    def go_on(self, report: Report | None) -> bool:
        """Go on to the next steps; False if there are none."""
        with self.named():
            try:
                self.next = self._running.send(report)  # type: ignore[arg-type]  # None begins
            except StopIteration:
                self.next = None
        return self.next is not None

    def close(self) -> None:
        """End it where it is."""
        self._running.close()

    @contextmanager
    def named(self) -> Iterator[None]:
        """Errors within say which model is meant."""
        who = f"models[{self.place}] ({self.model.name!r})"
        try:
            yield
        except NeuronaError as error:
            error.args = (f"{who}: {error}", *error.args[1:])
            raise
        except Exception as error:
            error.add_note(f"This happened in the training of {who}.")
            raise


def _run(
    trainings: list[_Training], threads: int | None, at_once: int, display: ModelsDisplay
) -> None:
    """Train all, so many of them at once."""
    waiting, running = deque(trainings), list[_Training]()
    with ExitStack() as ending:
        ending.callback(display.close)
        for training in reversed(trainings):
            ending.callback(training.close)
        while waiting or running:
            while waiting and len(running) < at_once:
                training = waiting.popleft()
                if training.go_on(None):
                    running.append(training)
                else:
                    display.done(training.place, training.model.name, training.history)
            _step(running, threads)
            for training in running:
                if training.next is None:
                    display.done(training.place, training.model.name, training.history)
            running = [training for training in running if training.next is not None]
            display.progress(sum(training.done for training in running))


def _step(running: list[_Training], threads: int | None) -> None:
    """The next steps of all, and what follows from them."""
    kinds: dict[type[Engine], list[_Training]] = {}
    for training in running:
        assert training.next is not None
        kinds.setdefault(type(training.next.engine), []).append(training)
    for kind, members in kinds.items():
        asked = [training.next for training in members if training.next is not None]
        if kind.side_by_side:
            reports = kind.run_together(asked, threads)
        else:
            reports = []
            for training, steps in zip(members, asked, strict=True):
                with training.named():
                    reports.append(steps.run())
        for training, report in zip(members, reports, strict=True):
            training.go_on(report)
