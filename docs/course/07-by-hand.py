# %% [markdown] lang="en"
# # 7. Back-propagation by hand
#
# Two networks are small enough to work out with a pencil. Here they are, with every number, and
# the library's numbers beside them.
#
# ## One neuron
#
# One input, one weight, no bias: $y_p = \sigma(w x)$ and $E = \frac12 (y_t - y_p)^2$. By the chain
# rule
#
# $$ \frac{\partial E}{\partial w} = \underbrace{-(y_t - y_p)}_{\partial E / \partial y_p}
#    \cdot \underbrace{\sigma(wx)\,(1 - \sigma(wx))}_{\sigma'(z)}
#    \cdot \underbrace{x}_{\partial z / \partial w} , $$
#
# $$ \Delta w = \alpha\, x\, (y_t - y_p)\, \sigma(wx)\,(1 - \sigma(wx)) . $$
#
# With $x = 1.5$, the wanted value $y_t = 1$, the weight $w = 0.2$ and the learning rate
# $\alpha = 0.5$:
# %% [markdown] lang="es"
# # 7. La retropropagación a mano
#
# Hay dos redes tan pequeñas que se pueden resolver con un lápiz. Aquí están, con todos sus números,
# y al lado los de la biblioteca.
#
# ## Una neurona
#
# Una entrada, un peso, sin sesgo: $y_p = \sigma(w x)$ y $E = \frac12 (y_t - y_p)^2$. Por la regla
# de la cadena,
#
# $$ \frac{\partial E}{\partial w} = \underbrace{-(y_t - y_p)}_{\partial E / \partial y_p}
#    \cdot \underbrace{\sigma(wx)\,(1 - \sigma(wx))}_{\sigma'(z)}
#    \cdot \underbrace{x}_{\partial z / \partial w} , $$
#
# $$ \Delta w = \alpha\, x\, (y_t - y_p)\, \sigma(wx)\,(1 - \sigma(wx)) . $$
#
# Con $x = 1{,}5$, el valor deseado $y_t = 1$, el peso $w = 0{,}2$ y la tasa de aprendizaje
# $\alpha = 0{,}5$:
# %%
import math

x, y_t, w, alpha = 1.5, 1.0, 0.2, 0.5

z = w * x
y_p = 1 / (1 + math.exp(-z))
E = (y_t - y_p) ** 2 / 2
dE_dyp = -(y_t - y_p)
slope = y_p * (1 - y_p)
delta = dE_dyp * slope
dE_dw = delta * x
change = -alpha * dE_dw
print(f"z       = w x             = {z:.9f}")
print(f"y_p     = σ(z)            = {y_p:.9f}")
print(f"E       = ½ (y_t − y_p)²  = {E:.9f}")
print(f"∂E/∂y_p = −(y_t − y_p)    = {dE_dyp:.9f}")
print(f"σ′(z)   = y_p (1 − y_p)   = {slope:.9f}")
print(f"δ       = ∂E/∂y_p σ′(z)   = {delta:.9f}")
print(f"∂E/∂w   = δ x             = {dE_dw:.9f}")
print(f"Δw      = −α ∂E/∂w        = {change:.9f}")
print(f"new w   = w + Δw          = {w + change:.9f}")
# %% [markdown] lang="en"
# The library takes the step that training would take, and writes every number of it down:
# %% [markdown] lang="es"
# La biblioteca da el paso que daría el entrenamiento y anota todos sus números:
# %%
from neurona import Sequential, layers
from neurona.optimizers import SGD

neuron = layers.Dense(1, "sigmoid", use_bias=False, input_shape=(1,), name="neuron")
model = Sequential([neuron], dtype="float64", name="one neuron")
model.set_weights([[[w]]])
model.compile(SGD(alpha), "half_squared_error")
one = model.explain_step([[x]], [[y_t]])
print(one)
# %% [markdown] lang="en"
# Any of these numbers can be asked where it comes from. The answer is the chain rule, in symbols
# and then with the figures put in:
# %% [markdown] lang="es"
# A cualquiera de estos números se le puede preguntar de dónde sale. La respuesta es la regla de la
# cadena, con símbolos y luego con las cifras puestas:
# %%
one.why("neuron.delta", 0, 0)
# %% [markdown] lang="en"
# ## Five weights
#
# Two inputs, a tanh neuron, a sigmoid neuron: the smallest network through which an error must
# travel **back**.
#
# $$ g = \tanh(w_{10} + w_{11} x_1 + w_{12} x_2), \qquad f = \sigma(w_{20} + w_{21}\, g), \qquad
#    e = \tfrac12 (y - f)^2 . $$
#
# Begin at the output and go back, using again what is known already:
#
# $$ \frac{\partial e}{\partial w_{20}} = -(y - f)\, f\,(1 - f) = \delta_2, \qquad
#    \frac{\partial e}{\partial w_{21}} = \delta_2\, g, $$
#
# $$ \frac{\partial e}{\partial w_{10}} = \delta_2\, w_{21}\,(1 - g^2) = \delta_1, \qquad
#    \frac{\partial e}{\partial w_{11}} = \delta_1\, x_1, \qquad
#    \frac{\partial e}{\partial w_{12}} = \delta_1\, x_2 . $$
# %% [markdown] lang="es"
# ## Cinco pesos
#
# Dos entradas, una neurona tanh, una neurona sigmoide: la red más pequeña por la que un error tiene
# que viajar **hacia atrás**.
#
# $$ g = \tanh(w_{10} + w_{11} x_1 + w_{12} x_2), \qquad f = \sigma(w_{20} + w_{21}\, g), \qquad
#    e = \tfrac12 (y - f)^2 . $$
#
# Se empieza por la salida y se retrocede, aprovechando lo ya calculado:
#
# $$ \frac{\partial e}{\partial w_{20}} = -(y - f)\, f\,(1 - f) = \delta_2, \qquad
#    \frac{\partial e}{\partial w_{21}} = \delta_2\, g, $$
#
# $$ \frac{\partial e}{\partial w_{10}} = \delta_2\, w_{21}\,(1 - g^2) = \delta_1, \qquad
#    \frac{\partial e}{\partial w_{11}} = \delta_1\, x_1, \qquad
#    \frac{\partial e}{\partial w_{12}} = \delta_1\, x_2 . $$
# %%
x1, x2, y = 0.5, -1.0, 1.0
w10, w11, w12, w20, w21 = 0.1, 0.4, -0.3, -0.2, 0.7
eta = 0.1

z1 = w10 + w11 * x1 + w12 * x2
g = math.tanh(z1)
z2 = w20 + w21 * g
f = 1 / (1 + math.exp(-z2))
e = (y - f) ** 2 / 2
d2 = -(y - f) * f * (1 - f)
d1 = d2 * w21 * (1 - g**2)
gradient = {"w20": d2, "w21": d2 * g, "w10": d1, "w11": d1 * x1, "w12": d1 * x2}
print(f"forward:  z₁ = {z1:.9f}  g = {g:.9f}  z₂ = {z2:.9f}  f = {f:.9f}  e = {e:.9f}")
print(f"backward: δ₂ = {d2:.9f}  δ₁ = {d1:.9f}")
before = {"w20": w20, "w21": w21, "w10": w10, "w11": w11, "w12": w12}
for name, value in gradient.items():
    new = before[name] - eta * value
    print(f"∂e/∂{name} = {value:+.9f}   {name}: {before[name]:+.1f} → {new:+.9f}")
# %% [markdown] lang="en"
# The library, with the same weights:
# %% [markdown] lang="es"
# La biblioteca, con los mismos pesos:
# %%
model = Sequential(dtype="float64", name="five weights")
model.add(layers.Dense(1, "tanh", input_shape=(2,), name="hidden"))
model.add(layers.Dense(1, "sigmoid", name="output"))
model.set_weights([[[w11], [w12]], [w10], [[w21]], [w20]])
model.compile(SGD(eta), "half_squared_error")
five = model.explain_step([[x1, x2]], [[y]])
print(five)
# %% [markdown] lang="en"
# The same five gradients and new weights by their names in the formulas:
# %% [markdown] lang="es"
# Los mismos cinco gradientes y pesos nuevos, con los nombres que tienen en las fórmulas:
# %%
places = {
    "w20": ("output.bias", 0),
    "w21": ("output.kernel", 0, 0),
    "w10": ("hidden.bias", 0),
    "w11": ("hidden.kernel", 0, 0),
    "w12": ("hidden.kernel", 1, 0),
}
for name, (weight, *entry) in places.items():
    new = five.why(f"{weight}.new", *entry)
    print(f"∂e/∂{name} = {five.why(weight, *entry).value:+.9f}   new {name} = {new.value:+.9f}")
# %% [markdown] lang="en"
# How the error got to the hidden neuron:
# %% [markdown] lang="es"
# Cómo llegó el error a la neurona oculta:
# %%
five.why("hidden.delta", 0, 0)
# %% [markdown] lang="en"
# Is it right? A check that needs no formula: move each weight a little and see by how much the
# loss changes. The largest difference from the gradients:
# %% [markdown] lang="es"
# ¿Está bien? Una comprobación que no necesita fórmulas: mover un poco cada peso y ver cuánto cambia
# la pérdida. La mayor diferencia con los gradientes:
# %%
print("one neuron:   below 1e-6:", one.check().largest < 1e-6)
print("five weights: below 1e-6:", five.check().largest < 1e-6)
# %% [markdown] lang="en"
# The network drawn, weights as lines; and what flows through it for this input:
# %% [markdown] lang="es"
# La red dibujada, con los pesos como líneas; y lo que circula por ella con esta entrada:
# %%
# en: The network of five weights: two inputs, a hidden neuron, an output
# es: La red de cinco pesos: dos entradas, una neurona oculta, una salida
from neurona import plots

plots.plot_model(model, input_names=["x₁", "x₂"])
# %%
# en: The numbers that flow through the network for this input
# es: Los números que circulan por la red con esta entrada
plots.activation_flow(model, [x1, x2])


# %% [markdown] lang="en"
# ## Any number of layers
#
# In matrices it is three lines a layer, whatever the sizes:
#
# $$ \frac{\partial E}{\partial W_l} = h_{l-1}^\top \delta_l, \qquad
#    \frac{\partial E}{\partial b_l} = \sum_{\text{rows}} \delta_l, \qquad
#    \delta_{l-1} = (\delta_l W_l^\top) \odot g_{l-1}'(z_{l-1}) . $$
#
# A dense layer has $(n_{in} + 1)\, n_{out}$ parameters: a weight for each pair, and a bias for each
# output. Those of the course's networks:
# %% [markdown] lang="es"
# ## Cualquier número de capas
#
# Con matrices son tres líneas por capa, sea cual sea el tamaño:
#
# $$ \frac{\partial E}{\partial W_l} = h_{l-1}^\top \delta_l, \qquad
#    \frac{\partial E}{\partial b_l} = \sum_{\text{filas}} \delta_l, \qquad
#    \delta_{l-1} = (\delta_l W_l^\top) \odot g_{l-1}'(z_{l-1}) . $$
#
# Una capa densa tiene $(n_{in} + 1)\, n_{out}$ parámetros: un peso por cada par y un sesgo por cada
# salida. Los de las redes del curso:
# %%
def network(*sizes, activation="relu"):
    made = Sequential([layers.Input(shape=(sizes[0],))], seed=1)
    for units in sizes[1:]:
        made.add(layers.Dense(units, activation))
    return made


for sizes in [
    (3, 5, 2),
    (2, 12, 6, 1),
    (4, 5, 6),
    (784, 16, 16, 10),
    (784, 64, 64, 64, 10),
    (784, 1024, 1024, 1024, 10),
]:
    counts = [layer.count_params() for layer in network(*sizes).layers]
    arrows = " → ".join(map(str, sizes))
    print(f"{arrows:31} {' + '.join(f'{n:,}' for n in counts)} = {sum(counts):,}")
# %% [markdown] lang="en"
# A lecture writes a sample as a column and a layer as $W x + b$, with $W$ output × input. Here
# samples are rows and the kernel is $W^\top$, so that a whole batch is one product. For
# 4 → 5 → 6 the two agree:
# %% [markdown] lang="es"
# En clase se escribe un ejemplo como columna y una capa como $W x + b$, con $W$ de salida ×
# entrada. Aquí los ejemplos son filas y la matriz es $W^\top$, de modo que un lote entero es un
# solo producto. Para 4 → 5 → 6 coinciden:
# %%
import numpy as np

random = np.random.default_rng(1)
W1, b1 = random.normal(size=(5, 4)), random.normal(size=5)
W2, b2 = random.normal(size=(6, 5)), random.normal(size=6)
column = random.normal(size=4)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


lecture = sigmoid(W2 @ sigmoid(W1 @ column + b1) + b2)
model = Sequential(dtype="float64")
model.add(layers.Dense(5, "sigmoid", input_shape=(4,)))
model.add(layers.Dense(6, "sigmoid"))
model.set_weights([W1.T, b1, W2.T, b2])
print("lecture:", lecture.round(6))
print("neurona:", model.predict([column])[0].round(6))
# %% [markdown] lang="en"
# ## 121 parameters draw a round boundary
#
# The network 2 → 12 → 6 → 1, with ReLU and a sigmoid at the end, tells a disc from the ring
# around it:
# %% [markdown] lang="es"
# ## 121 parámetros dibujan una frontera redonda
#
# La red 2 → 12 → 6 → 1, con ReLU y una sigmoide al final, distingue un disco del anillo que lo
# rodea:
# %%
# en: A disc within a ring, and the round boundary that the network found
# es: Un disco dentro de un anillo, y la frontera redonda que encontró la red
from neurona import datasets

points, inside = datasets.circles(500, noise=0.05, seed=1)
model = network(2, 12, 6)
model.add(layers.Dense(1, "sigmoid"))
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(points[:400], inside[:400], epochs=100, batch_size=20, verbose=0)
accuracy = model.evaluate(points[400:], inside[400:])[1]
print(f"{model.count_params()} parameters, accuracy on 100 other points {accuracy:.2f}")
plots.decision_boundary(model, points, inside)
# %% [markdown] lang="en"
# Each neuron of the first hidden layer bends the plane along one straight line; the layers after it
# put the pieces together:
# %% [markdown] lang="es"
# Cada neurona de la primera capa oculta dobla el plano a lo largo de una recta; las capas
# siguientes juntan las piezas:
# %%
# en: The outputs of twelve hidden neurons over the plane, each bent along a straight line
# es: Las salidas de doce neuronas ocultas en el plano, cada una doblada a lo largo de una recta
plots.hidden_neurons(model, points, inside, layer=0)
# %% [markdown] lang="en"
# More ways to ask a step: [explaining a step](../../explaining-a-step.md); more networks with known
# answers: [there](../../07-known-networks.md). Next: [watching and judging](08-judging.md).
# %% [markdown] lang="es"
# Más formas de preguntar a un paso (en inglés): [explaining a step](../../explaining-a-step.md);
# más redes de resultado conocido: [aquí](../../07-known-networks.md). A continuación: [observar y
# juzgar](08-judging.md).
