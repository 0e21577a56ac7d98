# %% [markdown] lang="en"
# # 4. Losses
#
# A loss says in one number how wrong the network is. Training makes it small, so what counts is
# its gradient: it says in which direction each output should go. A batch's loss is the mean over
# its rows.
#
# ## A number: squared, absolute, or something between
#
# With the error $d = f - y$:
#
# | name | value | gradient |
# |---|---|---|
# | `half_squared_error` | $\frac12 d^2$ | $d$ |
# | `mse` | $d^2$ | $2d$ |
# | `mae` | $\lvert d \rvert$ | $\operatorname{sign} d$ |
# | `huber` | $\frac12 d^2$ near 0, straight beyond $\pm 1$ | $d$, clipped to $\pm 1$ |
#
# A squared error is ruled by outliers, an absolute one does not care how far off they are, and
# Huber's is squared near 0 and absolute far off:
# %% [markdown] lang="es"
# # 4. Funciones de pérdida
#
# La función de pérdida dice con un solo número cuánto se equivoca la red. El entrenamiento la hace
# pequeña, así que lo que cuenta es su gradiente: indica hacia dónde debe ir cada salida. La pérdida
# de un lote es la media de sus filas.
#
# ## Un número: error cuadrático, absoluto o intermedio
#
# Con el error $d = f - y$:
#
# | nombre | valor | gradiente |
# |---|---|---|
# | `half_squared_error` | $\frac12 d^2$ | $d$ |
# | `mse` | $d^2$ | $2d$ |
# | `mae` | $\lvert d \rvert$ | $\operatorname{sign} d$ |
# | `huber` | $\frac12 d^2$ cerca de 0, recta más allá de $\pm 1$ | $d$, recortado a $\pm 1$ |
#
# En el error cuadrático mandan los valores atípicos; al absoluto no le importa lo lejos que estén;
# el de Huber es cuadrático cerca de 0 y absoluto lejos:
# %%
# en: Three losses of an error: two parabolas, one of them straight far off, and a corner; beside
#   them their gradients
# es: Tres pérdidas de un error: dos parábolas, una de ellas recta a lo lejos, y un pico; al lado,
#   sus gradientes
from neurona import losses, plots

plots.loss_functions(["half_squared_error", "mae", "huber"], y=0)
# %% [markdown] lang="en"
# ## A side: perceptron, hinge, logistic
#
# Labels are $y = \pm 1$ and the output is a score $z$. What counts is the product $y z$: positive
# on the right side.
#
# | name | value |
# |---|---|
# | `zero_one` | $\frac12\,(y - \operatorname{sign} z)^2$ |
# | `perceptron` | $\max(0, -y z)$ |
# | `hinge` | $\max(0, 1 - y z)$ |
# | `logistic` | $\log(1 + e^{-y z})$ |
#
# The 0/1 loss counts mistakes, but its gradient is 0 everywhere: it can judge, not teach. The
# perceptron's loss is content as soon as the side is right, the hinge asks for a **margin**, and
# the logistic one is never quite content:
# %% [markdown] lang="es"
# ## Un lado: perceptrón, bisagra, logística
#
# Las etiquetas son $y = \pm 1$ y la salida es una puntuación $z$. Lo que cuenta es el producto
# $y z$: es positivo en el lado correcto.
#
# | nombre | valor |
# |---|---|
# | `zero_one` (0/1) | $\frac12\,(y - \operatorname{sign} z)^2$ |
# | `perceptron` | $\max(0, -y z)$ |
# | `hinge` (bisagra) | $\max(0, 1 - y z)$ |
# | `logistic` (logística) | $\log(1 + e^{-y z})$ |
#
# La pérdida 0/1 cuenta errores, pero su gradiente es 0 en todas partes: sirve para juzgar, no para
# enseñar. La del perceptrón se conforma en cuanto acierta el lado, la bisagra exige un **margen** y
# la logística nunca se conforma del todo:
# %%
# en: Four losses of a score whose label is +1, and their gradients
# es: Cuatro pérdidas de una puntuación cuya etiqueta es +1, y sus gradientes
plots.loss_functions(["zero_one", "perceptron", "hinge", "logistic"], y=1)
# %% [markdown] lang="en"
# ## A probability: cross-entropy
#
# If the network gives probabilities, take minus the logarithm of what it gave to the truth:
#
# $$ \ell = -\sum_i y_i \log p_i . $$
#
# With one-hot labels only the true class is left of the sum. Logarithms are natural: a
# probability of 0.8 costs 0.223, one of 0.2 costs 1.609. (A table with 0.10 and 0.70 has used
# $\log_{10}$.)
# %% [markdown] lang="es"
# ## Una probabilidad: entropía cruzada
#
# Si la red da probabilidades, se toma menos el logaritmo de la que dio a la verdad:
#
# $$ \ell = -\sum_i y_i \log p_i . $$
#
# Con etiquetas *one-hot*, de la suma solo queda la clase verdadera. Los logaritmos son naturales:
# una probabilidad de 0,8 cuesta 0,223 y una de 0,2 cuesta 1,609. (Si en una tabla aparecen 0,10 y
# 0,70, se ha usado $\log_{10}$.)
# %%
import numpy as np

cross_entropy = losses.CategoricalCrossentropy()
for p in (0.99, 0.8, 0.5, 0.2, 0.01):
    loss = cross_entropy([[1, 0]], [[p, 1 - p]])
    print(f"p = {p:4}: loss {loss:.3f} = -log p {-np.log(p):.3f}   log10: {-np.log10(p):.3f}")
# %% [markdown] lang="en"
# Cross-entropy belongs with softmax (and with the sigmoid): the two derivatives cancel to
# $\delta = p - y$, which is never small where the answer is wrong. With the squared error the
# factor $\sigma' = p\,(1-p)$ stays, and a neuron that is wrong and sure of it learns nothing.
# For the label 1 and ever worse outputs:
# %% [markdown] lang="es"
# La entropía cruzada va con softmax (y con la sigmoide): las dos derivadas se simplifican en
# $\delta = p - y$, que nunca es pequeño donde la respuesta es errónea. Con el error cuadrático
# queda el factor $\sigma' = p\,(1-p)$, y una neurona que se equivoca con total seguridad no aprende
# nada. Para la etiqueta 1 y salidas cada vez peores:
# %%
for z in (0.0, -2.0, -5.0, -10.0):
    p = 1 / (1 + np.exp(-z))
    print(f"p = {p:.5f}:  δ = p − y = {p - 1:+.3f}   δ = (p − y)·σ′ = {(p - 1) * p * (1 - p):+.5f}")
# %% [markdown] lang="en"
# ## When a class is rare
#
# With 95 rows of one class and 5 of the other, a network that always says the first is right 95
# times in 100. **Balanced** cross-entropy gives each class the weight $\alpha_c = n / (k\, n_c)$,
# so that all classes count the same:
# %% [markdown] lang="es"
# ## Cuando una clase es rara
#
# Con 95 filas de una clase y 5 de la otra, una red que responda siempre la primera acierta 95 de
# cada 100. La entropía cruzada **equilibrada** da a cada clase el peso
# $\alpha_c = n / (k\, n_c)$, de modo que todas cuentan lo mismo:
# %%
from neurona import Sequential, layers
from neurona.optimizers import Adam
from neurona.utils import balanced_class_weight

random = np.random.default_rng(1)
x = np.concatenate([random.normal(0, 1, (285, 2)), random.normal(1.8, 1, (15, 2))])
y = np.array([0] * 285 + [1] * 15)
print("weights:", {c: round(w, 3) for c, w in balanced_class_weight(y).items()})

models = {}
for class_weight in (None, "balanced"):
    model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
    model.compile(Adam(0.05), "binary_crossentropy", metrics=["accuracy", "recall"])
    model.fit(x, y, epochs=60, class_weight=class_weight, verbose=0)
    _, accuracy, recall = model.evaluate(x, y)
    print(f"{class_weight or 'plain':8} accuracy {accuracy:.2f}   rare ones found {recall:.2f}")
    models[class_weight] = model
# %% [markdown] lang="en"
# Accuracy fell, and yet the second network is the useful one, if the rare class is the one that
# matters. Where each draws its line:
# %% [markdown] lang="es"
# La exactitud ha bajado y, sin embargo, la segunda red es la útil si la clase rara es la que
# importa. Dónde traza cada una su recta:
# %%
# en: Two boundaries: the plain one leaves most of the rare points on the wrong side, the balanced
#   one does not
# es: Dos fronteras: la normal deja la mayoría de los puntos raros en el lado equivocado; la
#   equilibrada, no
import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
plots.decision_boundary(models[None], x, y, ax=left, title="plain")
plots.decision_boundary(models["balanced"], x, y, ax=right, title="balanced")
# %% [markdown] lang="en"
# The **focal** loss weighs by difficulty instead: $-(1 - p)^\gamma \log p$. With $\gamma = 0$ it is
# cross-entropy; the larger $\gamma$, the less an easy row counts. How many easy rows (0.9) does one
# hard row (0.2) outweigh?
# %% [markdown] lang="es"
# La pérdida **focal** pondera según la dificultad: $-(1 - p)^\gamma \log p$. Con $\gamma = 0$ es la
# entropía cruzada; cuanto mayor es $\gamma$, menos cuenta una fila fácil. ¿Por cuántas filas
# fáciles (0,9) vale una difícil (0,2)?
# %%
for gamma in (0, 1, 2, 5):
    focal = losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=gamma)
    easy, hard = focal([0], [[0.9, 0.1]]), focal([0], [[0.2, 0.8]])
    print(f"γ = {gamma}: easy {easy:.6f}  hard {hard:.4f}  ratio {hard / easy:,.0f}")
# %% [markdown] lang="en"
# All losses, with their gradients checked: [losses](../../04-losses.md). Next:
# [how the loss is made small](05-optimizers.md).
# %% [markdown] lang="es"
# Todas las funciones de pérdida, con sus gradientes comprobados (en inglés):
# [losses](../../04-losses.md). A continuación: [cómo se hace pequeña la pérdida](05-optimizers.md).
