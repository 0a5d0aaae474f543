"""What tests/test_extending.py runs in a process of its own, with the example package installed.

Prints what it found as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch

import avaffect
from avaffect import checkpoint
from avaffect.corpus import open_corpus
from avaffect.encoder import create_encoder
from avaffect.face import create_detector
from avaffect.model import AffectModel
from avaffect.spec import Component, Spec, Stream


def main(folder: Path) -> None:
    fusion = avaffect.create_fusion("mean_fusion", dims={"audio": 8, "visual": 12}, size=16)
    fused = fusion({"audio": torch.randn(2, 5, 8), "visual": torch.randn(2, 5, 12)})
    encoder = create_encoder("small_face", dim=24)
    image = np.zeros((60, 80, 3), np.uint8)
    corpus = open_corpus("sliders", folder / "corpus", scale=(0, 10))
    ratings = corpus.ratings(corpus["anna_1"])

    spec = Spec(
        name="mean_fusion.test",
        streams={
            "audio": Stream(128, Component("voice"), preprocessing={"logmel": "default16k"}),
            "visual": Stream(24, Component("small_face", {"dim": 24}), preprocessing={"crop": 112}),
        },
        fusion=Component("mean_fusion", {"size": 32}),
        calibration={m: {"valence": 0.4, "arousal": 0.3} for m in ("audio+visual", "audio", "visual")},
    )
    torch.manual_seed(0)
    checkpoint.save(AffectModel(spec), folder / "model", card="# A test")
    predictor = avaffect.load(folder / "model", detector="whole_picture")
    random = np.random.default_rng(0)
    trace = predictor.process_signal(
        frames=[random.integers(0, 256, (120, 160, 3), np.uint8)] * 25,
        times=np.arange(25) / 25,
        samples=random.normal(0, 0.1, 16000).astype(np.float32),
        sample_rate=16000,
    )
    values = trace.table[["valence", "arousal"]].to_numpy()
    sys.stdout.write(
        json.dumps(
            {
                "fusions": avaffect.list_fusions(),
                "encoders": avaffect.list_encoders(),
                "corpora": avaffect.list_corpora(),
                "detectors": avaffect.list_detectors(),
                "fused": list(fused.features.shape),
                "encoded": list(encoder(torch.zeros(3, 112, 112, 3, dtype=torch.uint8)).shape),
                "encoded gray": list(encoder(torch.zeros(3, 56, 56)).shape),
                "face": create_detector("whole_picture").detect(image)[0].box.tolist(),
                "recordings": [recording.subject for recording in corpus.recordings],
                "valence": ratings["valence"].values.tolist(),
                "rows": len(values),
                "finite": bool(np.isfinite(values).all()),
                "faces": int(trace.table["face_conf"].notna().sum()),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
