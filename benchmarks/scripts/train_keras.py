"""A whole training in Keras: Adam, ReLU, softmax; prints the test accuracy."""

import keras
from task import parse, report

settings, data = parse()
keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input(data["x_train"].shape[1:])])
for units in settings.layers:
    model.add(keras.layers.Dense(units, activation="relu"))
model.add(keras.layers.Dense(int(data["y_train"].max()) + 1, activation="softmax"))
model.compile(
    keras.optimizers.Adam(settings.learning_rate),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(
    data["x_train"],
    data["y_train"],
    batch_size=settings.batch_size,
    epochs=settings.epochs,
    verbose=0,
)
report(model.evaluate(data["x_test"], data["y_test"], verbose=0)[1])
