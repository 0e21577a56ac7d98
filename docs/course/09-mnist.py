# %% [markdown] lang="en"
# # 9. MNIST
#
# 70,000 handwritten digits of 28 × 28 pixels: the classic test of a network, and the end of this
# course. 60,000 are for training, 10,000 for the test.
#
# If MNIST is neither on this computer nor to be [fetched](../../data.md#where-mnist-is-looked-for),
# the program below takes the small digits of 8 × 8 pixels that come with the library. What you see
# here was made with MNIST.
# %% [markdown] lang="es"
# # 9. MNIST
#
# 70 000 dígitos manuscritos de 28 × 28 píxeles: la prueba clásica de una red, y el final de este
# curso. 60 000 son de entrenamiento, 10 000 de prueba.
#
# Si MNIST no está en este ordenador ni se puede
# [descargar](../../data.md#where-mnist-is-looked-for), el programa usa los dígitos pequeños, de
# 8 × 8 píxeles, que vienen con la biblioteca. Lo que se ve aquí se hizo con MNIST.
# %%
import numpy as np

from neurona import Sequential, datasets, layers, plots
from neurona.errors import DatasetError
from neurona.optimizers import SGD
from neurona.utils import to_categorical

try:
    (x_train, y_train), (x_test, y_test) = datasets.mnist.load_data()
    brightest = 255
except DatasetError:
    (x_train, y_train), (x_test, y_test) = datasets.digits.load_data()
    brightest = 16
pixels = x_train[0].size
print(f"{len(x_train):,} + {len(x_test):,} digits of {pixels} pixels")
x_train = x_train.reshape(-1, pixels).astype("float32") / brightest
x_test = x_test.reshape(-1, pixels).astype("float32") / brightest
# %% [markdown] lang="en"
# ## 784 → 64 → 64 → 64 → 10
#
# Three hidden layers with ReLU, softmax at the end, cross-entropy, batches of 100, momentum: the
# course's program. 59,210 parameters, five epochs.
# %% [markdown] lang="es"
# ## 784 → 64 → 64 → 64 → 10
#
# Tres capas ocultas con ReLU, softmax al final, entropía cruzada, lotes de 100, momento: el
# programa del curso. 59 210 parámetros, cinco épocas.
# %%
model = Sequential(seed=1)
model.add(layers.Dense(64, activation="relu", input_shape=(pixels,)))
model.add(layers.Dense(64, activation="relu"))
model.add(layers.Dense(64, activation="relu"))
model.add(layers.Dense(10, activation="softmax"))
model.summary()
model.compile(
    loss="categorical_crossentropy",
    optimizer=SGD(lr=0.01, decay=1e-6, momentum=0.9),
    metrics=["accuracy"],
)
history = model.fit(
    x_train,
    to_categorical(y_train, 10),
    batch_size=100,
    epochs=5,
    validation_data=(x_test, to_categorical(y_test, 10)),
    verbose=0,
)
# %%
# en: Loss and accuracy of training and test by epoch
# es: Pérdida y exactitud de entrenamiento y de prueba por época
for epoch, accuracy in enumerate(history.history["val_accuracy"], start=1):
    print(f"epoch {epoch}: {accuracy:.2%} of the test digits are right")
plots.learning_curves(history)
# %% [markdown] lang="en"
# ## What it gets wrong
#
# Rows are the true digits, columns what the network said:
# %% [markdown] lang="es"
# ## En qué se equivoca
#
# Las filas son los dígitos verdaderos, las columnas lo que dijo la red:
# %%
# en: Confusion matrix of the test digits
# es: Matriz de confusión de los dígitos de prueba
p = model.predict(x_test)
plots.confusion_matrix(y_test, p)
# %% [markdown] lang="en"
# The mistakes themselves, the worst first. The true digit stands top right, the estimated one
# bottom right, and above all the count and the rate of errors:
# %% [markdown] lang="es"
# Los propios errores, los peores primero. El dígito verdadero está arriba a la derecha, el estimado
# abajo a la derecha, y sobre todo ello el número y la tasa de errores:
# %%
# en: The misread digits of the test, the worst first, with true and estimated class
# es: Los dígitos de prueba mal leídos, los peores primero, con la clase verdadera y la estimada
side = int(pixels**0.5)
plots.misclassified(x_test.reshape(-1, side, side), y_test, p)
# %% [markdown] lang="en"
# ## What goes on inside
#
# One digit on its way through the network: pixels, three layers of 64 outputs, ten probabilities.
# %% [markdown] lang="es"
# ## Qué pasa dentro
#
# Un dígito en su camino por la red: los píxeles, tres capas de 64 salidas, diez probabilidades.
# %%
# en: A digit, the outputs of the three hidden layers as squares, and the ten probabilities
# es: Un dígito, las salidas de las tres capas ocultas como cuadrados y las diez probabilidades
plots.activation_flow(model, x_test[0], image_shape=(side, side))
# %% [markdown] lang="en"
# ## What does each neuron detect?
#
# With only 16 neurons a layer, 784 → 16 → 16 → 10, one can look at all of the first layer. Each
# picture shows a neuron's 784 weights where their pixels are: orange where ink excites it, blue
# where ink holds it back.
# %% [markdown] lang="es"
# ## ¿Qué detecta cada neurona?
#
# Con solo 16 neuronas por capa, 784 → 16 → 16 → 10, se puede mirar la primera capa entera. Cada
# imagen muestra los 784 pesos de una neurona en el lugar de sus píxeles: naranja donde la tinta la
# excita, azul donde la frena.
# %%
# en: The weights of sixteen neurons as pictures, with strokes and arcs in them
# es: Los pesos de dieciséis neuronas como imágenes, con trazos y arcos
small = Sequential(seed=1)
small.add(layers.Dense(16, "relu", input_shape=(pixels,), kernel_regularizer="l2", name="first"))
small.add(layers.Dense(16, "relu"))
small.add(layers.Dense(10, "softmax"))
small.compile(SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
small.fit(x_train, y_train, batch_size=100, epochs=3, verbose=0)
print(f"{small.count_params():,} parameters, {small.evaluate(x_test, y_test)[1]:.2%} right")
plots.neuron_weights(small, "first", image_shape=(side, side))
# %% [markdown] lang="en"
# Which digits each of them answers to most, by its mean output:
# %% [markdown] lang="es"
# A qué dígitos responde más cada una, según su salida media:
# %%
kernel, bias = small.get_layer("first").get_weights()
fired = np.maximum(0, x_test @ kernel + bias)
mean = np.array([fired[y_test == digit].mean(axis=0) for digit in range(10)])
for unit in range(0, 16, 3):
    most = mean[:, unit].argsort()[::-1][:3]
    print(f"neuron {unit:2}:", ", ".join(f"{digit} ({mean[digit, unit]:.1f})" for digit in most))
# %% [markdown] lang="en"
# ## Where to go on
#
# - Longer: ten epochs reach about 97.3 %. Wider: 784 → 1024 → 1024 → 1024 → 10 has 2,913,290
#   parameters; `examples/mnist_wide.py` trains it.
# - A **convolutional** network looks for the same small pattern everywhere in the picture, and gets
#   to about 33 errors in 10,000. **Recurrent** networks and **transformers** read sequences,
#   **autoencoders** compress, **generative** networks draw. All of them are trained as you have
#   seen here: forward, backward, and a step downhill.
# - **Transfer learning** begins with weights that others have trained, some of them frozen.
#   **Reinforcement learning** lets a network estimate what an action is worth. A
#   **self-organizing map** orders data that have no labels.
# - [All programs of the course](../../10-programs.md), [your own data](../../data.md), [the
#   command](../../command.md).
# %% [markdown] lang="es"
# ## Cómo seguir
#
# - Más tiempo: diez épocas llegan a un 97,3 % aproximadamente. Más ancha: 784 → 1024 → 1024 → 1024
#   → 10 tiene 2 913 290 parámetros; `examples/mnist_wide.py` la entrena.
# - Una red **convolucional** busca el mismo patrón pequeño por toda la imagen y llega a unos 33
#   errores en 10 000. Las redes **recurrentes** y los **transformadores** leen secuencias, los
#   **autocodificadores** comprimen, las redes **generativas** dibujan. Todas se entrenan como has
#   visto aquí: hacia delante, hacia atrás y un paso cuesta abajo.
# - El **aprendizaje por transferencia** parte de pesos que otros entrenaron, algunos congelados. El
#   **aprendizaje por refuerzo** deja que una red estime cuánto vale una acción. Un **mapa
#   autoorganizado** ordena datos sin etiquetas.
# - En inglés: [todos los programas del curso](../../10-programs.md), [tus propios
#   datos](../../data.md), [el comando](../../command.md).
