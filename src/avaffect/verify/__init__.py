"""Person verification: whether two recordings are of one person, by face and voice.

What a score is worth is written in every result. It is no proof of an identity.

Examples
--------
>>> from avaffect.verify import eer
>>> import numpy as np
>>> eer(np.array([0.9, 0.4, 0.6, 0.1]), np.array([True, True, False, False]))
0.5
"""

from __future__ import annotations

from .calibration import Calibration, calibrate
from .margin import AngularMargin
from .metric import eer, eer_estimate, eer_threshold, error_rates, min_dcf
from .model import VerificationModel, create_network, load_model, save_model
from .segments import Segments, read_segments
from .train import Fit, embed, fit
from .trials import Recordings, Trials, similarities
from .verifier import Evidence, Verification, Verifier
from .voxceleb import VoxCeleb, read_training_list, read_trials

__all__ = [
    "AngularMargin",
    "Calibration",
    "Evidence",
    "Fit",
    "Recordings",
    "Segments",
    "Trials",
    "Verification",
    "VerificationModel",
    "Verifier",
    "VoxCeleb",
    "calibrate",
    "create_network",
    "eer",
    "eer_estimate",
    "eer_threshold",
    "embed",
    "error_rates",
    "fit",
    "load_model",
    "min_dcf",
    "read_segments",
    "read_training_list",
    "read_trials",
    "save_model",
    "similarities",
]
