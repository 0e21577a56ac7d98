# %% [markdown] lang="en"
# # 2. Neurons combined
#
# [One neuron](01-one-neuron.md) draws one straight line. XOR needs more: its positive corners
# lie on one diagonal of the square, its negative corners on the other.
#
# | $x_1$ | $x_2$ | AND | OR | XOR |
# |---|---|---|---|---|
# | −1 | −1 | −1 | −1 | −1 |
# | +1 | −1 | −1 | +1 | +1 |
# | −1 | +1 | −1 | +1 | +1 |
# | +1 | +1 | +1 | +1 | −1 |
#
# ## Linear neurons do not help
#
# Two layers without an activation compute
#
# $$ (x W_1 + b_1)\, W_2 + b_2 = x\,(W_1 W_2) + (b_1 W_2 + b_2) , $$
#
# which is one layer with other weights. However many of them are stacked, the boundary stays
# straight. Trained on XOR, such a network gives up and says 0 to everything; with a bend in its two
# hidden neurons it learns:
# %% [markdown] lang="es"
# # 2. Neuronas combinadas
#
# [Una neurona](01-one-neuron.md) traza una recta. XOR necesita más: sus esquinas positivas están en
# una diagonal del cuadrado, y las negativas en la otra.
#
# | $x_1$ | $x_2$ | AND | OR | XOR |
# |---|---|---|---|---|
# | −1 | −1 | −1 | −1 | −1 |
# | +1 | −1 | −1 | +1 | +1 |
# | −1 | +1 | −1 | +1 | +1 |
# | +1 | +1 | +1 | +1 | −1 |
#
# ## Las neuronas lineales no ayudan
#
# Dos capas sin función de activación calculan
#
# $$ (x W_1 + b_1)\, W_2 + b_2 = x\,(W_1 W_2) + (b_1 W_2 + b_2) , $$
#
# que es una sola capa con otros pesos. Por muchas que se apilen, la frontera sigue siendo recta.
# Entrenada con XOR, una red así se rinde y responde 0 a todo; si sus dos neuronas ocultas no son
# lineales, aprende:
# %%
import numpy as np

from neurona import Sequential, datasets, layers, plots
from neurona.optimizers import SGD, Adam

points = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], dtype=float)
labels = np.array([-1, 1, 1, -1], dtype=float)
for activation in ("linear", "tanh", "relu"):
    model = Sequential([layers.Dense(2, activation), layers.Dense(1)], seed=0)
    model.compile(Adam(0.03), "mse")
    model.fit(points, labels, batch_size="all", epochs=1000, verbose=0)
    answers = model.predict(points).ravel().round(1) + 0.0
    print(f"{activation:7}", *(f"{answer:5.1f}" for answer in answers))
# %% [markdown] lang="en"
# ## Two hidden neurons are enough
#
# XOR is "or, but not and". Each of the two is one neuron, and a third one combines them:
#
# $$ h_1 = \operatorname{sign}(x_1 + x_2 + 1), \quad h_2 = \operatorname{sign}(x_1 + x_2 - 1),
#    \quad f = \operatorname{sign}(h_1 - h_2 - 1) . $$
#
# The same as a network, with those weights put in by hand:
# %% [markdown] lang="es"
# ## Bastan dos neuronas ocultas
#
# XOR es «o, pero no y». Cada una de las dos partes es una neurona, y una tercera las combina:
#
# $$ h_1 = \operatorname{sign}(x_1 + x_2 + 1), \quad h_2 = \operatorname{sign}(x_1 + x_2 - 1),
#    \quad f = \operatorname{sign}(h_1 - h_2 - 1) . $$
#
# Lo mismo como red, con esos pesos puestos a mano:
# %%
# en: A network of two inputs, two hidden neurons and one output, its weights as lines of
#   different colour and width
# es: Una red de dos entradas, dos neuronas ocultas y una salida; los pesos son líneas de distinto
#   color y grosor
by_hand = Sequential([layers.Dense(2, "sign", input_shape=(2,)), layers.Dense(1, "sign")])
by_hand.set_weights([[[1, 1], [1, 1]], [1, -1], [[1], [-1]], [-1]])
print("outputs:", by_hand.predict(points).ravel())
plots.plot_model(by_hand, input_names=["x₁", "x₂"])
# %% [markdown] lang="en"
# What each hidden neuron says over the whole plane: each draws a straight line, and between the
# two lines lies the strip where XOR is true.
# %% [markdown] lang="es"
# Lo que dice cada neurona oculta en todo el plano: cada una traza una recta, y entre las dos
# rectas queda la franja donde XOR es cierto.
# %%
# en: Two panels: the first hidden neuron is positive above one line, the second above a
#   parallel one
# es: Dos paneles: la primera neurona oculta es positiva por encima de una recta; la segunda, por
#   encima de otra paralela
plots.hidden_neurons(by_hand, points, labels)
# %%
# en: The boundary of the network made by hand: a strip along the diagonal
# es: La frontera de la red hecha a mano: una franja a lo largo de la diagonal
plots.decision_boundary(by_hand, points, labels, threshold=0.0)
# %% [markdown] lang="en"
# The hidden layer has moved the points to where the last neuron finds it easy: (−1, +1) and
# (+1, −1) have become the same point. That is what hidden layers are for.
#
# ## Watching a network learn
#
# Weights need not be put in by hand: training finds them. Here a network with eight hidden
# neurons learns XOR from 200 points, one in each quadrant's colour. Each frame shows what it
# says four epochs later.
# %% [markdown] lang="es"
# La capa oculta ha llevado los puntos a donde la última neurona lo tiene fácil: (−1, +1) y (+1, −1)
# se han convertido en el mismo punto. Para eso sirven las capas ocultas.
#
# ## Ver aprender a una red
#
# No hace falta poner los pesos a mano: el entrenamiento los encuentra. Aquí una red con ocho
# neuronas ocultas aprende XOR con 200 puntos repartidos por los cuatro cuadrantes. Cada fotograma
# muestra lo que responde cuatro épocas después.
# %%
# en: Moving picture: from a vague slope the boundary becomes a cross, epoch by epoch
# es: Imagen en movimiento: de una pendiente difusa, la frontera pasa a ser una cruz, época a época
x, y = datasets.xor(200, seed=1)
model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
model.compile(Adam(0.02), "binary_crossentropy", metrics=["accuracy"])


def look(model):
    return plots.decision_boundary_data(model, x, y, resolution=70)


recorder = plots.Recorder(look, every=4)
model.fit(x, y, epochs=60, callbacks=[recorder], verbose=0)
print(f"accuracy {model.evaluate(x, y)[1]:.3f}")
titles = [f"epoch {epoch}" for epoch in recorder.epochs]
plots.animate(recorder.frames, "xor.gif", titles, size=(3.4, 2.8), dpi=70, colours=48)
# %% [markdown] lang="en"
# ## The three-layer exercise
#
# How does training find them? By going back through the network with the chain rule. Here is the
# whole of it, without any library: three inputs, of which the third is always 1, four hidden
# sigmoids, one output, and the error $E = \frac12 \sum (y - f)^2$. The **sensitivity**
# $\delta = \partial E / \partial z$ travels backwards:
#
# $$ \delta_2 = (f - y)\, f\, (1 - f), \qquad \delta_1 = (\delta_2 W_2^\top)\, h\, (1 - h), $$
#
# $$ \frac{\partial E}{\partial W_2} = h^\top \delta_2, \qquad
#    \frac{\partial E}{\partial W_1} = X^\top \delta_1 . $$
# %% [markdown] lang="es"
# ## El ejercicio de las tres capas
#
# ¿Cómo los encuentra el entrenamiento? Recorriendo la red hacia atrás con la regla de la cadena.
# Aquí está entero, sin ninguna biblioteca: tres entradas, de las que la tercera es siempre 1,
# cuatro sigmoides ocultas, una salida y el error $E = \frac12 \sum (y - f)^2$. La **sensibilidad**
# $\delta = \partial E / \partial z$ viaja hacia atrás:
#
# $$ \delta_2 = (f - y)\, f\, (1 - f), \qquad \delta_1 = (\delta_2 W_2^\top)\, h\, (1 - h), $$
#
# $$ \frac{\partial E}{\partial W_2} = h^\top \delta_2, \qquad
#    \frac{\partial E}{\partial W_1} = X^\top \delta_1 . $$
# %%
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
Y = np.array([[0], [1], [1], [0]], dtype=float)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


random = np.random.default_rng(1)
start = [random.uniform(-1, 1, (3, 4)), random.uniform(-1, 1, (4, 1))]
W1, W2 = start[0].copy(), start[1].copy()
for _ in range(5000):
    h = sigmoid(X @ W1)
    f = sigmoid(h @ W2)
    delta2 = (f - Y) * f * (1 - f)
    delta1 = (delta2 @ W2.T) * h * (1 - h)
    W2 -= h.T @ delta2
    W1 -= X.T @ delta1
f = sigmoid(sigmoid(X @ W1) @ W2)
print("by hand:    ", f.ravel().round(6))
# %% [markdown] lang="en"
# The same with the library, from the same start: the same numbers.
# %% [markdown] lang="es"
# Lo mismo con la biblioteca, desde el mismo comienzo: los mismos números.
# %%
from neurona.losses import HalfSquaredError

model = Sequential(dtype="float64")
model.add(layers.Dense(4, "sigmoid", use_bias=False, input_shape=(3,)))
model.add(layers.Dense(1, "sigmoid", use_bias=False))
model.set_weights(start)
model.compile(SGD(1.0), HalfSquaredError(reduction="sum"))
model.fit(X, Y, batch_size="all", epochs=5000, verbose=0)
print("the library:", model.predict(X).ravel().round(6))
# %% [markdown] lang="en"
# Where those formulas come from, number by number, is in [part 7](07-by-hand.md). Next:
# [activation functions](03-activations.md). More on this page's subject:
# [perceptrons combined](../../02-perceptrons-combined.md).
# %% [markdown] lang="es"
# De dónde salen esas fórmulas, número a número, está en la [parte 7](07-by-hand.md). A
# continuación: [las funciones de activación](03-activations.md). Más sobre el tema de esta página
# (en inglés): [perceptrons combined](../../02-perceptrons-combined.md).
