"""Use a compiled network in a training loop of one's own."""

import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

import mgiad_dsl

torch.manual_seed(0)
network = mgiad_dsl.compile("digits", width=0.5)
optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)

images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
labels = torch.tensor(labels)

for step in range(60):
    batch = torch.randint(len(images), (128,))
    loss = F.cross_entropy(network(images[batch]), labels[batch])
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    if step % 20 == 19:
        print(f"step {step + 1}: loss {loss.item():.3f}")
