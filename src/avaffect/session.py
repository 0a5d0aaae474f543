"""Networks as ONNX graphs, run by ONNX Runtime on NumPy arrays.

What runs need in between comes from one arena for all graphs of the process: most run by turns, and each for
itself would keep its largest need for ever.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from .device import MOST_THREADS, PROVIDERS, Device
from .errors import AvaffectError, ModelError

log = logging.getLogger(__name__)

LONG = 300.0
"""Seconds of a recording from which it matters that what is known of it grows while it is read."""

_threads: int | None = None
_device = Device.CPU
_of_parents: list[Any] = []
"""What forks do not use: to close it would wait for threads that they do not have."""


def set_threads(count: int) -> None:
    """Threads of each network that is opened from now on; 1 for graphs unless this is called.

    Raises
    ------
    AvaffectError
        If it is no number from 1 to `avaffect.device.MOST_THREADS`.
    """
    global _threads
    if not 1 <= count <= MOST_THREADS:
        raise AvaffectError(f"threads={count}: expected a number from 1 to {MOST_THREADS}, such as 1")
    _threads = count


def threads() -> int | None:
    """What `set_threads` was told last; None if nothing."""
    return _threads


def set_device(name: str) -> None:
    """What runs the networks that are opened from now on; without it, the CPU.

    Where the device cannot be had, a warning says so and the CPU runs them. Devices differ by rounding.

    Parameters
    ----------
    name : {"cpu", "auto", "cuda", "coreml", "directml"}
        ``"auto"``: the first of the others that is there.

    Raises
    ------
    AvaffectError
        If it is none of these.
    """
    global _device
    if name not in list(Device):
        raise AvaffectError(f"device={name!r}: expected one of {', '.join(Device)}")
    import onnxruntime

    there = [device for device, own in PROVIDERS.items() if own in onnxruntime.get_available_providers()]
    if name == Device.AUTO:
        _device = there[0] if there else Device.CPU
        return
    if name != Device.CPU and name not in there:
        log.warning(
            "device %s: this ONNX Runtime has %s alone, so the CPU is used (pip install %s brings it)",
            name,
            " and ".join((Device.CPU, *there)),
            {"cuda": "onnxruntime-gpu", "directml": "onnxruntime-directml"}.get(name, "onnxruntime on macOS"),
        )
        name = Device.CPU
    _device = Device(name)


class Session:
    """One graph, ready to run.

    It also runs in a fork of the process that opened it: there the graph is opened anew, on one thread,
    because threads are not in forks.

    Parameters
    ----------
    path : path
        An ONNX file. Weights that it keeps in other files lie in the same folder or below.

    Raises
    ------
    ModelError
        If the file cannot be read, or is no graph.

    >>> rnet = Session(shipped("mtcnn/rnet.onnx"))
    >>> scores, boxes = rnet(pictures=np.zeros((5, 24, 24, 3), np.uint8))
    >>> scores.shape, boxes.shape
    ((5,), (5, 4))
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._process = os.getpid()
        self._session = _open(self.path, _threads or 1)

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        """Run it on its inputs, by name; the outputs in the graph's order."""
        return self.run(inputs)

    def run(self, inputs: Mapping[str, np.ndarray], options: Any = None) -> list[np.ndarray]:
        """The same for names that are no Python names, and with options of ONNX Runtime."""
        if self._process != os.getpid():
            _of_parents.append(self._session)
            self._process, self._session = os.getpid(), _open(self.path, 1)
        return self._session.run(None, dict(inputs), options)

    @property
    def inputs(self) -> list[str]:
        """Names of what a run takes."""
        return [given.name for given in self._session.get_inputs()]

    @property
    def outputs(self) -> list[str]:
        """Names of what a run gives."""
        return [output.name for output in self._session.get_outputs()]

    @property
    def facts(self) -> dict[str, str]:
        """What was written into the file beside the graph."""
        return dict(self._session.get_modelmeta().custom_metadata_map)


@functools.cache
def shipped(name: str) -> Path:
    """A graph that comes with the package, by its path in the folder ``weights``."""
    return Path(str(files("avaffect"))) / "weights" / name


def give_back() -> None:
    """Give the system the memory that is kept for further runs, of all graphs, and what else was freed.

    The next runs ask for it anew, which takes some hundredths of a second.
    """
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    _least().run({"pictures": np.zeros((1, 24, 24, 3), np.uint8)}, options)
    with suppress(AttributeError, OSError, TypeError):  # a function of the C library of most Linux systems
        ctypes.CDLL(None).malloc_trim(0)


def give_back_if_long(seconds: float) -> None:
    """`give_back`, if a recording of so many seconds is long; where a part of its reading is done."""
    if seconds > LONG:
        give_back()


@functools.cache
def _least() -> Session:
    """The graph whose run is the cheapest."""
    return Session(shipped("mtcnn/rnet.onnx"))


@functools.cache
def _one_arena() -> int:
    """Make the arena of this process; the number of the process."""
    import onnxruntime

    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    place = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    with suppress(RuntimeError):  # another library of this process made one: that one is used
        onnxruntime.create_and_register_allocator(place, onnxruntime.OrtArenaCfg(0, -1, -1, -1))
    return os.getpid()


def _open(path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Not in a fork: another thread may have been in the arena when it was made.
    if _one_arena() == os.getpid():
        options.add_session_config_entry("session.use_env_allocators", "1")
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Threads that spin while they wait take the time of others on shared cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    if not path.is_file():
        raise ModelError(f"no file {path}; install avaffect again, or copy the whole folder of the model")
    providers = [PROVIDERS[_device]] if _device != Device.CPU else []
    try:
        session = onnxruntime.InferenceSession(path, options, providers=[*providers, "CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - the runtime has no common base for what it raises
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{path} is no graph that ONNX Runtime can run ({reason})") from error
    if providers and providers[0] not in session.get_providers():
        # The runtime has it, but the machine does not: no driver, no such card.
        log.warning("device %s cannot be used on this machine, so the CPU is used", _device)
        set_device(Device.CPU)
    return session
