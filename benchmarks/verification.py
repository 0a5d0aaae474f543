"""Are two recordings of one person? Face, voice, their scores added, RJCA-PV and DCA-PV compared on actors.

    python benchmarks/verification.py PATH/javanese --work runs/verification --out runs/verification/model

The people are parted in two halves: what is trained or calibrated on one half is tested on the pairs of the
other, so no person is in both. The intervals (95 %) resample people. With --speech, the voice alone is tested
on the actors of RAVDESS too. --out writes the calibration, --network the network, fitted on everybody.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from avaffect.corpus.speech import read_speech
from avaffect.face import create_detector
from avaffect.files import replacing, writable_folder
from avaffect.verify import (
    Calibration,
    Fit,
    Recordings,
    Segments,
    Trials,
    calibrate,
    create_network,
    eer,
    eer_estimate,
    fit,
    min_dcf,
    read_segments,
    save_model,
    similarities,
)
from avaffect.verify.face import SAME
from avaffect.verify.segments import from_parts
from avaffect.verify.train import network_similarity

SMALL = {"dims": {"visual": 32, "audio": 32}, "embedding": 64, "hidden": 32, "dropout": 0.3}
KINDS = ("rjca", "dca")
SPEECH_CLIPS = 6
"""Clips of each actor of RAVDESS."""


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clips", type=Path, help="folder of videos with labels.csv (file, actor)")
    parser.add_argument("--work", type=Path, default=Path("runs/verification"), help="keeps the embeddings")
    parser.add_argument("--speech", type=Path, help="folder with ravdess.flac and ravdess.csv")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--out", type=Path, help="write the calibration to this folder")
    parser.add_argument("--network", type=Path, help="write RJCA-PV, trained on everybody, to this folder")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    recordings = _kept(arguments.work / "clips.npz", lambda: _read_clips(arguments.clips))
    recordings = recordings[recordings.complete]
    trials, found = _tested(recordings, arguments.epochs)
    print(f"{len(recordings)} recordings of {recordings.people.max() + 1} people; {_kinds(trials)}")
    _table(found, trials, arguments.resamples)
    taken = (found["face"][~trials.target] > -SAME).mean()
    print(
        f"at dlib's threshold, a distance of {SAME}, {taken:.0%} of the pairs of two are taken for one person"
    )
    if arguments.speech:
        voices = _kept(arguments.work / "speech.npz", lambda: _read_speech(arguments.speech))
        pairs = Trials.all_pairs(voices.people)
        print(f"RAVDESS: {len(voices)} recordings of {voices.people.max() + 1} people; {_kinds(pairs)}")
        _table({"voice": similarities(voices, pairs)["voice"]}, pairs, arguments.resamples // 5)
    if arguments.out or arguments.network:
        _write(recordings, found, trials, arguments)


def _tested(recordings: Recordings, epochs: int) -> tuple[Trials, dict[str, np.ndarray]]:
    """Pairs within each half of the people, and their scores by what never saw them."""
    half = recordings.people % 2
    trials = Trials.all_pairs(recordings.people, half)
    alone = similarities(recordings, trials)
    found = {
        **alone,
        "scores added": np.zeros(len(trials.target)),
        **{kind: np.zeros(len(trials.target)) for kind in KINDS},
    }
    for tested in (0, 1):
        here = half[trials.first] == tested
        added = calibrate([each[~here] for each in alone.values()], trials.target[~here])
        found["scores added"][here] = added(*(each[here] for each in alone.values()))
        for kind in KINDS:
            start = time.perf_counter()
            network = _trained(kind, recordings[half != tested], epochs)
            found[kind][here] = network_similarity(network, recordings, trials)[here]
            print(f"{kind}, half {tested + 1} left out: {time.perf_counter() - start:.0f} s")
    return trials, found


def _trained(kind: str, recordings: Recordings, epochs: int) -> torch.nn.Module:
    torch.manual_seed(0)
    network = create_network({"kind": kind, **SMALL})
    fit(network, recordings, Fit(epochs=epochs))
    return network


def _table(found: dict[str, np.ndarray], trials: Trials, resamples: int) -> None:
    print(f"{'by':<14}{'EER':>8}{'interval':>18}{'corners':>9}{'minDCF':>8}")
    for name, scores in found.items():
        rate = eer_estimate(scores, trials.target, trials.people, resamples=resamples)
        corners = eer(scores, trials.target, corners_only=True)
        cost = min_dcf(scores, trials.target)
        print(
            f"{name:<14}{rate.value:8.2%}{f'{rate.low:.2%} to {rate.high:.2%}':>18}{corners:9.2%}{cost:8.3f}"
        )


def _kinds(trials: Trials) -> str:
    return f"{trials.target.sum():,} pairs of one person, {(~trials.target).sum():,} of two"


def _write(
    recordings: Recordings, found: dict[str, np.ndarray], trials: Trials, arguments: argparse.Namespace
) -> None:
    everyone = Trials.all_pairs(recordings.people)
    alone = similarities(recordings, everyone)
    calibration: dict[str, Calibration] = {
        **{name: calibrate([each], everyone.target) for name, each in alone.items()},
        "both": calibrate(list(alone.values()), everyone.target),
    }
    rates = ", ".join(
        f"{name} {eer(scores, trials.target):.1%}" for name, scores in found.items() if name not in KINDS
    )
    measured = (
        f"on {recordings.people.max() + 1} actors of one corpus, filmed once each ({arguments.clips.name});"
        f" equal error rates: {rates}. On other recordings expect more errors."
    )
    if arguments.out:
        save_model(arguments.out, calibration, measured)
    if arguments.network:
        # The network separates those it was trained on too well: its scale comes from the pairs it never saw.
        calibration["network"] = calibrate([found["rjca"]], trials.target)
        network = _trained("rjca", recordings, arguments.epochs)
        options = {"kind": "rjca", **SMALL}
        rate = eer(found["rjca"], trials.target)
        save_model(
            arguments.network,
            calibration,
            f"{measured} The network, on people left out of its training: {rate:.1%}.",
            network=network,
            options=options,
        )


def _kept(path: Path, make: Callable[[], Recordings]) -> Recordings:
    """Recordings that an earlier run has read, or those that are read now."""
    if not path.exists():
        made = make()
        writable_folder(path.parent)
        with replacing(path) as part:
            np.savez(part, **vars(made))
    with np.load(path) as stored:
        return Recordings(**stored)


def _read_clips(folder: Path) -> Recordings:
    detector = create_detector()
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    actors = sorted({row["actor"] for row in rows})
    read: list[Segments] = []
    for number, row in enumerate(rows, start=1):
        read.append(read_segments(folder / row["file"], detector))
        if number % 20 == 0:
            print(f"read {number} of {len(rows)}", flush=True)
    return Recordings.of(read, [actors.index(row["actor"]) for row in rows])


def _read_speech(folder: Path) -> Recordings:
    clips = read_speech(folder, ["ravdess"])
    speakers = sorted({clip.speaker for clip in clips})
    chosen = []
    for speaker in speakers:
        own = [clip for clip in clips if clip.speaker == speaker]
        chosen += own[:: max(len(own) // SPEECH_CLIPS, 1)][:SPEECH_CLIPS]
    read = [from_parts(None, clip.sound) for clip in chosen]
    kept = [k for k, each in enumerate(read) if each.has_voice.any()]
    return Recordings.of([read[k] for k in kept], [speakers.index(chosen[k].speaker) for k in kept])


if __name__ == "__main__":
    main()
