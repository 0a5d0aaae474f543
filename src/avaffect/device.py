"""What can run the networks, and how many at once. Loads nothing, so that the command line can list it."""

from __future__ import annotations

from enum import StrEnum

MOST_THREADS = 256
"""Threads of one network: more are of no use, and take minutes to start."""

MOST_WORKERS = 256
"""Processes on this machine that read recordings, each with a model of its own."""


class Device(StrEnum):
    """What runs the networks; ``auto``: the first of those after it that is there."""

    CPU = "cpu"
    AUTO = "auto"
    CUDA = "cuda"
    COREML = "coreml"
    DIRECTML = "directml"


PROVIDERS = {
    Device.CUDA: "CUDAExecutionProvider",
    Device.COREML: "CoreMLExecutionProvider",
    Device.DIRECTML: "DmlExecutionProvider",
}
"""ONNX Runtime's names for what may run a network in place of the CPU, the first of them first."""
