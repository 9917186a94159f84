#!/usr/bin/env python3
"""Writes train.json: numbers of PyTorch's SGD and Adam, cross-entropy and rates of learning, in double.

Usage: train.py > train.json (needs torch; made with 2.14.1)
Weights, inputs and targets follow from formulas, so that the test can build the same ones.
"""

import json
import math

import torch

torch.set_default_dtype(torch.float64)
STEPS = 20


def wave(*shape: int, scale: float, speed: float) -> torch.Tensor:
    """scale * sin(speed * (i + 1)) over the elements in order."""
    count = math.prod(shape)
    return (scale * torch.sin(speed * (torch.arange(count) + 1.0))).reshape(shape)


def losses(make_optimizer, decay_vectors: bool) -> "list[float]":
    """20 steps of a two-layer network; `late` has a gradient from the sixth step on."""
    first = wave(7, 5, scale=0.5, speed=0.9).requires_grad_()
    bias = wave(7, scale=0.1, speed=0.4).requires_grad_()
    second = wave(4, 7, scale=0.5, speed=1.3).requires_grad_()
    late = wave(6, 4, scale=0.5, speed=0.7).requires_grad_()
    vectors = {"params": [bias], "weight_decay": 0.01 if decay_vectors else 0.0}
    optimizer = make_optimizer([{"params": [first, second, late]}, vectors])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS, eta_min=0.01)
    images = wave(8, 5, scale=1.0, speed=0.7)
    targets = torch.arange(8) % 4
    curve = []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = torch.relu(images @ first.T + bias) @ second.T
        if step >= 5:
            logits = logits + torch.cat([images, images[:, :1]], dim=1) @ late
        loss = torch.nn.functional.cross_entropy(logits, targets, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        schedule.step()
        curve.append(loss.item())
    return curve


def sgd(nesterov: bool, momentum: float, decay_vectors: bool) -> dict:
    curve = losses(lambda groups: torch.optim.SGD(groups, lr=0.2, momentum=momentum, nesterov=nesterov,
                                                  weight_decay=0.01), decay_vectors)
    return {"nesterov": nesterov, "momentum": momentum, "decay_vectors": decay_vectors, "curve": curve}


def adam(beta1: float, beta2: float, decay_vectors: bool) -> dict:
    curve = losses(lambda groups: torch.optim.Adam(groups, lr=0.2, betas=(beta1, beta2), weight_decay=0.01),
                   decay_vectors)
    return {"beta1": beta1, "beta2": beta2, "decay_vectors": decay_vectors, "curve": curve}


def cross_entropy() -> "list[dict]":
    logits = wave(6, 9, scale=3.0, speed=1.1)
    cases = []
    for classes, smoothing in [(9, 0.0), (9, 0.1), (4, 0.0), (4, 0.1), (2, 0.3)]:
        targets = torch.arange(6) % classes
        total = torch.nn.functional.cross_entropy(logits[:, :classes], targets, reduction="sum",
                                                  label_smoothing=smoothing)
        cases.append({"classes": classes, "smoothing": smoothing, "sum": total.item()})
    return cases


def rates_of(make_schedule, steps: int) -> "list[float]":
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    schedule = make_schedule(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return rates


print(json.dumps({
    "losses": [sgd(n, m, d)
               for n, m, d in [(True, 0.9, True), (True, 0.9, False), (False, 0.9, True), (False, 0.0, True)]],
    "adam": [adam(0.9, 0.999, True), adam(0.5, 0.99, False)],
    "cross_entropy": cross_entropy(),
    "cosine": rates_of(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=13, eta_min=0.02), 13),
    "steps": rates_of(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, milestones=[9, 12], gamma=0.1), 14),
}, indent=1))
