"""The options of the commands, with the words that ``--help`` says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurona.cli import completing

NETWORK, LEARNING, RUNNING, RESULTS = "Network", "Learning", "Running", "Results"

Dataset = Annotated[
    str,
    typer.Argument(
        metavar="DATASET",
        help="A data set's name (see neurona datasets), or a .npz file with arrays x and y.",
        autocompletion=completing.dataset_names,
    ),
]
Layers = Annotated[
    str | None,
    typer.Option(
        "--layers",
        metavar="N,N,…",
        help="Units of each hidden layer, such as 64,64,64; or none.",
        rich_help_panel=NETWORK,
    ),
]
Activation = Annotated[
    str | None,
    typer.Option(
        "--activation",
        metavar="NAME",
        help="Of the hidden layers: relu, tanh, sigmoid, gelu and others.",
        autocompletion=completing.activation_names,
        rich_help_panel=NETWORK,
    ),
]
Dropout = Annotated[
    float,
    typer.Option(
        "--dropout",
        metavar="RATE",
        help="Part of each hidden layer's outputs that a step leaves out, from 0 to below 1.",
        rich_help_panel=NETWORK,
    ),
]
L2 = Annotated[
    float,
    typer.Option(
        "--l2",
        metavar="FACTOR",
        help="Weight of the penalty on large weights, from 0; such as 0.0001.",
        rich_help_panel=NETWORK,
    ),
]
Optimizer = Annotated[
    str | None,
    typer.Option(
        "--optimizer",
        metavar="NAME",
        help="How steps are taken: sgd, adam, rmsprop, adamw and others.",
        autocompletion=completing.optimizer_names,
        rich_help_panel=LEARNING,
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "--learning-rate",
        metavar="RATE",
        help="Size of a step, from 0. With another optimizer than the data set's usual one: "
        "by default that optimizer's own.",
        rich_help_panel=LEARNING,
    ),
]
Momentum = Annotated[
    float | None,
    typer.Option(
        "--momentum",
        metavar="FACTOR",
        help="How much of the last step goes on, from 0 to below 1; for sgd and rmsprop.",
        rich_help_panel=LEARNING,
    ),
]
BatchSize = Annotated[
    str | None,
    typer.Option(
        "--batch-size",
        metavar="N|all",
        help="Rows a step, from 1; or all: gradient descent on the whole set.",
        rich_help_panel=LEARNING,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        "--epochs",
        metavar="N",
        min=1,
        help="How often to go through the rows.",
        rich_help_panel=LEARNING,
    ),
]
Validation = Annotated[
    float | None,
    typer.Option(
        "--validation",
        metavar="FRACTION",
        help="Part of the training rows held out to watch the training, from 0 to below 1; "
        "every class in proportion.",
        rich_help_panel=LEARNING,
    ),
]
EarlyStopping = Annotated[
    int | None,
    typer.Option(
        "--early-stopping",
        metavar="PATIENCE",
        min=0,
        help="Stop when the validation loss has not fallen for so many epochs, and keep the "
        "best epoch's weights.",
        rich_help_panel=LEARNING,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        help="What all random numbers come from, a whole number from 0: the same seed gives "
        "the same model, bit for bit.",
        rich_help_panel=RUNNING,
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="NAME",
        help="What computes; auto takes the fastest that can run the model.",
        autocompletion=completing.engine_names,
        rich_help_panel=RUNNING,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        help="How many to use. By default the engine's choice.",
        rich_help_panel=RUNNING,
    ),
]
Dtype = Annotated[
    str,
    typer.Option(
        "--dtype",
        metavar="NAME",
        help="Of the weights: float32, or float64 (slower, 16 digits).",
        autocompletion=completing.dtype_names,
        rich_help_panel=RUNNING,
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="Where the files of mnist or fashion_mnist are. By default $NEURONA_DATA, the "
        "user's cache, then a download.",
        rich_help_panel=RUNNING,
    ),
]
ModelOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Where to save the model, a .safetensors file; the history goes beside it. By "
        "default DATASET.safetensors in this folder. An older model there is replaced; "
        "any other file is not.",
        rich_help_panel=RESULTS,
    ),
]
Run = Annotated[
    Path | None,
    typer.Option(
        "--run",
        metavar="FOLDER",
        help="Keep all of the run in a folder, from which neurona resume goes on after any "
        "end, to the same bits; the same command does so, too.",
        rich_help_panel=RESULTS,
    ),
]
SaveEvery = Annotated[
    str,
    typer.Option(
        "--save-every",
        metavar="epoch|N|Ns",
        help="How often a run is saved to its folder: every epoch, every N steps, or every N "
        "seconds, such as 30s.",
        rich_help_panel=RESULTS,
    ),
]
RunToResume = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="The folder of neurona train --run.")
]
MoreEpochs = Annotated[
    int | None,
    typer.Option(
        "--epochs",
        metavar="N",
        min=1,
        help="Train to another last epoch than the run was begun with.",
    ),
]
AllowDifferent = Annotated[
    bool,
    typer.Option(
        "--allow-different",
        help="Go on with a run even if data, settings or versions are others than at its "
        "beginning.",
        rich_help_panel=RESULTS,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the result as one JSON object on stdout.", rich_help_panel=RESULTS
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print the test's result and the file names alone.",
        rich_help_panel=RESULTS,
    ),
]
Model = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL",
        help="A saved model, a .safetensors file.",
        autocompletion=completing.model_files,
    ),
]
JudgedOn = Annotated[
    str | None,
    typer.Argument(
        metavar="[DATASET]",
        help="A data set's name, or a .npz file with x and y. By default what the model was "
        "trained on.",
        autocompletion=completing.dataset_names,
    ),
]
Source = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="Rows in a .npz (array x), .npy or .csv file; or a data set's name: its test part.",
        autocompletion=completing.dataset_names,
    ),
]
PredictionsOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Write to a .csv file, or the raw outputs to a .npy file.",
        rich_help_panel=RESULTS,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace --out's file if it exists.", rich_help_panel=RESULTS),
]
OneRow = Annotated[
    int | None,
    typer.Option("--row", metavar="N", min=0, help="Predict this row alone, counted from 0."),
]
Probabilities = Annotated[
    bool, typer.Option("--probabilities", help="Show the probability of every class.")
]
Defaults = Annotated[
    bool, typer.Option("--defaults", help="Show how neurona train goes about each of them.")
]
ExplainedRow = Annotated[
    int, typer.Option("--row", metavar="N", min=0, help="The row to learn from, counted from 0.")
]
WhyAsked = Annotated[
    str | None,
    typer.Option(
        "--why",
        metavar="NAME[I,J]",
        help="Derive this number alone: loss, dense.z[0,3], dense.delta[0,3], dense.kernel[2,0] "
        "(its gradient), dense.kernel.new[2,0] and others.",
    ),
]
Check = Annotated[
    bool,
    typer.Option("--check", help="Compare the gradients with finite differences of the loss."),
]
StepOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Write the step to a .html, .md, .tex or .txt file.",
        rich_help_panel=RESULTS,
    ),
]
Report = Annotated[
    bool,
    typer.Option(
        "--report",
        help="Also write a page on the run, one .html file: see neurona report.",
        rich_help_panel=RESULTS,
    ),
]
RunOrModel = Annotated[
    Path,
    typer.Argument(
        metavar="RUN|MODEL",
        help="The folder of neurona train --run, or a saved model, a .safetensors file.",
        autocompletion=completing.model_files,
    ),
]
RunsOrModels = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN|MODEL…",
        help="Two or more: folders of neurona train --run, or saved models.",
        autocompletion=completing.model_files,
    ),
]
PageOut = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Where to write the page, a .html file."),
]
