"""``Sequential``: the model that users hold. It delegates; no mathematics here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks, fitting, saving
from neurona.callbacks import Callback, History
from neurona.data.arrays import Array, Samples, as_array, as_samples
from neurona.data.batches import Batches
from neurona.engines import Steps
from neurona.evaluation import evaluate, predict
from neurona.explain.nonfinite import explain_nonfinite, stopped_by
from neurona.layers.layer import Layer
from neurona.predictor import Predictor
from neurona.tally import Tally
from neurona.trainable import Trainable
from neurona.training import alone

if TYPE_CHECKING:
    from neurona.explain.step import Step


class Sequential(Trainable):
    """A network as a chain of layers, trained and asked with Keras's methods.

    Args:
        layers: the layers, first to last; more can be added.
        name: for summaries and files.
        seed: what all of the model's random numbers come from: first weights,
            shuffling, dropout. None takes one from the system; see ``model.seed``.
        dtype: of the weights, "float32" or "float64".

    >>> from neurona import datasets, layers
    >>> model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    >>> x, y = datasets.xor(200, seed=1)
    >>> history = model.fit(x, y, epochs=2, verbose=0)
    >>> model.predict(x).shape
    (200, 1)
    """

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        name: str = "sequential",
        seed: int | None = None,
        dtype: str = "float32",
    ) -> None:
        super().__init__(() if layers is None else layers, name, seed, dtype)

    # --- training --------------------------------------------------------------------

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | str | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: fitting.ClassWeight = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        *,
        validation_strategy: str = "last",
        evaluate_training: bool = False,
        on_nonfinite: str = "stop",
    ) -> History:
        """Train the model.

        Args:
            x: (n, *input_shape) features: an array of any numeric dtype (kept as it
                is, converted batch by batch), a list, a data frame, a memory-mapped
                array; or an iterable of batches ``(x, y)`` or ``(x, y, sample_weight)``.
            y: targets: class numbers (n,) or (n, 1), one-hot rows (n, k), or values.
            batch_size: rows a step; 32 by default; "all" for gradient descent on
                the whole set.
            epochs: the last epoch's number, counted from ``initial_epoch``.
            verbose: "auto" (a bar on a terminal, lines elsewhere), 0, 1 or 2 (lines).
            callbacks: told of every turn of the training.
            validation_split: the part of the rows held out for validation.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to measure on.
            shuffle: whether each epoch visits the rows in a new order.
            class_weight: a dict of weights by class, or "balanced": ``n / (k n_c)``.
            sample_weight: (n,) weights; k counts as k copies of the row.
            steps_per_epoch: batches an epoch, of an endless iterable.
            validation_strategy: which rows ``validation_split`` takes: "last" (the
                last ones, before shuffling), "random" or "stratified".
            evaluate_training: measure the training set at each epoch's end, too.
            on_nonfinite: what to do where a loss or weight is NaN or infinite: "stop"
                with an error; "rollback" to the epoch's beginning with half the learning
                rate, three times at the most; "ignore": pass over that step. All say so.

        Returns:
            What was measured, epoch by epoch. ``history["loss"]`` is a running mean
            over the epoch's batches, made while the weights were changing.

        Raises:
            ShapeError, DataError, ArgumentError, ArgumentTypeError: before the first
                step, if something does not fit; the message names the fix. NaN in a
                large x is found while its rows are first read, in the first epoch:
                the model is then put back to what it was.
            NonFiniteError: a loss or weight became NaN or infinite (see ``on_nonfinite``);
                the model keeps the last finite weights.
        """
        asked = fitting.Arguments(
            x,
            y,
            batch_size,
            epochs,
            verbose,
            callbacks,
            validation_split,
            validation_data,
            shuffle,
            class_weight,
            sample_weight,
            initial_epoch,
            steps_per_epoch,
            validation_strategy,
            evaluate_training,
            on_nonfinite,
        )
        alone(self._fitting(asked))
        assert self.history is not None
        return self.history

    def train_on_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: fitting.ClassWeight = None,
        return_dict: bool = False,
    ) -> Any:
        """One step on one batch; returns its measures, made before the update.

        Returns:
            As :meth:`evaluate`.

        Raises:
            NonFiniteError: the step was not taken, because its loss or the new
                weights would not be finite.
        """
        samples = as_samples(x, y, sample_weight)
        engine = self._built_for(samples.x)
        samples = fitting.weighted(fitting.aligned(samples, engine.program), class_weight)
        tally = Tally(self._measured())
        batches = Batches(samples.x, samples.y, samples.sample_weight, len(samples))
        report = Steps(engine, batches, 0, 1, want_outputs=True).run()
        if report.failed_step is not None:
            raise stopped_by(explain_nonfinite(engine, batches, 0, engine.epoch))
        assert samples.y is not None
        assert report.outputs is not None
        tally.add_loss(float(report.losses[0]), report.rows)
        tally.add_outputs(samples.y, report.outputs, samples.sample_weight)
        return _listed(tally.results(), return_dict)

    def explain_step(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: fitting.ClassWeight = None,
    ) -> Step:
        """The step that :meth:`train_on_batch` would take, with all its numbers; not taken.

        Args:
            x, y, sample_weight, class_weight: one batch, as in :meth:`fit`.

        Returns:
            For every layer z, h, g'(z), δ, the gradients, what regularization and
            clipping did to them, the optimizer's memory, the update and the new
            weights; the loss and its gradient. ``step.show()`` prints them,
            ``step.why("dense.kernel", 0, 0)`` derives one, ``step.check()`` compares
            the gradients with finite differences.

        >>> from neurona import layers
        >>> model = Sequential([layers.Dense(1, "sigmoid", input_dim=2)], seed=1)
        >>> model.compile(optimizer="sgd", loss="half_squared_error", engine="numpy")
        >>> step = model.explain_step([[0.0, 1.0]], [1.0])
        >>> _ = model.train_on_batch([[0.0, 1.0]], [1.0])
        >>> bool((step.new_weights["dense/kernel"] == model.get_weights()[0]).all())
        True
        """
        from neurona.explain.step import explain_step

        samples = as_samples(x, y, sample_weight)
        engine = self._built_for(samples.x)
        samples = fitting.weighted(fitting.aligned(samples, engine.program), class_weight)
        return explain_step(engine.program, engine.state, samples, self.name)

    # --- asking ----------------------------------------------------------------------

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = 0,
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics on the given data.

        Args:
            x, y, sample_weight: as in :meth:`fit`.
            batch_size: rows a forward pass; it changes nothing but speed and memory.
            verbose: print the measures if 1 or 2.
            return_dict: return ``{"loss": …, "accuracy": …}``.

        Returns:
            The loss as a number if there are no metrics, else a list of the
            measures in the order of :attr:`metrics_names`; or a dict of them.
        """
        if fitting.is_batches(x, y):
            first, iterable = fitting.peek(x)
            engine = self._built_for(as_array("x", first[0]))
            sources: Iterable[Samples] = (
                fitting.batch_samples(item, i, engine.program) for i, item in enumerate(iterable)
            )
        else:
            samples = as_samples(x, y, sample_weight)
            engine = self._built_for(samples.x)
            sources = [fitting.aligned(samples, engine.program)]
        size = None if batch_size is None else checks.integer("batch_size", batch_size, 1)
        results = evaluate(engine, sources, self._measured(), size)
        if verbose not in (0, "auto"):
            print("  ".join(f"{name} {value:.4f}" for name, value in results.items()))
        return _listed(results, return_dict)

    def test_on_batch(
        self, x: Any, y: Any, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics on one batch, without a step; returned as by :meth:`evaluate`."""
        return self.evaluate(x, y, sample_weight=sample_weight, return_dict=return_dict)

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = 0) -> Array:
        """The outputs (n, *output_shape) for rows x (n, *input_shape).

        Args:
            x: features, as in :meth:`fit`.
            batch_size: rows a forward pass.
            verbose: taken for Keras's sake; nothing is printed.

        Raises:
            ShapeError: x does not have the features that the model was built for.
        """
        features = as_array("x", x)
        if self._network is None and self._input_shape is None:
            self.build(fitting.row_shape(features))
        engine = self._running()
        features = fitting.check_features(features, engine.program)
        size = None if batch_size is None else checks.integer("batch_size", batch_size, 1)
        return predict(engine, features, size)

    def predict_on_batch(self, x: Any) -> Array:
        """The outputs for one batch."""
        return self.predict(x, batch_size=max(1, np.shape(x)[0] if np.ndim(x) else 1))

    __call__ = predict

    def compiled_predictor(self) -> Predictor:
        """The forward pass with the weights as they are now, for servers.

        Returns:
            A function of one row or many that costs microseconds, from any number of
            threads; see :class:`~neurona.predictor.Predictor`.

        >>> from neurona import layers
        >>> predictor = Sequential([layers.Dense(2, input_dim=3)], seed=1).compiled_predictor()
        >>> predictor([0.0, 0.0, 0.0])
        array([0., 0.], dtype=float32)
        """
        return Predictor(self._running())

    def save(self, path: str | PathLike[str]) -> None:
        """Write the whole model to one ``.safetensors`` file; see ``models.load_model``."""
        saving.save_model(self, path)


def _listed(results: dict[str, Any], return_dict: bool) -> Any:
    """Measures as Keras returns them: a dict, a list, or a number if there is but one."""
    values = list(results.values())
    return results if return_dict else values if len(values) > 1 else values[0]
