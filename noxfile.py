"""The test suite on each Python version that is at hand.

    pip install nox
    nox                      # 3.11, 3.12, 3.13; versions that are not installed are skipped
    nox -s tests-3.12 -- tests/fusion

CI tests on one version, with `make test`. This is for a change that may depend on the version, and
before a release.
"""

from __future__ import annotations

import json
import sys

import nox

nox.options.error_on_missing_interpreters = False
PYTHONS = ["3.11", "3.12", "3.13"]


@nox.session(python=PYTHONS, venv_backend="venv")
def tests(session: nox.Session) -> None:
    """Install with the tested set of packages, then run the tests (or those named after ``--``)."""
    if "--cuda" not in session.posargs and _torch_needs_cuda(session):
        session.skip(
            f"for Python {session.python} pip finds only a torch with several GB of CUDA. Take the small"
            " build with PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu nox, or this one with:"
            " nox -- --cuda"
        )
    session.install("--constraint", "constraints.txt", "--editable", ".[dev]")
    wanted = [argument for argument in session.posargs if argument != "--cuda"]
    session.run("python", "-m", "pytest", "-n", "2", *wanted, env={"OMP_WAIT_POLICY": "passive"})


def _torch_needs_cuda(session: nox.Session) -> bool:
    """Whether the torch that pip would install brings CUDA with it; nothing is installed to find out."""
    report = session.create_tmp() + "/torch.json"
    session.run(
        "python", "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--report", report,
        "--constraint", "constraints.txt", "torch", silent=True,
    )  # fmt: skip
    with open(report, encoding="utf-8") as file:
        torch = json.load(file)["install"]
    needs = torch[0]["metadata"].get("requires_dist", []) if torch else []
    return sys.platform == "linux" and any(need.startswith(("nvidia", "cuda")) for need in needs)
