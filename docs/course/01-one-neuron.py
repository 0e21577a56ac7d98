# %% [markdown] lang="en"
# # 1. One neuron
#
# A neuron receives some numbers $x_1, \dots, x_D$, multiplies each by a **weight**, adds them
# up together with a **bias**, and makes its output from the sum:
#
# $$ z = w_1 x_1 + \dots + w_D x_D + b, \qquad h = g(z) . $$
#
# The function $g$ is the **activation**. This page follows the single neuron from 1943, when
# its weights were chosen by hand, to the one that networks are made of today. All these
# neurons have one thing in common: the inputs with $z = 0$ form a straight line (a plane, with
# three inputs), and the neuron says one thing on one side of it and another on the other.
#
# ## McCulloch and Pitts: a neuron that computes
#
# Inputs and output are 0 or 1, and the neuron fires when $\sum_i w_i x_i$ reaches a threshold
# $\theta$. With the right weights it is a logic gate. For each gate, the outputs for the inputs
# 00, 01, 10 and 11:
# %% [markdown] lang="es"
# # 1. Una neurona
#
# Una neurona recibe unos números $x_1, \dots, x_D$, multiplica cada uno por un **peso**, los suma
# junto con un **sesgo** y calcula su salida a partir de esa suma:
#
# $$ z = w_1 x_1 + \dots + w_D x_D + b, \qquad h = g(z) . $$
#
# La función $g$ es la **función de activación**. Esta página recorre la historia de la neurona
# aislada, desde la de 1943, cuyos pesos se elegían a mano, hasta la que hoy forma las redes. Todas
# comparten una propiedad: las entradas con $z = 0$ forman una recta (un plano, si hay tres
# entradas), y la neurona responde una cosa a un lado y otra cosa al otro.
#
# ## McCulloch y Pitts: una neurona que calcula
#
# Las entradas y la salida valen 0 o 1, y la neurona se dispara cuando $\sum_i w_i x_i$ alcanza un
# umbral $\theta$. Con los pesos adecuados es una puerta lógica. Estas son las salidas de cada
# puerta para las entradas 00, 01, 10 y 11:
# %%
from neurona.perceptron import McCullochPitts

print("AND", McCullochPitts(weights=[1, 1], threshold=2).truth_table())
print("OR ", McCullochPitts(weights=[1, 1], threshold=1).truth_table())
print("NOT", McCullochPitts(weights=[-1], threshold=0).truth_table())
# %% [markdown] lang="en"
# For XOR (one or the other, but not both) there are no such weights. Firing at 01 and at 10 asks
# for $w_2 \ge \theta$ and $w_1 \ge \theta$, hence $w_1 + w_2 \ge 2\theta$; silence at 00 and at 11
# asks for $0 < \theta$ and $w_1 + w_2 < \theta$, hence $w_1 + w_2 < 2\theta$. Both cannot be.
#
# ## Hebb: units that fire together wire together
#
# Hebb (1949) proposed that a connection grows when both of its ends are active:
# $\Delta w = \eta\, y\, x$, where $\eta$ is the **learning rate**. With activities −1 and +1, one
# visit of the four points is enough to learn AND:
# %% [markdown] lang="es"
# Para XOR (una u otra, pero no ambas) no existen tales pesos. Dispararse en 01 y en 10 exige
# $w_2 \ge \theta$ y $w_1 \ge \theta$, luego $w_1 + w_2 \ge 2\theta$; callar en 00 y en 11 exige
# $0 < \theta$ y $w_1 + w_2 < \theta$, luego $w_1 + w_2 < 2\theta$. Las dos cosas a la vez son
# imposibles.
#
# ## Hebb: las neuronas que se activan juntas se conectan
#
# Hebb (1949) propuso que una conexión se refuerza cuando sus dos extremos están activos:
# $\Delta w = \eta\, y\, x$, donde $\eta$ es la **tasa de aprendizaje**. Con actividades −1 y +1,
# basta una visita a los cuatro puntos para aprender AND:
# %%
from neurona.perceptron import Hebb

signs = [[-1, -1], [1, -1], [-1, 1], [1, 1]]
neuron = Hebb().fit(signs, [-1, -1, -1, 1])
print("w =", neuron.weights_, " b =", neuron.bias)
print("outputs:", neuron.predict(signs))
# %% [markdown] lang="en"
# But the rule never asks whether the neuron is right. It goes on adding, right or wrong.
#
# ## Rosenblatt: learn from mistakes
#
# Rosenblatt's **perceptron** (1958) makes Hebb's change only where it is wrong. Labels are
# $y = \pm 1$, every point has a leading 1 whose weight is the bias, and the points are visited
# in order:
#
# $$ \text{if } y\,\langle w, x\rangle \le 0: \qquad w \leftarrow w + \eta\, y\, x . $$
#
# Visiting all points once is an **epoch**. Here is the first epoch of learning OR, with
# nothing left out:
# %% [markdown] lang="es"
# Pero la regla nunca pregunta si la neurona acierta: sigue sumando, acierte o no.
#
# ## Rosenblatt: aprender de los errores
#
# El **perceptrón** de Rosenblatt (1958) aplica el cambio de Hebb solo donde se equivoca. Las
# etiquetas son $y = \pm 1$, cada punto empieza por un 1 cuyo peso es el sesgo, y los puntos se
# visitan en orden:
#
# $$ \text{si } y\,\langle w, x\rangle \le 0: \qquad w \leftarrow w + \eta\, y\, x . $$
#
# Visitar una vez todos los puntos es una **época**. Esta es la primera época del aprendizaje
# de OR, sin omitir nada:
# %%
from neurona.explain import explain_pass
from neurona.perceptron import Perceptron

points, labels = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, 1]
neuron = Perceptron().fit(points, labels)
explain_pass(neuron, points, labels, epoch=0)
# %% [markdown] lang="en"
# At $z = 0$ the neuron has not decided, which counts as a mistake; otherwise it could never
# leave $w = 0$. After six epochs none of the four points is wrong, and training ends: from
# then on nothing would ever change.
#
# Now with real data: the lengths and widths of the sepals of two kinds of iris. Each line is
# the boundary after one correction; the strongest is the last.
# %% [markdown] lang="es"
# Con $z = 0$ la neurona no se ha decidido, y eso cuenta como error; si no, nunca podría salir
# de $w = 0$. Tras seis épocas los cuatro puntos están bien y el entrenamiento termina: a partir
# de ahí nada volvería a cambiar.
#
# Ahora con datos reales: la longitud y la anchura de los sépalos de dos especies de iris. Cada
# recta es la frontera después de una corrección; la más intensa es la última.
# %%
# en: Thirteen boundaries of a perceptron on its way; the last one separates setosa from
#   versicolor
# es: Trece fronteras de un perceptrón mientras aprende; la última separa setosa de versicolor
import numpy as np

from neurona import datasets, plots

iris = datasets.iris.load()
rows = np.random.default_rng(1).permutation(100)  # setosa, versicolor
x = iris.x[rows, :2]
x = (x - x.mean(axis=0)) / x.std(axis=0)
species = [iris.class_names[c] for c in iris.y[rows]]
neuron = Perceptron().fit(x, species)
print("mistakes by epoch:", neuron.mistakes_per_epoch)
plots.perceptron_path(neuron, x, species, feature_names=iris.feature_names[:2])
# %% [markdown] lang="en"
# ### How long can it take?
#
# Novikoff (1962) proved that the perceptron makes at most $(R/\gamma)^2$ mistakes, where $R$ is
# the length of the longest point and $\gamma$ the margin: the distance from a separating
# boundary to the nearest point. The bound is generous:
# %% [markdown] lang="es"
# ### ¿Cuánto puede tardar?
#
# Novikoff (1962) demostró que el perceptrón comete como mucho $(R/\gamma)^2$ errores, donde $R$ es
# la longitud del punto más largo y $\gamma$ el margen: la distancia de una frontera que separa
# las clases al punto más cercano. La cota es generosa:
# %%
radius, margin, most = neuron.novikoff_bound(x, species)
print(f"R = {radius:.3f}, γ = {margin:.4f}: at most {most:,.0f} mistakes")
print(f"in fact {neuron.updates_run}")
# %% [markdown] lang="en"
# That holds only if some line separates the classes. On XOR there is none: the four corrections
# of an epoch cancel, the perceptron draws the same three lines again and again, and the library
# says so when `max_epochs` have passed:
# %% [markdown] lang="es"
# Eso vale solo si alguna recta separa las clases. En XOR no la hay: las cuatro correcciones de cada
# época se anulan, el perceptrón traza una y otra vez las mismas tres rectas, y la biblioteca lo
# dice cuando se agotan las `max_epochs`:
# %%
# en: The boundaries of a perceptron on XOR: three lines, none of which separates the classes
# es: Las fronteras de un perceptrón en XOR: tres rectas, y ninguna separa las clases
neuron = Perceptron(max_epochs=5).fit(signs, [-1, 1, 1, -1])
plots.perceptron_path(neuron, signs, [-1, 1, 1, -1])
# %% [markdown] lang="en"
# ## The delta rule
#
# With outputs 0 and 1 and a random start in $[-1, 1]$, the same idea is written
# $w \leftarrow w + \eta\,(y - \hat y)\, x$. The factor $y - \hat y$ is 0 where the neuron is
# right, +1 where a 1 is missing and −1 where a 1 is too many. A table to learn, and every
# change on the way:
# %% [markdown] lang="es"
# ## La regla delta
#
# Con salidas 0 y 1 y un comienzo al azar en $[-1, 1]$, la misma idea se escribe
# $w \leftarrow w + \eta\,(y - \hat y)\, x$. El factor $y - \hat y$ es 0 donde la neurona acierta,
# +1 donde falta un 1 y −1 donde sobra. Una tabla que aprender, y cada cambio por el camino:
# %%
from neurona.perceptron import DeltaRule

x, y = [[0, 0], [1, 1], [0, 1], [1, 0]], [0, 1, 0, 1]
neuron = DeltaRule(learning_rate=0.1, seed=0).fit(x, y)
for u in neuron.path:
    print(u.epoch, x[u.point], f"z = {u.z:+.3f}  y − ŷ = {u.error:+g}  w →", u.after.round(3))
print("outputs:", neuron.predict(x))
# %% [markdown] lang="en"
# ## From the step to the sigmoid
#
# A step says yes or no and is flat on both sides, so its derivative cannot say which way to go.
# Put the **sigmoid** in its place,
#
# $$ \sigma(z) = \frac{1}{1 + e^{-z}}, $$
#
# and the neuron gives a probability, and every point gives a gradient. This is **logistic
# regression**. Here labels are drawn with the probability $\sigma(2x_1 - x_2 + 1)$, and the neuron
# recovers those very weights from the points alone, but for chance:
# %% [markdown] lang="es"
# ## Del escalón a la sigmoide
#
# Un escalón dice sí o no y es plano a ambos lados, así que su derivada no indica hacia dónde ir.
# Pongamos en su lugar la **sigmoide**,
#
# $$ \sigma(z) = \frac{1}{1 + e^{-z}}, $$
#
# y la neurona da una probabilidad, y cada punto da un gradiente. Es la **regresión logística**.
# Aquí las etiquetas se sortean con la probabilidad $\sigma(2x_1 - x_2 + 1)$, y la neurona
# recupera esos mismos pesos a partir de los puntos, salvo por el azar:
# %%
# en: Logistic regression: a straight boundary, with confidence fading towards it
# es: Regresión logística: una frontera recta; la certeza se desvanece al acercarse a ella
from neurona import Sequential, layers
from neurona.optimizers import SGD

random = np.random.default_rng(1)
x = random.uniform(-3, 3, size=(2000, 2))
probability = 1 / (1 + np.exp(-(2 * x[:, 0] - x[:, 1] + 1)))
y = (random.random(2000) < probability).astype(int)

model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
model.compile(SGD(0.5), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=200, epochs=50, verbose=0)
(w1, w2), b = model.get_weights()[0].ravel(), model.get_weights()[1][0]
print(f"z = {w1:.1f} x₁ {w2:+.1f} x₂ {b:+.1f}")
plots.decision_boundary(model, x[:300], y[:300])
# %% [markdown] lang="en"
# The boundary is the line $2x_1 - x_2 + 1 = 0$, that is $x_2 = 2x_1 + 1$. The stronger the
# colour, the surer the neuron.
#
# The **rigid** logistic regression replaces the curve by $\max(0, \min(1, (z+1)/2))$, which
# is exactly 0 or 1 outside of a strip, and linear within. Trained on the same two kinds of iris:
# %% [markdown] lang="es"
# La frontera es la recta $2x_1 - x_2 + 1 = 0$, es decir, $x_2 = 2x_1 + 1$. Cuanto más intenso el
# color, más segura está la neurona.
#
# La regresión logística **rígida** sustituye la curva por $\max(0, \min(1, (z+1)/2))$, que
# vale exactamente 0 o 1 fuera de una franja y es lineal dentro de ella. Entrenada con las mismas
# dos especies de iris:
# %%
# en: Rigid logistic regression on iris: full colour on both sides of a narrow strip
# es: Regresión logística rígida en iris: color pleno a ambos lados de una franja estrecha
two = iris.y < 2
x, y = iris.x[two][:, :2], iris.y[two]
x = x - x.mean(axis=0)
model = Sequential([layers.Dense(1, "sparse_sigmoid")], seed=1)
model.compile(SGD(0.1), "mse", metrics=["accuracy"])
model.fit(x, y, batch_size=10, epochs=100, verbose=0)
certain = np.isin(model.predict(x), (0, 1)).sum()
print(f"accuracy {model.evaluate(x, y)[1]:.2f}; certain of {certain} of {len(x)} flowers")
names = {"class_names": iris.class_names[:2], "feature_names": iris.feature_names[:2]}
plots.decision_boundary(model, x, y, **names)
# %% [markdown] lang="en"
# One neuron draws one straight line, however it is trained. For more, neurons must be
# [combined](02-neurons-combined.md). Proofs, Adaline and more about each of these rules:
# [single neurons](../../01-single-neurons.md).
# %% [markdown] lang="es"
# Una neurona traza una sola recta, se la entrene como se la entrene. Para algo más hay que
# [combinar neuronas](02-neurons-combined.md). Las demostraciones, Adaline y más sobre cada regla
# están (en inglés) en [single neurons](../../01-single-neurons.md).
