"""What a server is started with: its place, its limits, who may use it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from ..device import MOST_WORKERS
from ..errors import AvaffectError

SHORTEST_TOKEN = 8


@dataclass(frozen=True)
class Settings:
    """How a server works.

    Attributes
    ----------
    folder : Path
        Where jobs, uploads and results lie. One server at a time uses a folder.
    host : str
        Address to listen on. Any other than this machine's own needs a token.
    port : int
    token : str or None
        What a client must show. None: whoever reaches the address may use it.
    model : str
        Name or folder of the model that is used where a client names none.
    max_size : int
        Bytes of one request, all its files together.
    max_duration : float
        Seconds of one recording.
    max_seconds : float
        Time that the work on one recording may take.
    max_memory : int
        Bytes that the process that reads recordings may hold.
    queue : int
        Recordings that may wait.
    workers : int
        Recordings that are read at the same time, each by a process of its own.
    keep : bool
        Keep the uploads beside their results, until the prediction is deleted.

    Raises
    ------
    AvaffectError
        If a value is out of its range, or there is no token and the address is not this machine's own.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8460
    token: str | None = None
    model: str = "hgrjca.default"
    max_size: int = 2 * 2**30
    max_duration: float = 2 * 3600.0
    max_seconds: float = 6 * 3600.0
    max_memory: int = 4 * 2**30
    queue: int = 20
    workers: int = 1
    keep: bool = False

    def __post_init__(self) -> None:
        for name in ("max_size", "max_duration", "max_seconds", "max_memory", "queue", "workers"):
            if not getattr(self, name) > 0:
                raise AvaffectError(f"{name}={getattr(self, name)}: expected a number above 0")
        if self.workers > MOST_WORKERS:
            raise AvaffectError(
                f"workers={self.workers}: expected a number from 1 to {MOST_WORKERS}, such as 1"
            )
        if self.token is not None and len(self.token) < SHORTEST_TOKEN:
            raise AvaffectError(f"the token has {len(self.token)} characters; give {SHORTEST_TOKEN} or more")
        if self.token is None and not self.is_local:
            raise AvaffectError(
                f"--host {self.host} lets others in: that needs a token; set AVAFFECT_TOKEN or give --token"
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the address."""
        return is_local(self.host)


def is_local(host: str) -> bool:
    """Whether a host's name or address is this machine's own.

    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
