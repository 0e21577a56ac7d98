# %% [markdown] lang="en"
# # 5. Optimizers
#
# Training goes downhill on the surface that the loss makes over all weights. The gradient
# $g = \partial E / \partial w$ points uphill, so
#
# $$ w \leftarrow w - \eta\, g , $$
#
# with the **learning rate** $\eta$.
#
# ## The learning rate: too small, right, too large
#
# On the parabola $E = w^2$ the gradient is $2w$, so a step multiplies $w$ by $1 - 2\eta$. A small
# rate creeps, a good one arrives, and above 1 each jump is longer than the last:
# %% [markdown] lang="es"
# # 5. Optimizadores
#
# Entrenar es ir cuesta abajo por la superficie que forma la pérdida sobre todos los pesos. El
# gradiente $g = \partial E / \partial w$ señala cuesta arriba, así que
#
# $$ w \leftarrow w - \eta\, g , $$
#
# con la **tasa de aprendizaje** $\eta$.
#
# ## La tasa de aprendizaje: pequeña, adecuada, grande
#
# En la parábola $E = w^2$ el gradiente es $2w$, así que cada paso multiplica $w$ por $1 - 2\eta$.
# Una tasa pequeña avanza a rastras, una buena llega, y por encima de 1 cada salto es más largo que
# el anterior:
# %%
# en: Gradient descent on a parabola with three learning rates: it creeps, arrives, leaps away
# es: Descenso por el gradiente en una parábola con tres tasas: se arrastra, llega, se aleja a
#   saltos
from neurona import Sequential, datasets, layers, plots
from neurona.optimizers import SGD, Adam

rates = (0.03, 0.4, 1.05)
w = dict.fromkeys(rates, -1.6)
for _ in range(4):
    w = {eta: value - eta * 2 * value for eta, value in w.items()}
    print("  ".join(f"η = {eta}: w = {value:+.3f}" for eta, value in w.items()))
plots.descent(rates=rates)
# %% [markdown] lang="en"
# A network has another curvature in each direction, and the steepest one sets the limit. The same
# network from the same start, trained with four rates:
# %% [markdown] lang="es"
# Una red tiene una curvatura distinta en cada dirección, y la más pronunciada marca el límite. La
# misma red, desde el mismo comienzo, entrenada con cuatro tasas:
# %%
# en: Loss by epoch: the smallest rate hardly falls, the best falls fast, the largest jumps about
# es: Pérdida por época: con la tasa menor apenas baja, con la mejor baja deprisa, con la mayor va a
#   saltos
x, y = datasets.moons(200, noise=0.1, seed=1)
model = Sequential([layers.Dense(8, "tanh", input_shape=(2,)), layers.Dense(1, "sigmoid")], seed=1)
model.compile(SGD(), "binary_crossentropy")
plots.learning_rates(model, x, y, rates=(0.003, 0.1, 2, 30))
# %% [markdown] lang="en"
# ## How many rows a step?
#
# The gradient can be averaged over all rows (**gradient descent**), over one (**stochastic**), or
# over a **mini-batch**. Few rows make many cheap, noisy steps; all rows one exact step an epoch.
# Ten epochs of each, fitting the line $2x + 1$:
# %% [markdown] lang="es"
# ## ¿Cuántas filas por paso?
#
# El gradiente puede promediarse sobre todas las filas (**descenso por el gradiente**), sobre una
# (**estocástico**) o sobre un **minilote**. Pocas filas dan muchos pasos baratos y ruidosos; todas
# las filas, un paso exacto por época. Diez épocas de cada, para ajustar la recta $2x + 1$:
# %%
import numpy as np

line = np.linspace(-1, 1, 20)[:, np.newaxis]
for batch_size in (1, 5, "all"):
    model = Sequential([layers.Dense(1)], seed=1)
    model.compile(SGD(0.05), "mse")
    model.fit(line, 2 * line + 1, batch_size=batch_size, epochs=10, verbose=0)
    loss = model.evaluate(line, 2 * line + 1)
    print(f"batch of {batch_size}: {model.state.iteration} steps, loss {loss:.4f}")
# %% [markdown] lang="en"
# ## Momentum, and a rate for each weight
#
# In a long valley plain descent zigzags between the walls or, with a smaller rate, creeps along
# the floor. **Momentum** keeps a velocity,
#
# $$ v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v , $$
#
# which averages the zigzag out and adds up what points the same way. **Adagrad**, **RMSprop**
# and **Adam** give each weight a step size of its own, according to how large its gradients have
# been. On a valley that is much steeper across than along:
# %% [markdown] lang="es"
# ## Momento, y una tasa para cada peso
#
# En un valle largo, el descenso simple va en zigzag de ladera a ladera o, con una tasa menor, se
# arrastra por el fondo. El **momento** conserva una velocidad,
#
# $$ v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v , $$
#
# que compensa el zigzag y acumula lo que apunta siempre hacia el mismo lado. **Adagrad**,
# **RMSprop** y **Adam** dan a cada peso su propio tamaño de paso, según lo grandes que hayan sido
# sus gradientes. En un valle mucho más empinado a lo ancho que a lo largo:
# %%
# en: Paths of four optimizers down a long valley, over the lines of equal loss
# es: Caminos de cuatro optimizadores por un valle largo, sobre las curvas de nivel de la pérdida
plots.optimizer_paths("valley")
# %% [markdown] lang="en"
# Two steps of Adam by hand, for one weight with the gradients 2 and 1:
#
# $$ m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2,
#    \quad w \leftarrow w - \eta\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}\,
#    \frac{m}{\sqrt v + \epsilon} . $$
# %% [markdown] lang="es"
# Dos pasos de Adam a mano, para un peso con los gradientes 2 y 1:
#
# $$ m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2,
#    \quad w \leftarrow w - \eta\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}\,
#    \frac{m}{\sqrt v + \epsilon} . $$
# %%
adam = Adam(0.1)
weight = np.array([1.0])
slots = adam.init(weight)
by_hand, m, v = 1.0, 0.0, 0.0
for t, g in enumerate((2.0, 1.0), start=1):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    by_hand -= 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7)
    weight, slots = adam.update(weight, np.array([g]), slots, 0.1, t - 1)
    print(f"step {t}: m = {m:.4f}  v = {v:.6f}  w = {by_hand:.6f}   neurona: {weight[0]:.6f}")
# %% [markdown] lang="en"
# ## Local minima
#
# A surface may have several valleys, and where one ends depends on the start and on the speed:
# %% [markdown] lang="es"
# ## Mínimos locales
#
# Una superficie puede tener varios valles, y dónde se acaba depende del comienzo y de la velocidad:
# %%
# en: From the same start, descent and momentum end in one of four minima, Adam in another
# es: Desde el mismo comienzo, el descenso y el momento acaban en uno de los cuatro mínimos; Adam,
#   en otro
chosen = {"descent": SGD(0.01), "momentum": SGD(0.01, momentum=0.9), "Adam": Adam(0.5)}
plots.optimizer_paths("himmelblau", chosen, start=(0.2, -0.8), steps=80)
# %% [markdown] lang="en"
# A network's own surface has as many dimensions as weights. This is the plane through it in which
# the path of a training lies as well as it can lie in a plane:
# %% [markdown] lang="es"
# La superficie de una red tiene tantas dimensiones como pesos. Este es el plano que mejor contiene
# el camino de un entrenamiento:
# %%
# en: The path of a network's weights, from the rim of a basin to its bottom
# es: El camino de los pesos de una red, desde el borde de una cuenca hasta el fondo
model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
model.compile(Adam(0.03), "binary_crossentropy")
path = plots.WeightPath()
model.fit(x, y, epochs=60, callbacks=[path], verbose=0)
plots.loss_landscape(model, x, y, path)
# %% [markdown] lang="en"
# ## A rate that changes
#
# Large at first to get anywhere, small at last to settle: that is a **schedule**. The `decay` of
# `SGD(lr=0.01, decay=1e-6, momentum=0.9)` is one of them, $\eta_t = \eta / (1 + \text{decay} \cdot
# t)$, and so gentle that ten epochs of MNIST hardly notice it:
# %% [markdown] lang="es"
# ## Una tasa que cambia
#
# Grande al principio para avanzar, pequeña al final para asentarse: eso es un **plan** de la tasa
# (*schedule*). El `decay` de `SGD(lr=0.01, decay=1e-6, momentum=0.9)` es uno de ellos,
# $\eta_t = \eta / (1 + \text{decay} \cdot t)$, y tan suave que diez épocas de MNIST apenas lo
# notan:
# %%
from neurona import schedules

plans = {
    "decay 1e-6": SGD(lr=0.01, decay=1e-6, momentum=0.9).rate,
    "halved every 2000": schedules.StepDecay(0.01, 2000, 0.5),
    "cosine": schedules.CosineDecay(0.01, 6000),
    "warm-up, cosine": schedules.LinearWarmup(schedules.CosineDecay(0.01, 5000), 1000),
}
for name, rate in plans.items():
    print(f"{name:18}", *(f"{rate(t):.6f}" for t in (0, 1000, 3000, 6000)))
# %% [markdown] lang="en"
# Weight decay, dropout, clipping and the rest of the optimizers:
# [optimizers and schedules](../../05-optimizers.md). Next: [where training
# begins](06-preparation.md).
# %% [markdown] lang="es"
# La reducción de pesos (*weight decay*), el *dropout*, el recorte del gradiente y los demás
# optimizadores están (en inglés) en [optimizers and schedules](../../05-optimizers.md). A
# continuación: [dónde empieza el entrenamiento](06-preparation.md).
