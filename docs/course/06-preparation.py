# %% [markdown] lang="en"
# # 6. Initialisation and preparation
#
# Before the first step three things are decided: how the data look, how they are split, and which
# weights training starts from.
#
# ## Look at the data
#
# Iris has four measurements of 150 flowers of three species. Every measurement against every
# other, by species:
# %% [markdown] lang="es"
# # 6. Inicialización y preparación
#
# Antes del primer paso se deciden tres cosas: qué aspecto tienen los datos, cómo se reparten y
# desde qué pesos empieza el entrenamiento.
#
# ## Mirar los datos
#
# Iris contiene cuatro medidas de 150 flores de tres especies. Cada medida frente a cada otra, por
# especies:
# %%
# en: Scatter-plot matrix of iris: setosa lies apart, versicolor and virginica overlap
# es: Matriz de diagramas de dispersión de iris: setosa queda aparte; versicolor y virginica se
#   solapan
import numpy as np

from neurona import Sequential, data, datasets, layers, plots
from neurona.optimizers import SGD, Adam

iris = datasets.iris.load()
plots.scatter_matrix(iris)
# %% [markdown] lang="en"
# One glance says what to expect: setosa can be separated by a straight line, the other two not
# quite.
#
# ## Training, validation, test
#
# The **training** part teaches. The **validation** part chooses: how many neurons, which learning
# rate, when to stop. The **test** part is looked at once, at the end. Every species in proportion:
# %% [markdown] lang="es"
# De un vistazo se sabe qué esperar: setosa se puede separar con una recta; las otras dos, no del
# todo.
#
# ## Entrenamiento, validación, prueba
#
# La parte de **entrenamiento** enseña. La de **validación** elige: cuántas neuronas, qué tasa de
# aprendizaje, cuándo parar. La de **prueba** se mira una sola vez, al final. Con cada especie en
# proporción:
# %%
(x_train, y_train), (x_val, y_val), (x_test, y_test) = data.split(
    iris.x, iris.y, validation=0.2, test=0.2, stratify=iris.y, seed=1
)
for name, labels in (("training", y_train), ("validation", y_val), ("test", y_test)):
    print(f"{name:10} {len(labels):3} rows, by species {np.bincount(labels)}")
# %% [markdown] lang="en"
# ## Zero-centre and standardise
#
# Inputs on different scales make the valley of the loss narrow; large ones saturate the neurons.
# So the mean is subtracted and the result divided by the standard deviation, **both from the
# training part alone**: what is computed from the test part is knowledge about the test.
# %% [markdown] lang="es"
# ## Centrar y estandarizar
#
# Si las entradas tienen escalas distintas, el valle de la pérdida se estrecha; si son grandes,
# saturan las neuronas. Por eso se resta la media y se divide entre la desviación típica, **ambas
# calculadas solo con la parte de entrenamiento**: lo que se calcula con la de prueba ya es saber
# algo de la prueba.
# %%
mean, std = x_train.mean(axis=0), x_train.std(axis=0)
scaled = (x_train - mean) / std
print("mean", mean.round(2), " std", std.round(2))
print("then", abs(scaled.mean(axis=0)).round(2), "    ", scaled.std(axis=0).round(2))
# %% [markdown] lang="en"
# As a layer the scaling is part of the model, saved with it, and cannot be forgotten. What it does
# for the training, where the third column is given in millimetres by mistake:
# %% [markdown] lang="es"
# Como capa, el escalado forma parte del modelo, se guarda con él y no se puede olvidar. Lo que
# aporta al entrenamiento cuando la tercera columna está, por error, en milímetros:
# %%
# en: Two learning curves: without scaling the loss stays where it was and jumps, with it it falls
# es: Dos curvas de aprendizaje: sin escalado la pérdida no baja y da saltos; con él, baja
import matplotlib.pyplot as plt

factor = np.array([1, 1, 10, 1], dtype=np.float32)
validation = (x_val * factor, y_val)
normalization = layers.Normalization()
normalization.adapt(x_train * factor)
figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
for name, first, ax in (("as it is", [], axes[0]), ("scaled", [normalization], axes[1])):
    model = Sequential([*first, layers.Dense(8, "tanh"), layers.Dense(3, "softmax")], seed=1)
    model.compile(SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x_train * factor, y_train, epochs=40, validation_data=validation, verbose=0)
    print(f"{name:8} validation accuracy {history.history['val_accuracy'][-1]:.2f}")
    plots.learning_curves_data(history, measures=["loss"]).plot(ax)
    ax.set_title(name, loc="left")
    ax.set_ylim(0, 1.8)
# %% [markdown] lang="en"
# Pixels need no statistics, only the factor 1/255: `layers.Rescaling(1 / 255)`. Pictures in colour
# have the mean of each channel subtracted: `layers.Normalization(axis=-1)`.
#
# ## Which weights to begin with?
#
# Not zeros, and not all the same: two neurons with the same weights get the same gradient, and
# remain one neuron for ever.
# %% [markdown] lang="es"
# Los píxeles no necesitan estadísticas, solo el factor 1/255: `layers.Rescaling(1 / 255)`. A las
# imágenes en color se les resta la media de cada canal: `layers.Normalization(axis=-1)`.
#
# ## ¿Con qué pesos empezar?
#
# Ni ceros, ni todos iguales: dos neuronas con los mismos pesos reciben el mismo gradiente y siguen
# siendo para siempre una sola.
# %%
x, y = datasets.xor(200, seed=1)
for start in ("zeros", "ones", "glorot_uniform"):
    model = Sequential(seed=1)
    model.add(layers.Dense(4, "tanh", kernel_initializer=start, input_shape=(2,)))
    model.add(layers.Dense(1, "sigmoid", kernel_initializer=start))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=150, verbose=0)
    kernel = model.layers[0].get_weights()[0].round(4)
    different = len(np.unique(kernel, axis=1).T)
    print(f"{start:15} different neurons {different}, accuracy {model.evaluate(x, y)[1]:.1f}")
# %% [markdown] lang="en"
# And of the right size. A sum of $n$ random terms has $n$ times the variance of one, so each
# weight should have a variance of about $1/n$: **Glorot** (Xavier) takes
# $2 / (n_{in} + n_{out})$, for tanh and sigmoid; **He** takes $2 / n_{in}$, for ReLU, which
# silences half of what comes in. The size of the signal after 1, 4, 7 and 10 layers of 100 ReLU
# neurons:
# %% [markdown] lang="es"
# Y del tamaño justo. Una suma de $n$ términos aleatorios tiene $n$ veces la varianza de uno, así
# que cada peso debería tener una varianza de alrededor de $1/n$: **Glorot** (Xavier) toma
# $2 / (n_{in} + n_{out})$, para la tangente hiperbólica y la sigmoide; **He** toma $2 / n_{in}$,
# para ReLU, que silencia la mitad de lo que llega. El tamaño de la señal tras 1, 4, 7 y 10 capas de
# 100 neuronas ReLU:
# %%
from neurona import initializers

random = np.random.default_rng(1)
signal = random.normal(size=(200, 100))
starts = {
    "normal, 0.01": initializers.RandomNormal(stddev=0.01, seed=1),
    "Glorot": initializers.GlorotUniform(),
    "He": initializers.HeNormal(),
    "normal, 0.5": initializers.RandomNormal(stddev=0.5, seed=1),
}
for name, start in starts.items():
    model = Sequential([layers.Input(shape=(100,))], seed=1)
    for _ in range(10):
        model.add(layers.Dense(100, "relu", kernel_initializer=start))
    h, sizes = signal, []
    for layer in model.layers:
        W, b = layer.get_weights()
        h = np.maximum(0, h @ W + b)
        sizes.append(np.sqrt((h**2).mean()))
    print(f"{name:13}", *(f"{size:8.1e}" for size in sizes[::3]))
# %% [markdown] lang="en"
# ## Choosing by cross-validation
#
# With little data one validation part is a lottery. **Cross-validation** holds each of $k$ folds
# out in turn, so that every row is asked once:
# %% [markdown] lang="es"
# ## Elegir por validación cruzada
#
# Con pocos datos, una sola parte de validación es una lotería. La **validación cruzada** aparta por
# turno cada uno de $k$ bloques, de modo que a cada fila se le pregunta una vez:
# %%
x, y = np.concatenate([x_train, x_val]), np.concatenate([y_train, y_val])


def accuracies(rate):
    for train, held_out in data.KFold(5, seed=1, stratified=True).split(x, y):
        scaling = layers.Normalization()
        scaling.adapt(x[train])
        model = Sequential([scaling, layers.Dense(8, "relu"), layers.Dense(3, "softmax")], seed=1)
        model.compile(Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x[train], y[train], epochs=30, batch_size=10, verbose=0)
        yield model.evaluate(x[held_out], y[held_out])[1]


for rate in (0.0003, 0.003, 0.03):
    folds = np.array(list(accuracies(rate)))
    print(f"η = {rate}: folds {folds.round(2)}, mean {folds.mean():.3f}")
# %% [markdown] lang="en"
# More on seeds, initializers and preparation:
# [initialisation and preparation](../../06-initialisation.md). Next: [back-propagation by
# hand](07-by-hand.md).
# %% [markdown] lang="es"
# Más sobre semillas, inicializadores y preparación (en inglés):
# [initialisation and preparation](../../06-initialisation.md). A continuación: [la retropropagación
# a mano](07-by-hand.md).
