"""Models trained together come out as by ``fit``, one after the other: to the bit."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurona as nn
from contract.native_hashes import hash_of
from neurona import layers
from neurona.callbacks import Callback, EarlyStopping, LambdaCallback
from neurona.data import KFold
from neurona.engines import Steps
from neurona.errors import ArgumentError, ArgumentTypeError, NonFiniteError, NotBuiltError
from neurona.native_module import native

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.float32)


def model(engine: str, place: int = 0, rate: float = 0.05, loss: str = "mse") -> nn.Sequential:
    """Networks of several forms; one computes in float64."""
    net = [
        layers.Input(shape=(4,)),
        layers.Dense(5 + place, "tanh"),
        layers.Dropout(0.2),
        layers.Dense(1, "linear" if rate > 1 else "sigmoid"),
    ]
    dtype = "float64" if place == 1 else "float32"
    made = nn.Sequential(net, f"number_{place}", seed=place, dtype=dtype)
    optimizer = nn.optimizers.Adam(rate) if place % 2 else nn.optimizers.SGD(rate, momentum=0.9)
    made.compile(optimizer, loss, ["accuracy"] if place != 2 else [], engine=engine)
    return made


def outcome(made: nn.Sequential) -> Any:
    assert made.history is not None
    history, state = made.history, made.state
    return hash_of(made), history.epoch, history.history, state.iteration, state.epoch


@settings(max_examples=12, deadline=None)
@given(
    count=st.integers(1, 7),
    threads=st.sampled_from([None, 1, 2, 3, 8]),
    batch=st.integers(1, 90),
    epochs=st.integers(0, 12),
    options=st.sampled_from(
        [
            {},
            {"validation_split": 0.2, "validation_strategy": "random"},
            {"validation_data": (X[:30], Y[:30]), "evaluate_training": True},
            {"sample_weight": np.linspace(0, 1, 90), "shuffle": False},
            {"on_nonfinite": "rollback"},
        ]
    ),
)
@pytest.mark.filterwarnings("ignore:batch_size")
def test_the_same_bits_as_fit(
    engine: str, count: int, threads: int | None, batch: int, epochs: int, options: dict[str, Any]
) -> None:
    fit = {"batch_size": batch, "epochs": epochs, **options}
    alone = [model(engine, place) for place in range(count)]
    for one in alone:
        one.fit(X, Y, verbose=0, **fit)
    together = [model(engine, place) for place in range(count)]
    histories = nn.fit_together(together, X, Y, threads=threads, **fit)
    assert [one.history for one in together] == histories
    assert [outcome(one) for one in together] == [outcome(one) for one in alone]


def test_what_differs_from_model_to_model_comes_as_lists(engine: str) -> None:
    """Folds, each with its own validation; batch sizes and numbers of epochs, as searches try."""
    folds = list(KFold(4, seed=1).split(X))
    each = [
        {
            "x": X[train],
            "y": Y[train],
            "validation_data": (X[test], Y[test]),
            "batch_size": 8 + place,
            "epochs": 3 + 4 * place,
        }
        for place, (train, test) in enumerate(folds)
    ]
    alone = [model(engine, place) for place in range(4)]
    for one, own in zip(alone, each, strict=True):
        one.fit(**own, verbose=0, callbacks=[EarlyStopping(patience=2)])
    together = [model(engine, place) for place in range(4)]
    lists: dict[str, Any] = {name: [own[name] for own in each] for name in each[0]}
    nn.fit_together(together, **lists, callbacks=lambda place: [EarlyStopping(patience=2)])
    assert [outcome(one) for one in together] == [outcome(one) for one in alone]


def test_models_of_several_engines_and_more_than_train_at_once() -> None:
    kinds = [("numpy", "auto")[place % 2] for place in range(20)]
    alone = [model(kind, place % 5) for place, kind in enumerate(kinds)]
    for one in alone:
        one.fit(X, Y, epochs=3, verbose=0)
    together = [model(kind, place % 5) for place, kind in enumerate(kinds)]
    nn.fit_together(together, X, Y, threads=2, epochs=3)
    assert [outcome(one) for one in together] == [outcome(one) for one in alone]


def test_batches_that_come(engine: str) -> None:
    def batches() -> Any:
        return ((X[i : i + 10], Y[i : i + 10]) for i in range(0, 90, 10))

    alone, together = ([model(engine, place) for place in range(3)] for _ in range(2))
    for one in alone:
        one.fit(batches(), verbose=0)
    nn.fit_together(together, [batches() for _ in together])
    assert [outcome(one) for one in together] == [outcome(one) for one in alone]
    with pytest.raises(ArgumentError, match="x is a generator"):
        nn.fit_together(together, batches())


def test_several_python_threads_may_do_it(engine: str) -> None:
    found: dict[int, Any] = {}

    def work(number: int) -> None:
        made = [model(engine, place) for place in range(4)]
        nn.fit_together(made, X, Y, epochs=30, batch_size=9)
        found[number] = [outcome(one) for one in made]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert found[0] == found[1] == found[2]


class Ends(Callback):
    """Counts ends."""

    def __init__(self) -> None:
        self.ends = 0

    def on_train_end(self, logs: Any) -> None:
        self.ends += 1


def usable(made: nn.Sequential) -> bool:
    made.fit(X, Y, verbose=0)
    return bool(np.isfinite(made.predict(X)).all())


def test_an_error_in_one_model_ends_all_and_names_it(engine: str) -> None:
    models = [model(engine, place, rate=40.0 if place == 2 else 0.05) for place in range(4)]
    ends = [Ends() for _ in models]
    named = r"^models\[2\] \('number_2'\): Training stopped"
    with pytest.raises(NonFiniteError, match=named) as seen:
        nn.fit_together(models, X, Y, epochs=10_000, callbacks=[[end] for end in ends])
    assert [end.ends for end in ends] == [1, 1, 1, 1]
    alone = model(engine, 2, rate=40.0)
    with pytest.raises(NonFiniteError) as expected:
        alone.fit(X, Y, epochs=10_000, verbose=0)
    assert str(seen.value).endswith(str(expected.value))
    assert hash_of(alone) == hash_of(models[2])
    for made in models[:2]:
        assert made.state.iteration > 0
        assert usable(made)


def test_an_error_of_the_users_own_is_the_same_one_with_a_note(engine: str) -> None:
    def fail(epoch: int, logs: Any) -> None:
        raise KeyError("mine")

    models = [model(engine, place) for place in range(2)]
    own = [[], [LambdaCallback(on_epoch_end=fail)]]
    with pytest.raises(KeyError, match="mine") as seen:
        nn.fit_together(models, X, Y, epochs=9, callbacks=own)
    assert "models[1] ('number_1')" in seen.value.__notes__[0]
    assert usable(models[0])


@pytest.mark.parametrize("on_nonfinite", ["ignore", "rollback"])
def test_steps_that_fail_are_passed_over_as_by_fit(engine: str, on_nonfinite: str) -> None:
    fit: dict[str, Any] = {"epochs": 25, "batch_size": 30, "on_nonfinite": on_nonfinite}
    told = []
    for together in (False, True):
        made = model(engine, 2, rate=40.0)
        try:
            if together:
                nn.fit_together([model(engine), made, model(engine, 3)], X, Y, **fit)
            else:
                made.fit(X, Y, verbose=0, **fit)
        except NonFiniteError:
            pass
        assert made.history is not None
        told.append(
            (
                outcome(made),
                [f.text for f in made.history.findings if f.kind in ("skipped steps", "rollback")],
            )
        )
    assert told[0] == told[1]


def test_ctrl_c_stops_all_between_two_steps(engine: str) -> None:
    models = [model(engine, place) for place in range(5)]
    ends = [Ends() for _ in models]
    before = threading.active_count()
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    gc.disable()  # Hypothesis listens to it, and what is raised in there is lost
    try:
        with pytest.raises(KeyboardInterrupt):
            nn.fit_together(models, X, Y, epochs=10**7, callbacks=[[end] for end in ends])
    finally:
        gc.enable()
    timer.join()
    assert [end.ends for end in ends] == [1] * 5
    assert threading.active_count() == before
    for made in models[:1] if engine == "numpy" else models:
        twin = model(engine, models.index(made))
        steps = made.state.iteration
        whole, rest = divmod(steps, 3)
        twin.fit(X, Y, epochs=whole, verbose=0) if whole else None
        if not rest:
            assert hash_of(twin) == hash_of(made)
        assert steps > 0
        assert usable(made)


class Breaks(Callback):
    """Is Ctrl-C, in the fifth epoch."""

    only_records = True

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        if epoch == 4:
            raise KeyboardInterrupt


def test_all_are_resumed_to_the_same_bits(engine: str, tmp_path: Path) -> None:
    """Broken off at the end of one model's epoch, each goes on from its own checkpoint."""

    def saving(place: int) -> list[Callback]:
        folder = tmp_path / f"{place}"
        return [nn.callbacks.BackupAndRestore(folder, save_freq=5, verbose=0)]

    def breaking(place: int) -> list[Callback]:
        return [*saving(place), *([Breaks()] if place == 1 else [])]

    fit: dict[str, Any] = {"epochs": 9, "batch_size": 7}
    whole = [model(engine, place) for place in range(3)]
    nn.fit_together(whole, X, Y, **fit)
    with pytest.raises(KeyboardInterrupt):
        nn.fit_together([model(engine, p) for p in range(3)], X, Y, callbacks=breaking, **fit)
    resumed = [model(engine, place) for place in range(3)]
    nn.fit_together(resumed, X, Y, callbacks=saving, **fit)
    assert [outcome(one) for one in resumed] == [outcome(one) for one in whole]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_is_kept_of_the_data(engine: str) -> None:
    models = [model(engine, place) for place in range(3)]
    x = X.copy()
    before = sys.getrefcount(x)
    nn.fit_together(models, x, Y, epochs=3)
    assert sys.getrefcount(x) == before


def test_callbacks_run_in_the_callers_thread_one_at_a_time(engine: str) -> None:
    seen: list[tuple[int, int]] = []

    def telling(place: int) -> list[Callback]:
        tell = lambda epoch, logs: seen.append((place, threading.get_ident()))  # noqa: E731
        return [LambdaCallback(on_epoch_end=tell)]

    nn.fit_together([model(engine, p) for p in range(3)], X, Y, epochs=2, callbacks=telling)
    assert sorted(seen) == [(place, threading.get_ident()) for place in (0, 0, 1, 1, 2, 2)]


def test_what_is_asked_wrongly_is_refused_before_the_first_step(engine: str) -> None:
    one, two = model(engine), model(engine, 1)
    with pytest.raises(ArgumentError, match=r"models\[0\] and models\[2\] are one and the same"):
        nn.fit_together([one, two, one], X, Y)
    with pytest.raises(ArgumentTypeError, match=r"model\.fit"):
        nn.fit_together(one, X, Y)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match=r"models\[1\] must be a Sequential"):
        nn.fit_together([one, "two"], X, Y)  # type: ignore[list-item]
    with pytest.raises(NotBuiltError, match=r"models\[1\] \('plain'\): The model is not compiled"):
        nn.fit_together([one, nn.Sequential([layers.Dense(1)], "plain")], X, Y)
    shared = model(engine)
    shared.compile(two.optimizer, "mse", engine=engine)
    with pytest.raises(ArgumentError, match="the same optimizer"):
        nn.fit_together([two, shared], X, Y)
    with pytest.raises(ArgumentError, match="x is a list of 3, but there are 2 models"):
        nn.fit_together([one, two], [X, X, X], Y)
    with pytest.raises(ArgumentTypeError, match=r"no argument 'epoch'\. Did you mean 'epochs'"):
        nn.fit_together([one, two], X, Y, epoch=3)
    stopping = EarlyStopping()
    with pytest.raises(ArgumentTypeError, match="function of the model's place"):
        nn.fit_together([one, two], X, Y, callbacks=[stopping])  # type: ignore[list-item]
    with pytest.raises(ArgumentError, match=r"models\[0\] and models\[1\] share one EarlyStopping"):
        nn.fit_together([one, two], X, Y, callbacks=lambda place: [stopping])
    with pytest.raises(ArgumentError, match="callbacks is a list of 1"):
        nn.fit_together([one, two], X, Y, callbacks=[[stopping]])
    with pytest.raises(nn.errors.ShapeError, match=r"^models\[1\] \('number_1'\): x has shape"):
        nn.fit_together([one, two], [X, X[:, :3]], Y)
    with pytest.raises(ArgumentError, match="threads"):
        nn.fit_together([one, two], X, Y, threads=0)
    with pytest.raises(ArgumentError, match="verbose"):
        nn.fit_together([one, two], X, Y, verbose=7)
    assert one.state.iteration == two.state.iteration == 0
    assert one.history is None


def test_no_models_are_no_work() -> None:
    assert nn.fit_together([], X, Y) == []


def test_lines_for_models_that_are_done(engine: str, capsys: Any) -> None:
    models = [model(engine, place) for place in range(3)]
    nn.fit_together(models, X, Y, epochs=[1, 5, 1])
    assert capsys.readouterr().out == ""
    nn.fit_together(models, X, Y, epochs=[1, 5, 1], verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:13] for line in lines] == ["1 of 3 models", "2 of 3 models", "3 of 3 models"]
    assert "models[0] 'number_0'  running loss 0." in lines[0]
    assert "models[1] 'number_1'" in lines[2]


@pytest.mark.skipif(native is None, reason="the compiled module is not installed")
def test_a_runner_is_not_run_beside_itself() -> None:
    made = model("native")
    made.fit(X, Y, verbose=0)
    engine: Any = made._running()
    batches = nn.data.batches.Batches(X, Y.reshape(-1, 1), None, 32)
    call = engine._call(Steps(engine, batches, 0, 2))
    before = made.state.iteration
    with pytest.raises(ValueError, match="named twice"):
        native.run_together([call, call])
    with pytest.raises(ValueError, match="arguments of its run_steps"):
        native.run_together([call[:5]])
    assert native.run_together([]) == []
    assert made.state.iteration == before
