# %% [markdown] lang="en"
# # 3. Activation functions
#
# Without an activation a [stack of layers is one layer](02-neurons-combined.md). An activation is
# two formulas: its value $h = g(z)$ on the way forward, and its derivative $g'(z)$ on the way back,
# since back-propagation multiplies by it:
#
# $$ \delta = \frac{\partial E}{\partial z} = \frac{\partial E}{\partial h}\, g'(z) . $$
#
# ## S-shaped
#
# | name | value | derivative |
# |---|---|---|
# | sigmoid | $\sigma(z) = 1 / (1 + e^{-z})$ | $\sigma\,(1 - \sigma)$ |
# | tanh | $2\sigma(2z) - 1$ | $1 - \tanh^2 z$ |
# | arctan | $\arctan z$ | $1 / (1 + z^2)$ |
# | ramp | $\max(-1, \min(1, z))$ | 1 for $\lvert z \rvert < 1$, else 0 |
#
# Left the values, right the derivatives:
# %% [markdown] lang="es"
# # 3. Funciones de activación
#
# Sin función de activación, [varias capas son una sola](02-neurons-combined.md). Una función de
# activación son dos fórmulas: su valor $h = g(z)$ hacia delante y su derivada $g'(z)$ hacia atrás,
# porque la retropropagación multiplica por ella:
#
# $$ \delta = \frac{\partial E}{\partial z} = \frac{\partial E}{\partial h}\, g'(z) . $$
#
# ## En forma de S
#
# | nombre | valor | derivada |
# |---|---|---|
# | sigmoid (sigmoide) | $\sigma(z) = 1 / (1 + e^{-z})$ | $\sigma\,(1 - \sigma)$ |
# | tanh (tangente hiperbólica) | $2\sigma(2z) - 1$ | $1 - \tanh^2 z$ |
# | arctan (arcotangente) | $\arctan z$ | $1 / (1 + z^2)$ |
# | ramp (rampa) | $\max(-1, \min(1, z))$ | 1 si $\lvert z \rvert < 1$; si no, 0 |
#
# A la izquierda los valores, a la derecha las derivadas:
# %%
# en: Sigmoid, tanh, arctan and ramp, and beside them their derivatives
# es: Sigmoide, tangente hiperbólica, arcotangente y rampa, y al lado sus derivadas
from neurona import activations, plots

plots.activation_functions(["sigmoid", "tanh", "arctan", "ramp"])
# %% [markdown] lang="en"
# Far from 0 they are flat: the neuron is **saturated**, and hardly learns. Between the sigmoid and
# tanh, prefer tanh in hidden layers: its outputs are centred on 0, and its derivative reaches 1,
# the sigmoid's only ¼.
#
# ## Rectifiers
#
# | name | value for $z > 0$ | for $z \le 0$ | derivative for $z \le 0$ |
# |---|---|---|---|
# | ReLU | $z$ | 0 | 0 |
# | leaky ReLU | $z$ | $\alpha z$ | $\alpha$ |
# | ELU | $z$ | $\alpha\,(e^z - 1)$ | $h + \alpha$ |
# | softplus | $\log(1 + e^z)$ | the same | $\sigma(z)$ |
# %% [markdown] lang="es"
# Lejos de 0 son planas: la neurona está **saturada** y apenas aprende. Entre la sigmoide y la
# tangente hiperbólica, es mejor esta última en las capas ocultas: sus salidas están centradas en 0
# y su derivada llega a 1; la de la sigmoide, solo a ¼.
#
# ## Rectificadores
#
# | nombre | valor si $z > 0$ | si $z \le 0$ | derivada si $z \le 0$ |
# |---|---|---|---|
# | ReLU | $z$ | 0 | 0 |
# | leaky ReLU (con fuga) | $z$ | $\alpha z$ | $\alpha$ |
# | ELU | $z$ | $\alpha\,(e^z - 1)$ | $h + \alpha$ |
# | softplus | $\log(1 + e^z)$ | igual | $\sigma(z)$ |
# %%
# en: ReLU, leaky ReLU, ELU and softplus, and beside them their derivatives
# es: ReLU, ReLU con fuga, ELU y softplus, y al lado sus derivadas
plots.activation_functions(["relu", "leaky_relu", "elu", "softplus"])
# %% [markdown] lang="en"
# Where $z > 0$ the error passes undiminished. That made deep networks practical, and ReLU the
# usual choice. It wants care with the learning rate: a neuron that one large step has pushed below
# 0 for every input has the derivative 0 for every input. It is **dead**, and stays so. Leaky ReLU
# and ELU leave a way back.
#
# The numbers behind the curves, for any of them:
# %% [markdown] lang="es"
# Donde $z > 0$, el error pasa sin disminuir. Eso hizo viables las redes profundas y de ReLU la
# elección habitual. Pide cuidado con la tasa de aprendizaje: si un paso demasiado grande deja a una
# neurona por debajo de 0 para todas las entradas, su derivada es 0 para todas. Está **muerta**, y
# así se queda. La ReLU con fuga y la ELU dejan un camino de vuelta.
#
# Los números que hay detrás de las curvas, para cualquiera de ellas:
# %%
import numpy as np

z = np.array([-2.0, -0.5, 0.5, 2.0])
for name in ("sigmoid", "tanh", "relu", "elu", "gelu"):
    g = activations.get(name)
    h = g(z)
    print(f"{name:8} h = {h.round(3)}   g′ = {g.derivative(z, h).round(3)}")
# %% [markdown] lang="en"
# ## Softmax
#
# The output layer of a classifier: it turns a row of scores into probabilities that add up to 1,
#
# $$ h_i = \frac{e^{z_i}}{\sum_j e^{z_j}} . $$
#
# The largest score takes most. With 8 in place of 4 the winner takes all:
# %% [markdown] lang="es"
# ## Softmax
#
# La capa de salida de un clasificador: convierte una fila de puntuaciones en probabilidades que
# suman 1,
#
# $$ h_i = \frac{e^{z_i}}{\sum_j e^{z_j}} . $$
#
# La puntuación mayor se lleva la mayor parte. Con un 8 en lugar del 4, se lo lleva todo:
# %%
for scores in ([-1.0, 0.0, 1.0, 2.0, 4.0], [-1.0, 0.0, 1.0, 2.0, 8.0]):
    print(scores, "→", *(f"{p:.2f}" for p in activations.softmax(scores)))
# %% [markdown] lang="en"
# ## Vanishing gradients
#
# Going back through $n$ layers multiplies by $n$ derivatives. The sigmoid's is at most ¼, so ten
# layers shrink the error at least $4^{10} \approx 10^6$ times, before the weights have their say.
# Here are eight layers of sigmoids, and the size of each layer's gradient during training (dark
# lines are the layers near the input):
# %% [markdown] lang="es"
# ## Gradientes que se desvanecen
#
# Volver a través de $n$ capas multiplica por $n$ derivadas. La de la sigmoide vale como mucho ¼,
# así que diez capas reducen el error al menos $4^{10} \approx 10^6$ veces, sin contar aún los
# pesos. Aquí hay ocho capas de sigmoides y el tamaño del gradiente de cada capa durante el
# entrenamiento (las líneas oscuras son las capas cercanas a la entrada):
# %%
# en: Gradients of eight sigmoid layers, powers of ten apart: the nearer to the input, the smaller
# es: Gradientes de ocho capas de sigmoides, separados por potencias de diez: cuanto más cerca de
#   la entrada, menores
from neurona import Sequential, datasets, layers
from neurona.optimizers import SGD

x, y = datasets.moons(200, noise=0.1, seed=1)


def deep(activation):
    model = Sequential([layers.Dense(12, activation) for _ in range(7)], seed=1)
    model.add(layers.Dense(1, "sigmoid"))
    model.compile(SGD(0.2), "binary_crossentropy", metrics=["accuracy"])
    statistics = plots.LayerStatistics(x, y)
    model.fit(x, y, epochs=30, callbacks=[statistics], verbose=0)
    gradients = statistics.series("gradient_rms")[-1]
    ratio = gradients[0] / gradients[-1]
    print(f"{activation}: accuracy {model.evaluate(x, y)[1]:.2f}; gradient of the first layer")
    print(f"is {ratio:.0e} of the last layer's")
    return statistics


plots.layer_health(deep("sigmoid"))
# %% [markdown] lang="en"
# The same network with ReLU: the gradients of all layers are of the same order, and it learns.
# %% [markdown] lang="es"
# La misma red con ReLU: los gradientes de todas las capas son del mismo orden, y aprende.
# %%
# en: Gradients of the same network with ReLU: all layers close together
# es: Gradientes de la misma red con ReLU: todas las capas van juntas
plots.layer_health(deep("relu"))
# %% [markdown] lang="en"
# ## Which one, where?
#
# | question | output layer | [loss](04-losses.md) |
# |---|---|---|
# | a number, or several | no activation | `mse` |
# | yes or no | one sigmoid | `binary_crossentropy` |
# | several yes-or-no labels | several sigmoids | `binary_crossentropy` |
# | one of $k$ classes | softmax over $k$ | `categorical_crossentropy` |
#
# In hidden layers begin with ReLU; in small networks tanh is as good, and draws smoother
# boundaries. All activations, with their sources: [activations](../../03-activations.md).
# Next: [losses](04-losses.md).
# %% [markdown] lang="es"
# ## ¿Cuál, y dónde?
#
# | pregunta | capa de salida | [función de pérdida](04-losses.md) |
# |---|---|---|
# | un número, o varios | sin función de activación | `mse` |
# | sí o no | una sigmoide | `binary_crossentropy` |
# | varias etiquetas de sí o no | varias sigmoides | `binary_crossentropy` |
# | una de $k$ clases | softmax de $k$ | `categorical_crossentropy` |
#
# En las capas ocultas, empieza por ReLU; en redes pequeñas la tangente hiperbólica es igual de
# buena y dibuja fronteras más suaves. Todas las funciones, con sus fuentes (en inglés):
# [activations](../../03-activations.md). A continuación: [las funciones de pérdida](04-losses.md).
