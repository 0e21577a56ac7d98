"""The run in MLflow: its settings once, its measures epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurona import checks
from neurona.callbacks.callback import Callback, Logs
from neurona.callbacks.monitor import is_number
from neurona.errors import ArgumentTypeError, MissingExtraError

LONGEST = 500  # letters of a value: some of MLflow's stores take no more
SETTINGS = ("epochs", "batch_size", "samples", "seed", "engine", "threads", "dtype")


class MLflowLogger(Callback):
    """Logs a training to MLflow.

    Where a run is active (``with mlflow.start_run():``), it is logged to, and stays open;
    else a run is begun, and ended with the training: as FAILED if that was broken off by
    an error. Settings are logged once, measures after each epoch with its number from 0.

    Args:
        run_name: of a run that is begun here.
        experiment: its name; None for MLflow's current one.
        tags: names and texts to put on the run.

    Raises:
        MissingExtraError: MLflow is not installed: ``pip install 'neurona[mlflow]'``.

    >>> MLflowLogger(run_name="first", tags={"data": "iris"}).tags
    {'data': 'iris'}
    """

    only_records = True

    def __init__(
        self,
        run_name: str | None = None,
        experiment: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        for name, value in (("run_name", run_name), ("experiment", experiment)):
            if value is not None and not isinstance(value, str):
                raise ArgumentTypeError(f"{name} must be a text, got {type(value).__name__}.")
        if tags is not None and not isinstance(tags, Mapping):
            raise ArgumentTypeError(f"tags must be a dict of texts, got {type(tags).__name__}.")
        self.run_name = run_name
        self.experiment = experiment
        self.tags = {str(name): str(value) for name, value in (tags or {}).items()}
        self._mlflow: Any = None
        self._own = False
        self._whole = False
        self._findings = 0

    def on_train_begin(self, logs: Logs) -> None:
        self._mlflow = mlflow = _library()
        self._own = mlflow.active_run() is None
        self._whole, self._findings = False, 0
        if self._own:
            if self.experiment is not None:
                mlflow.set_experiment(self.experiment)
            mlflow.start_run(run_name=self.run_name)
        if self.tags:
            mlflow.set_tags(self.tags)
        mlflow.log_params(self._settings())

    def _settings(self) -> dict[str, str]:
        model, params = self.model, self.params
        said: dict[str, Any] = {name: params[name] for name in SETTINGS if name in params}
        said |= {"model": model.name, "parameters": model.count_params()}
        said |= {"loss": repr(model.loss), "optimizer": repr(model.optimizer)}
        for layer in model.layers:
            said[f"layer.{layer.name}"] = repr(layer)
        return {name: str(value)[:LONGEST] for name, value in said.items()}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        measures = {name: float(value) for name, value in logs.items() if is_number(value)}
        self._mlflow.log_metrics(measures, step=checks.integer("epoch", epoch, 0))
        self._whole = self.model.stop_training or epoch + 1 >= self.params.get("epochs", 0)

    def on_finding(self, text: str) -> None:
        self._findings += 1
        self._mlflow.set_tag(f"neurona.finding.{self._findings}", text[:LONGEST])

    def on_train_end(self, logs: Logs) -> None:
        if self._mlflow is not None and self._own:
            self._mlflow.end_run(status="FINISHED" if self._whole else "FAILED")
        self._mlflow, self._own = None, False


def _library() -> Any:
    try:
        import mlflow
    except ImportError as error:
        raise MissingExtraError(
            "MLflowLogger needs mlflow, which is not installed: pip install 'neurona[mlflow]'."
        ) from error
    return mlflow
