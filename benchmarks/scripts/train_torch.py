"""A whole training in PyTorch: Adam, ReLU, softmax; prints the test accuracy."""

from itertools import pairwise

import torch
from task import parse, report

settings, data = parse()
torch.manual_seed(1)
x, y, x_test, y_test = (
    torch.from_numpy(data[name]) for name in ("x_train", "y_train", "x_test", "y_test")
)
sizes = [x.shape[1], *settings.layers, int(y.max()) + 1]
layers: list[torch.nn.Module] = []
for inputs, units in pairwise(sizes):
    layers += [torch.nn.Linear(inputs, units), torch.nn.ReLU()]
model = torch.nn.Sequential(*layers[:-1])
optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, eps=1e-7)
for _ in range(settings.epochs):
    for rows in torch.randperm(len(x)).split(settings.batch_size):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
with torch.inference_mode():
    report((model(x_test).argmax(1) == y_test).float().mean())
