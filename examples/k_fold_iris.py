"""How well does a network tell iris from iris? Ten-fold cross-validation, all folds at once.

Each of ten networks is trained on nine tenths of the flowers and tested on the tenth that it
has not seen, so every flower is tested once. `fit_together` trains them side by side, one on
each core, to the same bits as one after the other. The ten, voting, are an ensemble.

Run: python examples/k_fold_iris.py
"""

import numpy as np

import neurona as nn
from neurona.data import KFold
from neurona.datasets import iris
from neurona.layers import Dense, Normalization

flowers = iris.load()
x, y = flowers.x, flowers.y
folds = list(KFold(10, seed=1, stratified=True).split(x, y))


def network(seed: int) -> nn.Sequential:
    """Standardised by the rows that it is trained on, and by no others."""
    scaling = Normalization()
    scaling.adapt(x[folds[seed][0]])
    chain = [scaling, Dense(12, "relu"), Dense(6, "relu"), Dense(3, "softmax")]
    model = nn.Sequential(chain, name=f"fold_{seed}", seed=seed)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


models = [network(seed) for seed in range(10)]
histories = nn.fit_together(
    models,
    x=[x[train] for train, _ in folds],
    y=[y[train] for train, _ in folds],
    batch_size=16,
    epochs=100,
)

guessed = np.empty(len(x), int)
for model, (_, test), history in zip(models, folds, histories, strict=True):
    guessed[test] = model.predict(x[test]).argmax(axis=1)
    accuracy = (guessed[test] == y[test]).mean()
    loss = history.history["loss"][-1]
    print(f"{model.name}: loss {loss:.3f}, accuracy on its fold {accuracy:.3f}")
print(f"right: {(guessed == y).sum()} of {len(y)} flowers that the network had not seen")

votes = np.mean([model.predict(x) for model in models], axis=0).argmax(axis=1)
print(f"the ten as an ensemble, on all flowers: accuracy {(votes == y).mean():.3f}")
