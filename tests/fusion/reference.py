"""The equations of the family in NumPy, float64, one sequence at a time, loops and all.

Written from the published equations and from the ones the docstrings state for the forms of any
length, not from the torch code. Weights come by the names of the state dict; streams are time-major
(t, d); masks (t,) are True where available. What is absent is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Streams = dict[str, np.ndarray]
Weights = Mapping[str, np.ndarray]


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.0)


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def linear(w: Weights, name: str, x: np.ndarray) -> np.ndarray:
    """x W^T + b, with the bias if there is one."""
    y = x @ w[f"{name}.weight"].T
    return y + w[f"{name}.bias"] if f"{name}.bias" in w else y


def under(w: Weights, prefix: str) -> dict[str, np.ndarray]:
    """The weights below a prefix, without it."""
    return {key[len(prefix) + 1 :]: value for key, value in w.items() if key.startswith(prefix + ".")}


def emptied(streams: Streams, masks: Streams) -> Streams:
    return {m: np.where(masks[m][:, None], x, 0.0) for m, x in streams.items()}


# --- joint cross-attention ----------------------------------------------------------------------


def jca_feature_window(w: Weights, x: Streams, masks: Streams) -> Streams:
    """Convention A as published; weights of one step."""
    x = emptied(x, masks)
    joint = np.concatenate(list(x.values()), axis=1)  # L, d
    out = {}
    for m, xm in x.items():
        s = under(w, f"streams.{m}")
        c = np.tanh(xm.T @ s["joint.weight"] @ joint / np.sqrt(joint.shape[1]))  # d_m, d
        h = relu(s["own.weight"] @ xm + s["cross.weight"] @ c.T)  # k, d_m
        out[m] = s["out.weight"] @ h + xm  # the layer holds W_h^T, (L, k)
    return emptied(out, masks)


def jca_time_window(w: Weights, x: Streams, masks: Streams) -> Streams:
    """Convention B as published, feature-major inside."""
    x = emptied(x, masks)
    joint = np.concatenate(list(x.values()), axis=1)
    if "joint.weight" in w:
        joint = linear(w, "joint", joint)
    big_j = joint.T  # d, L
    out = {}
    for m, xm in x.items():
        s = under(w, f"streams.{m}")
        big_x = xm.T  # d_m, L
        w_j, w_c, w_h = s["joint.weight"].T, s["cross.weight"].T, s["out.weight"].T
        c = np.tanh(big_x.T @ w_j @ big_j / np.sqrt(big_j.shape[0]))  # L, L
        h = relu(big_x @ w_c @ c)  # d_m, L
        out[m] = (h @ w_h + big_x).T
    return emptied(out, masks)


def jca_feature_any(w: Weights, x: Streams, masks: Streams) -> Streams:
    """Convention A with the mixing over features: entry by entry of C."""
    names = list(x)
    dims = [x[m].shape[1] for m in names]
    d, ticks = sum(dims), len(masks[names[0]])
    out = {}
    for m in names:
        s = under(w, f"streams.{m}")
        c = np.zeros((x[m].shape[1], d))
        mixed = np.zeros_like(x[m])
        mixed[masks[m]] = x[m][masks[m]] @ s["joint.weight"].T
        column = 0
        for other in names:
            both = masks[m] & masks[other]
            n = max(both.sum(), 1)
            for j in range(x[other].shape[1]):
                for i in range(x[m].shape[1]):
                    total = (mixed[both, i] * x[other][both, j]).sum()
                    c[i, column] = np.tanh(total / (n * np.sqrt(d)))
                column += 1
        out[m] = np.zeros_like(x[m])
        for t in range(ticks):
            if masks[m][t]:
                parts = [x[o][t] if masks[o][t] else np.zeros(x[o].shape[1]) for o in names]
                content = np.concatenate(parts) @ c.T
                h = relu(x[m][t] @ s["own.weight"].T + content @ s["cross.weight"].T)
                out[m][t] = h @ s["out.weight"].T + x[m][t]
    return out


def jca_time_any(w: Weights, x: Streams, masks: Streams) -> Streams:
    """Convention B with the mixing over features: tick by tick."""
    names = list(x)
    ticks = len(masks[names[0]])
    out = {m: np.zeros_like(x[m]) for m in names}
    for t in range(ticks):
        joint = np.concatenate([x[o][t] if masks[o][t] else np.zeros(x[o].shape[1]) for o in names])
        if "joint.weight" in w:
            joint = linear(w, "joint", joint)
        for m in names:
            if not masks[m][t]:
                continue
            s = under(w, f"streams.{m}")
            content = np.zeros(s["cross.weight"].shape[0])
            for other in np.flatnonzero(masks[m]):
                scaled = x[m][other] @ s["joint.weight"].T
                c = np.tanh(scaled @ joint / np.sqrt(len(joint)))
                content += c * (x[m][other] @ s["cross.weight"].T)
            h = relu(content / masks[m].sum())
            out[m][t] = h @ s["out.weight"].T + x[m][t]
    return out


STEPS = {
    ("feature", "time"): jca_feature_window,
    ("time", "time"): jca_time_window,
    ("feature", "feature"): jca_feature_any,
    ("time", "feature"): jca_time_any,
}


def block(w: Weights, index: int) -> Weights:
    """Weights of the step of iteration ``index``, below ``blocks``: its own, or the shared ones."""
    count = len({key.split(".")[1] for key in w if key.startswith("blocks.")})
    return under(w, f"blocks.{index % count}")


def recursion(w: Weights, x: Streams, masks: Streams, step, iterations: int) -> list[Streams]:
    """X^(0) .. X^(t)."""
    states = [emptied(x, masks)]
    for index in range(iterations):
        states.append(step(block(w, index), states[-1], masks))
    return states


# --- gates --------------------------------------------------------------------------------------


def gate(
    w: Weights, candidates: list[np.ndarray], *, source: str = "last", activation: str = "relu"
) -> tuple[np.ndarray, np.ndarray]:
    """The mixture (t, d) and the weights (t, k)."""
    if len(candidates) == 1:
        g = np.ones((len(candidates[0]), 1))
    else:
        seen = np.concatenate(candidates, axis=1) if source == "concat" else candidates[-1]
        g = softmax(linear(w, "logits", seen) / w["temperature"])
    mixed = sum(g[:, [k]] * each for k, each in enumerate(candidates))
    return (relu(mixed) if activation == "relu" else mixed), g


def gated_recursion(
    w: Weights,
    x: Streams,
    masks: Streams,
    step,
    iterations: int,
    *,
    reference: str,
    recurse: str,
    source: str,
    activation: str,
) -> tuple[dict[str, list[np.ndarray]], dict[str, list[np.ndarray]]]:
    """X_g^(l) and G^(l) for l = 1.., per stream; weights of `GatedSteps`."""
    start = emptied(x, masks)
    current = start
    gated = {m: [] for m in x}
    gates = {m: [] for m in x}
    n_gates = len({key.split(".")[1] for key in w if key.startswith("gates.")})
    for index in range(iterations):
        attended = step(block(under(w, "steps"), index), current, masks)
        following = {}
        for m in x:
            before = current[m] if reference == "previous" else start[m]
            mixed, g = gate(
                under(w, f"gates.{index % n_gates}.streams.{m}"), [before, attended[m]],
                source=source, activation=activation,
            )  # fmt: skip
            gated[m].append(mixed)
            gates[m].append(g)
            following[m] = mixed if recurse == "gated" else attended[m]
        current = following
    return gated, gates
