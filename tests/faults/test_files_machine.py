"""Compile, fit, save, fail to save, be killed, load, resume and predict, in any order."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from faults.files_tools import leftovers, model_bytes
from neurona import Sequential, datasets, layers, load_model
from neurona.callbacks import BackupAndRestore
from neurona.files import remove_leftovers
from resuming import Breaker, BrokenOffError

X, Y = datasets.xor(24, seed=5)
OPTIMIZERS = ["sgd", "adam", "rmsprop", "nadam", "adagrad"]


class Killed(BaseException):
    """Stands for the end of the process: what comes after it is not run."""


class Saving(RuleBasedStateMachine):
    """One model in memory, and the file that it is saved to."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "model.safetensors"
        self.saved: bytes | None = None  # what the file must hold
        self.killed = False

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(seed=st.integers(0, 9), dtype=st.sampled_from(["float32", "float64"]))
    def begin(self, seed: int, dtype: str) -> None:
        self.model = Sequential(
            [layers.Dense(3, "tanh"), layers.Dropout(0.2), layers.Dense(1, "sigmoid")],
            seed=seed,
            dtype=dtype,
        )
        self.model.build((2,))

    @rule(optimizer=st.sampled_from(OPTIMIZERS), metric=st.sampled_from(["accuracy", "auc"]))
    def compile(self, optimizer: str, metric: str) -> None:
        self.model.compile(optimizer, "binary_crossentropy", metrics=[metric])

    @precondition(lambda self: self.model.optimizer is not None)
    @rule(epochs=st.integers(1, 2))
    def fit(self, epochs: int) -> None:
        self.model.fit(X, Y, batch_size=8, epochs=epochs, verbose=0)

    @rule()
    def save(self) -> None:
        self.model.save(self.path)
        self.saved = model_bytes(self.model)

    @rule(call=st.sampled_from(["open", "write", "fsync", "replace"]), number=st.integers(0, 5))
    def fail_to_save(self, call: str, number: int) -> None:
        with Failing(call, number, OSError(errno.EIO, "broken")) as failing:
            try:
                self.model.save(self.path)
            except OSError:
                assert failing.failed
        self.note_what_is_there()
        assert self.killed or not leftovers(self.folder)

    @rule(call=st.sampled_from(["open", "write", "fsync", "replace"]), number=st.integers(0, 5))
    def be_killed(self, call: str, number: int) -> None:
        with Failing(call, number, Killed()) as failing, patch("os.unlink", unreached):
            try:
                self.model.save(self.path)
            except Killed:
                self.killed = True
        self.note_what_is_there()
        if failing.failed and self.saved is not None:
            self.load()  # in a new process

    def note_what_is_there(self) -> None:
        """After a save that may have failed: the old content, or the new one."""
        new = model_bytes(self.model)
        there = self.path.read_bytes() if self.path.exists() else None
        assert there in (self.saved, new)
        self.saved = there

    @rule()
    def clean(self) -> None:
        remove_leftovers(self.folder)
        self.killed = False
        assert leftovers(self.folder) == []

    @precondition(lambda self: self.saved is not None)
    @rule()
    def load(self) -> None:
        self.model = load_model(self.path)
        assert model_bytes(self.model) == self.saved

    @precondition(lambda self: self.saved is not None)
    @rule()
    def predict(self) -> None:
        """The file's model predicts as the one that a second load gives."""
        one, two = load_model(self.path), load_model(self.path)
        np.testing.assert_array_equal(one.predict(X), two.predict(X))
        if model_bytes(self.model) == self.saved:
            np.testing.assert_array_equal(one.predict(X), self.model.predict(X))

    @precondition(lambda self: self.model.optimizer is not None)
    @rule()
    def go_on_from_the_file(self) -> None:
        """A step from a loaded model is the step of the model that was saved."""
        self.save()
        loaded = load_model(self.path)
        for model in (self.model, loaded):
            model.fit(X, Y, batch_size=8, epochs=1, verbose=0)
        assert model_bytes(loaded) == model_bytes(self.model)

    @precondition(lambda self: self.model.optimizer is not None)
    @rule(stops=st.lists(st.integers(1, 7), max_size=3), epochs=st.integers(1, 2))
    def break_off_and_resume(self, stops: list[int], epochs: int) -> None:
        """However often, a run comes to what an unbroken one does."""
        self.save()
        whole = load_model(self.path)
        whole.fit(X, Y, batch_size=8, epochs=epochs, verbose=0)
        with tempfile.TemporaryDirectory() as folder:
            for stop in [*stops, 1000]:  # at the last, nothing stops it
                self.model = load_model(self.path)
                backup = BackupAndRestore(folder, 1, verbose=0)
                with suppress(BrokenOffError):
                    breaker = Breaker("on_position", stop)
                    callbacks = [breaker, backup] if stop % 2 else [backup, breaker]
                    self.model.fit(
                        X, Y, batch_size=8, epochs=epochs, callbacks=callbacks, verbose=0
                    )
        assert model_bytes(self.model) == model_bytes(whole)

    @invariant()
    def the_file_is_whole(self) -> None:
        there = self.path.read_bytes() if self.path.exists() else None
        assert there == self.saved


class Failing:
    """While it is open, the call of that number to a function of os raises."""

    def __init__(self, call: str, number: int, error: BaseException) -> None:
        self.call, self.left, self.error, self.failed = call, number, error, False
        self.real = getattr(os, call)
        self.patch = patch(f"os.{call}", self)

    def __call__(self, *given: Any, **named: Any) -> Any:
        self.left -= 1
        if self.left == -1:
            self.failed = True
            raise self.error
        return self.real(*given, **named)

    def __enter__(self) -> Failing:
        self.patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.patch.stop()


def unreached(*_: object) -> None:
    """What a killed process does not do."""


TestSaving = Saving.TestCase
TestSaving.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
