"""The server: a web page and an HTTP API over prediction, with a queue that outlives a restart.

Needs the extra ``avaffect[serve]``.
"""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import AvaffectError

for _package in (
    "fastapi",
    "uvicorn",
    "python_multipart",
    "plotly",
    "prometheus_client",
    "psutil",
    "openpyxl",
):
    if find_spec(_package) is None:
        raise AvaffectError(f"serving needs {_package}: pip install 'avaffect[serve]'")
