"""Callbacks: what happens beside training, at its turning points."""

from neurona.callbacks.backup import BackupAndRestore
from neurona.callbacks.callback import Callback, CallbackList
from neurona.callbacks.csv_logger import CSVLogger
from neurona.callbacks.doctor import Doctor
from neurona.callbacks.early_stopping import EarlyStopping
from neurona.callbacks.history import History
from neurona.callbacks.history_file import HistoryFile
from neurona.callbacks.lambda_callback import LambdaCallback
from neurona.callbacks.learning_rate_scheduler import LearningRateScheduler
from neurona.callbacks.mlflow import MLflowLogger
from neurona.callbacks.model_checkpoint import ModelCheckpoint
from neurona.callbacks.progress import ProgressBar, ProgressLines
from neurona.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from neurona.callbacks.rollback import Rollback
from neurona.callbacks.tensorboard import TensorBoard
from neurona.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "Doctor",
    "EarlyStopping",
    "History",
    "HistoryFile",
    "LambdaCallback",
    "LearningRateScheduler",
    "MLflowLogger",
    "ModelCheckpoint",
    "ProgressBar",
    "ProgressLines",
    "ReduceLROnPlateau",
    "Rollback",
    "TensorBoard",
    "TerminateOnNaN",
]
