"""The equations of feedback and of bi-bimodal fusion in NumPy; see `reference`."""

from __future__ import annotations

import numpy as np

from .published.authors import lstm, sigmoid
from .reference import Streams, Weights, emptied, linear, relu, softmax, under
from .reference_others import attend_heads, layer_norm


def gru(w: Weights, x: np.ndarray) -> np.ndarray:
    """The states of a GRU read forwards."""
    h = np.zeros(w["weight_hh_l0"].shape[1])
    out = np.empty((len(x), len(h)))
    for t, xt in enumerate(x):
        r, z, new = np.split(w["weight_ih_l0"] @ xt + w["bias_ih_l0"], 3)
        hr, hz, hn = np.split(w["weight_hh_l0"] @ h + w["bias_hh_l0"], 3)
        z = sigmoid(z + hz)
        out[t] = h = (1 - z) * np.tanh(new + sigmoid(r + hr) * hn) + z * h
    return out


def lstm_from_zero(w: Weights, x: np.ndarray) -> np.ndarray:
    zero = np.zeros(w["weight_hh_l0"].shape[1])
    return lstm(w, "l0", x, zero, zero)


def single_head(w: Weights, x: np.ndarray, y: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Rows of x ask the available rows of y."""
    if not mask.any():
        return np.zeros_like(x)
    scores = linear(w, "query", x) @ linear(w, "key", y[mask]).T / np.sqrt(x.shape[1])
    return softmax(scores) @ linear(w, "value", y[mask])


def encoded(w: Weights, x: Streams, masks: Streams) -> Streams:
    """One pass of the encoders of feedback."""
    states = {}
    for m, here in masks.items():
        layer, attention = under(w, f"encoders.{m}"), under(w, f"attention.{m}")
        h = np.zeros((len(here), len(attention["key.weight"])))
        back = lstm_from_zero(under(layer, "back"), x[m][here][::-1])[::-1]
        h[here] = lstm_from_zero(under(layer, "ahead"), x[m][here]) + back
        states[m] = single_head(attention, h, h, here)
    return states


def gain(w: Weights, size: int, states: Streams, masks: Streams, top_down: str) -> np.ndarray:
    """M of a stream, from the states of the others."""
    told = {}
    for other in states:
        layer, here = under(w, other), masks[other]
        told[other] = np.full((len(here), size), np.nan)
        top = states[other][here]
        told[other][here] = lstm_from_zero(layer, top) if top_down == "recurrent" else linear(w, other, top)
    m = np.ones((len(here), size))
    for t in range(len(m)):
        sources = [sigmoid(each[t]) for other, each in told.items() if masks[other][t]]
        if sources:
            m[t] = np.mean(sources, axis=0)
    return m


def feedback(
    w: Weights, x: Streams, masks: Streams, *, order: list[str], top_down: str
) -> tuple[Streams, Streams, Streams]:
    """The parts of the output by place, where each is there, and the gains M."""
    x = emptied(x, masks)
    states = encoded(w, x, masks)
    gains: Streams = {}
    for m in order if top_down != "none" else ():
        others = {other: each for other, each in states.items() if other != m}
        gains[m] = gain(under(w, f"top_down.{m}"), x[m].shape[1], others, masks, top_down)
    if gains:
        states = encoded(w, {m: x[m] * gains[m] for m in x}, masks)
    parts, there = {m: states[m] for m in order}, dict(masks)
    pairs = [(order[0], other) for other in order[1:]] + ([(order[2], order[1])] if len(order) == 3 else [])
    for one, two in pairs:
        both = under(w, f"fuser.{one}_{two}")
        total = np.zeros_like(states[one])
        for part, asks, answers in (("first", two, one), ("second", one, two)):
            found = single_head(under(both, part), states[asks], states[answers], masks[answers])
            total[masks[asks]] += (found + states[asks])[masks[asks]]
        parts[f"{one}_{two}"], there[f"{one}_{two}"] = total, masks[one] | masks[two]
    if len(order) == 3:
        name = f"{order[2]}_{order[1]}"
        parts["all"] = single_head(under(w, "three"), parts[name], states[order[0]], masks[order[0]])
        there["all"] = there[name]
    return parts, there, gains


def bibimodal(
    w: Weights, x: Streams, masks: Streams, *, order: list[str], layers: int, heads: int
) -> tuple[Streams, Streams]:
    """Both streams of each pair by place, and where each is there."""
    x = emptied(x, masks)
    projected = {}
    for m in order:
        kernel = w[f"project.{m}.weight"]  # d, n, 3
        padded = np.pad(x[m], ((1, 1), (0, 0)))
        projected[m] = sum(padded[k : k + len(x[m])] @ kernel[:, :, k].T for k in range(3))
    projected = emptied(projected, masks)
    parts, there = {}, {}
    for other in order[1:]:
        pair = (order[0], other)
        ends, seen = [projected[m] for m in pair], [masks[m] for m in pair]
        for index in range(layers):
            s = under(w, f"pairs.{other}.layers.{index}")
            context = np.concatenate([vector(under(s, f"summary.{p}"), ends[p], seen[p]) for p in range(2)])
            streams = [under(s, f"streams.{p}") for p in range(2)]
            ends = [
                complemented(streams[p], ends[p], ends[1 - p], seen[p], seen[1 - p], context, heads)
                for p in range(2)
            ]
        for p, m in enumerate(pair):
            parts[f"{pair[0]}_{other}_{m}"], there[f"{pair[0]}_{other}_{m}"] = ends[p], seen[p]
    return parts, there


def vector(w: Weights, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The sentence vector of a stream."""
    zero = np.zeros(x.shape[1])
    if "weight" in w:
        return w["weight"] @ (x[mask].mean(axis=0) if mask.any() else zero) + w["bias"]
    if not mask.any():
        return zero
    ahead, back = gru(under(w, "ahead"), x[mask]), gru(under(w, "back"), x[mask][::-1])
    return (ahead.mean(axis=0) + back.mean(axis=0)) / 2


def complemented(w: Weights, x, other, mask, other_mask, context: np.ndarray, heads: int) -> np.ndarray:
    """One stream of a pair after a layer."""
    d = x.shape[1]
    found = np.zeros_like(x)
    if other_mask.any() and mask.any():
        s = under(w, "attention")
        queries = linear(s, "project", layer_norm(w, "attention_norm", x[mask]))[:, :d]
        answers = linear(s, "project", layer_norm(w, "attention_norm", other[other_mask]))[:, d:]
        found[mask] = linear(s, "out", attend_heads(queries, answers[:, :d], answers[:, d:], heads))
    x = found * sigmoid(linear(w, "attention_gate", context)) + x * sigmoid(linear(w, "memory_gate", context))
    hidden = relu(linear(w, "feed_forward.0", layer_norm(w, "forward_norm", x)))
    return np.where(mask[:, None], x + linear(w, "feed_forward.3", hidden), 0.0)
