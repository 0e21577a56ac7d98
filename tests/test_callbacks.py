"""Callbacks: against Keras 3, in training, and on what they refuse."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from neurona import callbacks, metrics, optimizers, schedules
from neurona.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from neurona.callbacks.callback import checked
from neurona.callbacks.monitor import rises
from neurona.errors import ArgumentError, ArgumentTypeError, NonFiniteError
from small_model import X, Y, xor_model

KERAS = json.loads((Path(__file__).parent / "reference" / "callbacks.json").read_text())


class PaperModel:
    """As much of a model as callbacks ask for, and its training on paper."""

    def __init__(self) -> None:
        self.stop_training = False
        self.optimizer = optimizers.SGD(1.0)
        self.epoch = 0
        self.restored: list[int] | None = None
        self.saved: list[str] = []

    def get_weights(self) -> list[int]:
        return [self.epoch]

    def set_weights(self, weights: list[int]) -> None:
        self.restored = weights

    def save(self, path: str) -> None:
        self.saved.append(Path(path).name.removesuffix(".safetensors"))

    def train(self, callback: Callback, losses: list[float], first: int = 0) -> list[float]:
        """The learning rates of the epochs; ``losses`` are those of all of them."""
        params = {"measures": {"loss": "running mean"}, "epochs": len(losses)}
        listeners = CallbackList([callback], self, params)  # type: ignore[arg-type]
        listeners.on_train_begin({})
        rates = []
        for epoch in range(first, len(losses)):
            self.epoch = epoch
            listeners.on_epoch_begin(epoch, {})
            rates.append(self.optimizer.learning_rate)
            listeners.on_epoch_end(epoch, {"loss": losses[epoch]})
            if self.stop_training:
                break
        listeners.on_train_end({})
        return rates


# --- as in Keras ---------------------------------------------------------------------


@pytest.mark.parametrize("case", KERAS["EarlyStopping"])
def test_early_stopping_stops_and_restores_as_in_keras(case: dict[str, Any]) -> None:
    model, stopping = PaperModel(), EarlyStopping(monitor="loss", **case["settings"])
    assert len(model.train(stopping, case["values"])) == case["epochs"]
    assert stopping.best == case["best"]
    assert stopping.best_epoch == case["best_epoch"]
    assert stopping.stopped_epoch == case["stopped_epoch"]
    assert model.restored == case["restored"]


@pytest.mark.parametrize("case", KERAS["ReduceLROnPlateau"])
def test_the_rate_is_lowered_as_in_keras(case: dict[str, Any]) -> None:
    lowering = ReduceLROnPlateau(monitor="loss", **case["settings"])
    assert PaperModel().train(lowering, case["values"]) == case["rates"]


@pytest.mark.parametrize("case", KERAS["ModelCheckpoint"])
def test_checkpoints_are_saved_as_in_keras(case: dict[str, Any], tmp_path: Path) -> None:
    model, path = PaperModel(), tmp_path / "{epoch:02d}-{loss:.2f}.safetensors"
    model.train(ModelCheckpoint(path, monitor="loss", **case["settings"]), case["values"])
    assert model.saved == case["saved"]


# --- state ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "cut"),
    [(case, cut) for case in KERAS["EarlyStopping"] for cut in (1, 4) if case["epochs"] > cut],
)
def test_early_stopping_goes_on_from_its_state(case: dict[str, Any], cut: int) -> None:
    whole = EarlyStopping(monitor="loss", **case["settings"])
    expected = PaperModel()
    epochs = len(expected.train(whole, case["values"]))
    before = EarlyStopping(monitor="loss", **case["settings"])
    PaperModel().train(before, case["values"][:cut])
    after, model = EarlyStopping(monitor="loss", **case["settings"]), PaperModel()
    after.set_state(json.loads(json.dumps(before.get_state())))
    assert len(model.train(after, case["values"], first=cut)) == epochs - cut
    assert after.get_state() == whole.get_state()
    assert model.restored == expected.restored


@pytest.mark.parametrize("case", KERAS["ReduceLROnPlateau"][:20])
def test_lowering_the_rate_goes_on_from_its_state(case: dict[str, Any]) -> None:
    model, before = PaperModel(), ReduceLROnPlateau(monitor="loss", **case["settings"])
    rates = model.train(before, case["values"][:6])
    after = ReduceLROnPlateau(monitor="loss", **case["settings"])
    after.set_state(json.loads(json.dumps(before.get_state())))
    assert rates + model.train(after, case["values"], first=6) == case["rates"]


def test_a_new_training_starts_afresh() -> None:
    stopping = EarlyStopping(monitor="loss", patience=1)
    PaperModel().train(stopping, [1.0, 2.0, 3.0])
    assert len(PaperModel().train(stopping, [5.0, 4.0, 3.0])) == 3


def test_the_state_of_another_callback_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"best_epoch.*cooldown_counter"):
        EarlyStopping().set_state(ReduceLROnPlateau().get_state())


# --- monitoring ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rising"),
    [
        ("loss", False),
        ("val_loss", False),
        ("train_loss", False),
        ("val_mse", False),
        ("root_mean_squared_error", False),
        ("val_sparse_categorical_crossentropy", False),
        ("accuracy_loss", False),
        ("val_accuracy", True),
        ("train_acc", True),
        ("top_k_categorical_accuracy", True),
        ("val_auc", True),
        ("AUC", True),
        ("precision", True),
        ("recall", True),
        ("f1", True),
        ("f1_score", True),
        ("val_r2", True),
        ("r2_score", True),
    ],
)
def test_the_better_way_is_told_from_the_name(name: str, rising: bool) -> None:
    assert rises(name) == rising


@pytest.mark.parametrize(
    "metric",
    # One is a matrix, the other named after its loss.
    [m for m in metrics.registry if m not in (metrics.ConfusionMatrix, metrics.MeanLoss)],
)
def test_the_better_way_is_known_of_every_metric_that_is_a_number(metric: type) -> None:
    perfect, poor = metric(), metric()
    y = np.array([0, 1, 2, 0, 1, 2])
    one_hot = np.eye(3)[y]
    labels = y if perfect.name.startswith("sparse") else one_hot
    good = perfect(labels, 0.98 * one_hot + 0.01)
    bad = poor(labels, np.roll(0.98 * one_hot + 0.01, 1, axis=1))
    if good != bad:  # top 5 of 3 classes cannot be missed
        assert rises(perfect.name) == (np.mean(good) > np.mean(bad))


def test_a_name_that_tells_nothing_needs_a_mode() -> None:
    with pytest.raises(ArgumentError, match="mode='max'"):
        EarlyStopping(monitor="val_kappa")
    assert EarlyStopping(monitor="val_kappa", mode="max").rising


@pytest.mark.parametrize(
    ("monitor", "hint"),
    [
        ("val_loss", "validation_data"),
        ("train_loss", "evaluate_training=True"),
        ("acuracy", "Did you mean 'accuracy'"),
    ],
)
@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_a_measure_that_is_not_there_is_an_error(kind: Any, monitor: str, hint: str) -> None:
    model, ends = xor_model(), []
    watching = kind(monitor=monitor, mode="min")
    counting = LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(epoch))
    with pytest.raises(ArgumentError, match=f"{hint}.*Measured: loss, accuracy"):
        model.fit(X, Y, epochs=5, callbacks=[counting, watching], verbose=0)
    assert ends == [0]


def test_nan_is_never_the_best() -> None:
    stopping = EarlyStopping(monitor="loss", patience=9)
    PaperModel().train(stopping, [math.nan, 3.0, math.inf, 2.0, math.nan, -math.inf])
    assert (stopping.best, stopping.best_epoch) == (2.0, 3)


def test_a_matrix_cannot_be_monitored() -> None:
    model = xor_model(metrics=[metrics.ConfusionMatrix(name="confusion")])
    with pytest.raises(ArgumentError, match="no number"):
        model.fit(X, Y, callbacks=[EarlyStopping("confusion", mode="min")], verbose=0)


# --- in training ---------------------------------------------------------------------


def test_early_stopping_leaves_the_model_at_its_best_epoch() -> None:
    seen: list[list[Any]] = []
    model = xor_model(optimizer=optimizers.SGD(30.0))  # so high that the loss jumps about
    keeping = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model.get_weights()))
    stopping = EarlyStopping("val_loss", patience=4, restore_best_weights=True)
    history = model.fit(
        X, Y, epochs=60, validation_split=0.3, callbacks=[keeping, stopping], verbose=0
    )
    best = int(np.argmin(history.history["val_loss"]))
    assert len(history.epoch) == best + 5
    for weight, expected in zip(model.get_weights(), seen[best], strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_the_best_weights_are_restored_after_an_interruption() -> None:
    model, after_first = xor_model(), []

    def interrupt(epoch: int, logs: dict[str, Any]) -> None:
        after_first.append(model.get_weights())
        if epoch == 2:
            raise KeyboardInterrupt

    # The loss falls, so that the first epoch has the greatest.
    stopping = EarlyStopping("loss", mode="max", patience=9, restore_best_weights=True)
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            X, Y, epochs=9, verbose=0, callbacks=[LambdaCallback(on_epoch_end=interrupt), stopping]
        )
    np.testing.assert_array_equal(model.get_weights()[0], after_first[0][0])


def test_the_scheduled_rate_is_the_one_that_trains() -> None:
    model, kernels = xor_model(optimizer=optimizers.SGD(0.5)), []
    scheduler = LearningRateScheduler(lambda epoch, rate: [0.5, 0.0, 0.25][epoch])
    keeping = LambdaCallback(on_epoch_end=lambda e, logs: kernels.append(model.get_weights()[0]))
    history = model.fit(X, Y, epochs=3, callbacks=[scheduler, keeping], verbose=0)
    assert history.history["learning_rate"] == [0.5, 0.0, 0.25]
    assert "learning rate" in history.measures["learning_rate"]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[1], kernels[2])


def test_a_schedule_of_the_epoch_alone_will_do() -> None:
    model = xor_model(optimizer="sgd")
    scheduler = LearningRateScheduler(schedules.ExponentialDecay(0.5, 1, 0.5))
    assert model.fit(X, Y, epochs=3, callbacks=[scheduler], verbose=0).history["learning_rate"] == [
        0.5,
        0.25,
        0.125,
    ]


@pytest.mark.parametrize("rate", [None, "0.1", math.nan, -0.1, 1e30])
def test_a_schedule_that_gives_no_rate_is_an_error(rate: Any) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match="schedule returns for epoch 0"):
        xor_model().fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(lambda e, lr: rate)])


@pytest.mark.parametrize(
    "callback", [LearningRateScheduler(lambda e: 0.1), ReduceLROnPlateau("loss")]
)
def test_two_masters_of_the_rate_are_refused(callback: Callback) -> None:
    model = xor_model(optimizer=optimizers.SGD(schedules.ExponentialDecay(0.1, 10, 0.5)))
    with pytest.raises(ArgumentError, match="ExponentialDecay"):
        model.fit(X, Y, callbacks=[callback], verbose=0)


class Worsening(metrics.Metric):
    """NaN from the third time that it is asked for on validation."""

    asked = 0

    def start(self) -> float:
        return 0.0

    def update(self, state: Any, y: Any, p: Any, sample_weight: Any = None) -> Any:
        return state + len(y)

    def result(self, state: Any) -> float:
        self.asked += 1
        return math.nan if self.asked > 2 and state == 28 else 1.0


def test_training_ends_when_a_measure_is_nan(capsys: pytest.CaptureFixture[str]) -> None:
    validation = (X[:28], Y[:28])
    arguments: dict[str, Any] = {"epochs": 9, "validation_data": validation, "verbose": 0}
    model = xor_model(metrics=[Worsening(name="worsening")])
    history = model.fit(X, Y, callbacks=[TerminateOnNaN()], **arguments)
    assert len(history.epoch) < 9
    assert math.isnan(history.history["val_worsening"][-1])
    assert "val_worsening is nan" in capsys.readouterr().out
    model = xor_model(metrics=[Worsening(name="worsening")])
    with pytest.raises(NonFiniteError, match="val_worsening"):
        model.fit(X, Y, callbacks=[TerminateOnNaN(raise_error=True)], **arguments)


# --- lists of callbacks --------------------------------------------------------------


def test_functions_are_called_at_their_turns() -> None:
    turns: list[str] = []

    def note(hook: str) -> Any:
        return lambda *arguments: turns.append(hook)

    batch = {hook: note(hook) for hook in callbacks.callback.HOOKS if hook != "on_progress"}
    xor_model().fit(X, Y, batch_size=48, callbacks=[LambdaCallback(**batch)], verbose=0)
    step = ["on_train_batch_begin", "on_train_batch_end", "on_position"]
    epoch = ["on_epoch_begin", *step, *step, "on_epoch_end", "on_position"]
    assert turns == ["on_train_begin", *epoch, "on_train_end"]


def test_only_batch_hooks_make_training_go_step_by_step(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    quick = [LambdaCallback(on_epoch_end=print), ModelCheckpoint(path), EarlyStopping()]
    slow = [LambdaCallback(on_train_batch_end=print), ModelCheckpoint(path, save_freq=2)]
    assert not any(callback.hears_batches for callback in quick)
    assert all(callback.hears_batches for callback in slow)


class Misspelt(Callback):
    def on_epoch_ends(self, epoch: int, logs: Any) -> None:
        """Never called."""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([EarlyStopping], r"callbacks\[0\] is the class EarlyStopping"),
        ([EarlyStopping(), print], r"callbacks\[1\] is a builtin_function_or_method"),
        (EarlyStopping(), r"callbacks=\[EarlyStopping\(…\)\]"),
        (EarlyStopping, r"must be a list"),
        ("EarlyStopping", "must be a list"),
        ([Misspelt()], "Did you mean 'on_epoch_end'"),
    ],
)
def test_what_is_no_list_of_callbacks_is_refused(given: Any, message: str) -> None:
    with pytest.raises((ArgumentTypeError, ArgumentError), match=message):
        checked(given)


def test_all_that_began_are_ended_whatever_fails() -> None:
    turns: list[str] = []

    def note(turn: str, fails: bool = False) -> Any:
        def function(logs: Any) -> None:
            turns.append(turn)
            if fails:
                raise OSError(turn)

        return function

    def members(fails: str) -> CallbackList:
        hooks = [(f"begin {i}", f"end {i}") for i in range(3)]
        return CallbackList(
            [
                LambdaCallback(
                    on_train_begin=note(begin, begin == fails), on_train_end=note(end, end == fails)
                )
                for begin, end in hooks
            ],
            SimpleNamespace(),  # type: ignore[arg-type]
            {},
        )

    with pytest.raises(OSError, match="begin 1"):
        members("begin 1").on_train_begin({})
    assert turns == ["begin 0", "begin 1", "end 1", "end 0"]
    turns.clear()
    with pytest.raises(OSError, match="end 0"):
        members("end 0").on_train_end({})
    assert turns == ["end 0", "end 1", "end 2"]
