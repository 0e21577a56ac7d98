"""The commands as typer declares them: names, options and help. The work is done elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

import neurona
from neurona.cli import options

app = typer.Typer(
    name="neurona",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"neurona {neurona.__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit."),
]


@app.callback()
def neurona_command(version: Version = False) -> None:
    """Train neural networks, judge them and predict with them.

    \b
    Begin with
      neurona train iris
      neurona predict iris.safetensors iris --row 0
      neurona datasets

    Each command explains itself: neurona train --help.
    """


@app.command()
def train(
    dataset: options.Dataset,
    layers: options.Layers = None,
    activation: options.Activation = None,
    dropout: options.Dropout = 0.0,
    l2: options.L2 = 0.0,
    optimizer: options.Optimizer = None,
    learning_rate: options.LearningRate = None,
    momentum: options.Momentum = None,
    batch_size: options.BatchSize = None,
    epochs: options.Epochs = None,
    validation: options.Validation = None,
    early_stopping: options.EarlyStopping = None,
    seed: options.Seed = 0,
    engine: options.Engine = "auto",
    threads: options.Threads = None,
    dtype: options.Dtype = "float32",
    data: options.Folder = None,
    out: options.ModelOut = None,
    run: options.Run = None,
    save_every: options.SaveEvery = "epoch",
    allow_different: options.AllowDifferent = False,
    report: options.Report = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a network, test it on rows that it did not see, and save it.

    \b
    Examples
      neurona train iris
      neurona train mnist --layers 64,64,64 --epochs 5
      neurona train spirals --activation relu --l2 0.0001
      neurona train digits --early-stopping 5 --out d.safetensors
      neurona train my-table.npz --optimizer sgd --learning-rate 0.1
      neurona train mnist --run runs/first --report

    What is left out depends on the data set: see neurona datasets --defaults.

    In a file, whole numbers or strings as y are classes, and floats are values
    (regression). A fifth of its rows is the test, every class in proportion,
    unless the file holds x_test and y_test.

    Ctrl-C stops: the weights so far are saved as NAME.interrupted.safetensors,
    or with --run all that neurona resume needs to go on.
    """
    from neurona.cli.plan import Asked
    from neurona.cli.train import train as go

    go(
        Asked(
            dataset,
            layers=layers,
            activation=activation,
            dropout=dropout,
            l2=l2,
            optimizer=optimizer,
            learning_rate=learning_rate,
            momentum=momentum,
            batch_size=batch_size,
            epochs=epochs,
            validation=validation,
            early_stopping=early_stopping,
            seed=seed,
            engine=engine,
            threads=threads,
            dtype=dtype,
            data=data,
            out=out,
            run=run,
            save_every=save_every,
            allow_different=allow_different,
            json=json,
            quiet=quiet,
        ),
        report,
    )


@app.command()
def resume(
    folder: options.RunToResume,
    epochs: options.MoreEpochs = None,
    threads: options.Threads = None,
    data: options.Folder = None,
    save_every: options.SaveEvery = "epoch",
    allow_different: options.AllowDifferent = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Go on with a run, however it ended: it ends in the same bits.

    \b
    Examples
      neurona resume runs/first
      neurona resume runs/first --epochs 20

    A run that is complete is tested once more, and stays as it is. The data and
    the versions of neurona and NumPy must be those that it was begun with; what
    differs is listed.
    """
    from neurona.cli.train import resume as go

    changes = {} if epochs is None else {"epochs": epochs}
    go(
        folder,
        threads=threads,
        data=data,
        save_every=save_every,
        allow_different=allow_different,
        json=json,
        quiet=quiet,
        **changes,
    )


@app.command()
def evaluate(
    model: options.Model,
    dataset: options.JudgedOn = None,
    data: options.Folder = None,
    json: options.Json = False,
) -> None:
    """Measure a saved model: loss, accuracy, confusion matrix.

    \b
    Examples
      neurona evaluate iris.safetensors
      neurona evaluate mnist.safetensors mnist --data ~/data/mnist
      neurona evaluate flowers.safetensors new-flowers.npz

    Of a data set, or of the file that the model was trained on, it takes the
    test rows, which training did not see; of another file all rows, or its
    x_test and y_test.
    """
    from neurona.cli.evaluate import evaluate as run

    run(model, dataset, data, json)


@app.command()
def predict(
    model: options.Model,
    source: options.Source,
    row: options.OneRow = None,
    probabilities: options.Probabilities = False,
    data: options.Folder = None,
    out: options.PredictionsOut = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
) -> None:
    """Predict with a saved model, one line for each row.

    \b
    Examples
      neurona predict iris.safetensors flowers.csv
      neurona predict iris.safetensors iris --row 0 --probabilities
      neurona predict mnist.safetensors images.npy --out classes.csv

    Rows are as they were measured: the model scales them itself. A .csv file
    holds numbers with commas between them, and may begin with headings.
    """
    from neurona.cli.predict import predict as run

    run(model, source, data, row, probabilities, out, overwrite, json)


@app.command()
def explain(
    model: options.Model,
    dataset: options.JudgedOn = None,
    row: options.ExplainedRow = 0,
    why: options.WhyAsked = None,
    check: options.Check = False,
    data: options.Folder = None,
    out: options.StepOut = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
) -> None:
    """Explain the step that training would take on one row: every number of it.

    \b
    Examples
      neurona explain iris.safetensors --row 17
      neurona explain iris.safetensors --why "dense.kernel[2,0]"
      neurona explain mnist.safetensors mnist --out step.html
      neurona explain iris.safetensors --check

    Outputs, sensitivities, gradients, the optimizer's memory and the new
    weights, layer by layer. Nothing is trained: the file stays as it is. Rows
    are counted as by neurona evaluate: those of the test.
    """
    from neurona.cli.explain import explain as run

    run(model, dataset, data, row, why, check, out, overwrite, json)


@app.command()
def report(
    path: options.RunOrModel,
    dataset: options.JudgedOn = None,
    data: options.Folder = None,
    out: options.PageOut = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Write a page on a run: curves, results, hardest rows, health, how to do it again.

    \b
    Examples
      neurona report iris.safetensors
      neurona report runs/first
      neurona report mnist.safetensors --out mnist.html

    One file that opens in any browser, without a network: in a run's folder
    report.html, for MODEL.safetensors MODEL.report.html.
    """
    from neurona.cli.report import report as run

    run(path, dataset, data, out, overwrite)


@app.command()
def compare(
    paths: options.RunsOrModels,
    data: options.Folder = None,
    out: options.PageOut = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
) -> None:
    """Put runs side by side: their results, and the settings that differ.

    \b
    Examples
      neurona compare runs/first runs/second
      neurona compare relu.safetensors tanh.safetensors
      neurona compare runs/* --out compared.html
    """
    from neurona.cli.compare import compare as run

    run(paths, data, out, overwrite, json)


@app.command()
def summary(model: options.Model, json: options.Json = False) -> None:
    """Show a saved model: its layers, and how it was trained.

    \b
    Example
      neurona summary iris.safetensors
    """
    from neurona.cli.show import summary as run

    run(model, json)


@app.command()
def datasets(defaults: options.Defaults = False, json: options.Json = False) -> None:
    """List the data sets, and where they are.

    \b
    Examples
      neurona datasets
      neurona datasets --defaults
    """
    from neurona.cli.show import list_datasets

    list_datasets(defaults, json)


@app.command()
def doctor(json: options.Json = False) -> None:
    """Examine this machine: engine and why, instructions, threads, versions, settings.

    \b
    Examples
      neurona doctor
      neurona doctor --json

    Every engine trains a small network and is compared with NumPy's. Exit code 1
    if there is something to mend, such as a variable with a value that is none.
    """
    from neurona.cli.doctor import doctor as run

    raise typer.Exit(run(json))
