# %% [markdown] lang="en"
# # 8. Watching and judging
#
# A falling loss says that the network learns *something*. What, and whether it will hold for new
# data, has to be looked at.
#
# ## Overfitting
#
# A network with thousands of weights can learn sixty noisy points by heart. The sign: the loss of
# the **validation** data turns up again while that of the training data still falls.
# %% [markdown] lang="es"
# # 8. Observar y juzgar
#
# Que la pérdida baje indica que la red aprende *algo*. Qué aprende, y si valdrá para datos nuevos,
# hay que mirarlo.
#
# ## Sobreajuste
#
# Una red con miles de pesos puede aprenderse de memoria sesenta puntos con ruido. La señal: la
# pérdida en los datos de **validación** vuelve a subir mientras la de entrenamiento sigue bajando.
# %%
# en: Loss and accuracy by epoch: the training loss falls to nothing, the validation loss climbs
# es: Pérdida y exactitud por época: la de entrenamiento baja hasta casi nada, la de validación sube
from neurona import Sequential, datasets, layers, plots
from neurona.callbacks import EarlyStopping
from neurona.optimizers import Adam

x, y = datasets.moons(60, noise=0.4, seed=1)
x_val, y_val = datasets.moons(1000, noise=0.4, seed=2)


def train(*callbacks):
    model = Sequential(seed=1)
    model.add(layers.Dense(64, "relu", input_shape=(2,)))
    model.add(layers.Dense(64, "relu"))
    model.add(layers.Dense(1, "sigmoid"))
    model.compile(Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    validation = (x_val, y_val)
    model.fit(x, y, epochs=200, validation_data=validation, callbacks=callbacks, verbose=0)
    return model


overfitted = train()
print(f"{overfitted.count_params():,} parameters for {len(x)} points")
plots.learning_curves(overfitted.history)
# %% [markdown] lang="en"
# The dotted line is a running mean, made while the weights were changing; the other is measured at
# each epoch's end. The star marks the best epoch: that is when to stop. **Early stopping** watches
# for it, and puts the best weights back:
# %% [markdown] lang="es"
# La línea de puntos es una media móvil, calculada mientras los pesos cambiaban; la otra se mide al
# final de cada época. La estrella señala la mejor época: ahí hay que parar. La **parada temprana**
# está atenta a ese momento y recupera los mejores pesos:
# %%
stopped = train(EarlyStopping(patience=10, restore_best_weights=True))
for name, model in (("to the end", overfitted), ("stopped", stopped)):
    loss, accuracy = model.evaluate(x_val, y_val)
    epochs = len(model.history.epoch)
    print(f"{name:10} {epochs:3} epochs, validation loss {loss:.2f}, accuracy {accuracy:.2f}")
# %% [markdown] lang="en"
# What both drew. The first winds around single points; the second follows the two moons.
# %% [markdown] lang="es"
# Lo que dibujó cada una. La primera serpentea alrededor de puntos sueltos; la segunda sigue las dos
# lunas.
# %%
# en: Two boundaries on the same points: a ragged one, sure of itself everywhere, and a smooth one
# es: Dos fronteras sobre los mismos puntos: una irregular, segura en todas partes, y otra suave
import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
plots.decision_boundary(overfitted, x, y, ax=left, title="to the end")
plots.decision_boundary(stopped, x, y, ax=right, title="stopped")
# %% [markdown] lang="en"
# Besides stopping in time: more data, fewer weights, weight decay, dropout.
#
# ## Searching for good settings
#
# How many neurons, which learning rate? Try several, and judge each by the validation data, never
# by the training data. The star marks the best trial; the spread of the points at one setting shows
# how much the other one, and chance, matter. A third set of data, the **test** set, is kept for the
# one that was chosen: the best of many looks better than it is.
# %% [markdown] lang="es"
# Además de parar a tiempo: más datos, menos pesos, reducción de pesos, *dropout*.
#
# ## Buscar buenos ajustes
#
# ¿Cuántas neuronas, qué tasa de aprendizaje? Se prueban varias y se juzga cada una con los datos de
# validación, nunca con los de entrenamiento. La estrella señala la mejor prueba; la dispersión de
# los puntos con un mismo ajuste muestra cuánto importan el otro ajuste y el azar. Un tercer
# conjunto de datos, el de **prueba**, se guarda para la elegida: la mejor entre muchas parece mejor
# de lo que es.
# %%
# en: Validation loss by number of neurons and by learning rate, the best trial marked
# es: Pérdida de validación según el número de neuronas y la tasa de aprendizaje, con la mejor
#   prueba señalada
trials = []
for units in (2, 4, 8, 16, 32):
    for rate in (0.001, 0.003, 0.01, 0.03, 0.1):
        model = Sequential(seed=1)
        model.add(layers.Dense(units, "relu", input_shape=(2,)))
        model.add(layers.Dense(1, "sigmoid"))
        model.compile(Adam(rate), "binary_crossentropy")
        history = model.fit(x, y, epochs=100, validation_data=(x_val, y_val), verbose=0)
        lowest = min(history.history["val_loss"])
        trials.append({"neurons": units, "learning rate": rate, "validation loss": lowest})

best = min(trials, key=lambda trial: trial["validation loss"])
print(", ".join(f"{name} {value:.3g}" for name, value in best.items()))
plots.search_results(trials, score="validation loss", lower_is_better=True)
# %% [markdown] lang="en"
# ## Probabilities: can they be believed?
#
# A model that says 80 % should be right in 80 of 100 such cases. The **reliability diagram**
# compares; the overfitted network is far too sure:
# %% [markdown] lang="es"
# ## Probabilidades: ¿son de fiar?
#
# Un modelo que dice 80 % debería acertar en 80 de cada 100 casos así. El **diagrama de fiabilidad**
# lo compara; la red sobreajustada está demasiado segura:
# %%
# en: Predicted probability against what came true: the overfitted network is far from the
#   diagonal, the stopped one nearer
# es: Probabilidad predicha frente a lo que ocurrió: la red sobreajustada queda lejos de la
#   diagonal; la parada a tiempo, más cerca
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
plots.reliability_diagram(y_val, overfitted.predict(x_val), ax=left)
plots.reliability_diagram(y_val, stopped.predict(x_val), ax=right)
# %% [markdown] lang="en"
# Where to put the threshold is a choice between missing some and crying wolf. The ROC curve and
# precision against recall show all choices at once:
# %% [markdown] lang="es"
# Dónde poner el umbral es elegir entre dejar escapar algunos y dar falsas alarmas. La curva ROC y
# la de precisión frente a exhaustividad muestran todas las opciones a la vez:
# %%
# en: ROC curve, and precision against recall, of the stopped network
# es: Curva ROC, y precisión frente a exhaustividad, de la red parada a tiempo
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
plots.roc_curve(y_val, stopped.predict(x_val), ax=left)
plots.precision_recall_curve(y_val, stopped.predict(x_val), ax=right)
# %% [markdown] lang="en"
# ## Classes: which for which?
#
# On small digits of 8 × 8 pixels, which come with the library. Rows are the true digits, columns
# what the network said; whatever is off the diagonal is wrong:
# %% [markdown] lang="es"
# ## Clases: ¿cuál por cuál?
#
# Con dígitos pequeños, de 8 × 8 píxeles, que vienen con la biblioteca. Las filas son los dígitos
# verdaderos, las columnas lo que dijo la red; lo que está fuera de la diagonal son errores:
# %%
# en: Confusion matrix of ten digits, nearly all on the diagonal
# es: Matriz de confusión de diez dígitos, casi todo en la diagonal
(x_train, y_train), (x_test, y_test) = datasets.digits.load_data(seed=1)
reader = Sequential([layers.Rescaling(1 / 16, input_shape=(8, 8)), layers.Flatten()], seed=1)
reader.add(layers.Dense(32, "relu", name="hidden"))
reader.add(layers.Dense(10, "softmax", name="digit"))
reader.compile(Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
reader.fit(x_train, y_train, epochs=20, verbose=0)
p = reader.predict(x_test)
print(f"accuracy {reader.evaluate(x_test, y_test)[1]:.3f}")
plots.confusion_matrix(y_test, p)
# %% [markdown] lang="en"
# The misclassified ones, the worst first: top right what it was, bottom right what it was taken
# for. Some you would not have read either.
# %% [markdown] lang="es"
# Los mal clasificados, los peores primero: arriba a la derecha lo que era, abajo a la derecha con
# qué se confundió. Algunos tampoco los habrías leído tú.
# %%
# en: The misread digits with their true and their estimated class
# es: Los dígitos mal leídos, con su clase verdadera y la estimada
plots.misclassified(x_test, y_test, p)
# %% [markdown] lang="en"
# ## Numbers: fit and residuals
#
# A network without an activation at its end draws a curve. What is left over, the **residuals**,
# should look like noise: no bend, no funnel.
# %% [markdown] lang="es"
# ## Números: ajuste y residuos
#
# Una red sin función de activación al final dibuja una curva. Lo que sobra, los **residuos**, debe
# parecer ruido: sin curvas ni embudos.
# %%
# en: A sine learned from noisy points
# es: Un seno aprendido de puntos con ruido
import numpy as np

random = np.random.default_rng(1)
x_line = random.uniform(-3, 3, (200, 1))
y_line = np.sin(2 * x_line[:, 0]) + random.normal(0, 0.2, 200)
curve = Sequential([layers.Dense(24, "tanh"), layers.Dense(24, "tanh"), layers.Dense(1)], seed=1)
curve.compile(Adam(0.01), "mse", metrics=["mae", "r2_score"])
curve.fit(x_line, y_line, epochs=200, verbose=0)
mse, mae, r2 = curve.evaluate(x_line, y_line)
print(f"mean squared error {mse:.3f}, mean absolute error {mae:.2f}, R² {r2:.2f}")
plots.regression_fit(curve, x_line, y_line)
# %%
# en: Residuals: truth by prediction, residuals by prediction, and their histogram
# es: Residuos: verdad frente a predicción, residuos frente a predicción, y su histograma
plots.residuals(y_line, curve.predict(x_line))
# %% [markdown] lang="en"
# ## Is it luck?
#
# Two trainings that differ in the seed alone differ in the result. Before believing that one
# network is better than another, look at several seeds. Here the ranges overlap: on so few points
# more neurons are no better.
# %% [markdown] lang="es"
# ## ¿Es suerte?
#
# Dos entrenamientos que solo difieren en la semilla dan resultados distintos. Antes de creer que
# una red es mejor que otra, mira varias semillas. Aquí los intervalos se solapan: con tan pocos
# puntos, más neuronas no son mejores.
# %%
for units in (2, 4, 16):
    scores = []
    for seed in range(5):
        model = Sequential([layers.Dense(units, "tanh"), layers.Dense(1, "sigmoid")], seed=seed)
        model.compile(Adam(0.03), "binary_crossentropy", metrics=["accuracy"])
        model.fit(x, y, epochs=50, verbose=0)
        scores.append(model.evaluate(x_val, y_val)[1])
    low, high, mean = min(scores), max(scores), np.mean(scores)
    print(f"{units:2} neurons: from {low:.3f} to {high:.3f}, mean {mean:.3f}")
# %% [markdown] lang="en"
# `neurona train … --report` puts most of this page into one file about your own run:
# [reports](../../report.md). More on measures:
# [watching and judging](../../08-watching-and-judging.md). Next: [MNIST](09-mnist.md).
# %% [markdown] lang="es"
# `neurona train … --report` reúne casi todo lo de esta página en un solo archivo sobre tu propio
# entrenamiento (en inglés): [reports](../../report.md). Más sobre las medidas:
# [watching and judging](../../08-watching-and-judging.md). A continuación: [MNIST](09-mnist.md).
