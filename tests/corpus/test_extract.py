"""The extraction job: resumed, in parallel, and past recordings that fail."""

import csv
import os
import shutil
from multiprocessing import active_children

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from avaffect import load, media
from avaffect.checkpoint import save
from avaffect.cli.extract import extract as verb
from avaffect.corpus import list_corpora, open_corpus
from avaffect.corpus.base import Recording
from avaffect.corpus.encode import Encoders, encoders_hash
from avaffect.corpus.extract import extract
from avaffect.corpus.store import FeatureStore
from avaffect.errors import REPORTS, DataError, ModelError
from avaffect.files import temporary_name
from avaffect.model import AffectModel
from avaffect.predict.together import slide_all
from avaffect.run_table import RunTable


@pytest.fixture(scope="module")
def portrait():
    """A real face, moved a little from frame to frame."""
    data = pytest.importorskip("skimage.data")
    face = data.astronaut()[0:256, 96:352]
    return [np.roll(face, 2 * i, axis=1).copy() for i in range(12)]


@pytest.fixture
def root(tmp_path, make_clip, portrait):
    folder = tmp_path / "corpus"
    rng = np.random.default_rng(0)
    make_clip(folder / "face.mp4", np.arange(12) / 10, portrait, sound=0.1 * rng.normal(size=16000))
    make_clip(folder / "blank.mp4", np.arange(10) / 10)
    (folder / "broken.mp4").write_bytes(b"not a video")
    rows = [
        f"{name},{i / 10},{i / 20},{-i / 20}"
        for name in ("face.mp4", "blank.mp4", "broken.mp4")
        for i in range(10)
    ]
    (folder / "labels.csv").write_text("file,pts,valence,arousal\n" + "\n".join(rows) + "\n")
    return folder


def test_whole_videos_go_through_faces_and_voice(root, tmp_path, model_folder):
    out = tmp_path / "store"
    calls = []
    report = extract("folder", root, out, model=model_folder, hook=lambda *call: calls.append(call))
    assert sorted(report.done) == ["blank", "face"]
    assert list(report.errors) == ["broken"]
    assert "broken.mp4: is not a video" in report.errors["broken"]
    assert sorted(name for name, _, _ in calls) == ["blank", "broken", "face"]
    assert [(completed, total) for _, completed, total in calls] == [(1, 3), (2, 3), (3, 3)]
    with (out / "errors.csv").open() as file:
        assert [row["recording"] for row in csv.DictReader(file)] == ["broken"]

    store = FeatureStore(out)
    assert store.dims == {"audio": 128, "visual": 128}
    face = store["face"].read()
    # 1.2 s of pictures at 10 Hz, ticks at 12.5 Hz: those without a frame of their own are bridged.
    assert store["face"].ticks == 15
    assert face["mask.visual"].tolist() == [True] * 14 + [False]  # the last frame is at 1.1 s, in tick 13
    assert face["features.visual"].float().std() > 0
    assert not store["blank"].read()["mask.visual"].any()
    np.testing.assert_allclose(face["labels"][0], [0, 0])
    # The frames at 0.1, 0.2, 0.3, 0.4 s lie in ticks 1, 2, 3, 5; in tick 4 nothing was rated.
    np.testing.assert_allclose(face["labels"][[1, 2, 3, 5], 0], [0.05, 0.1, 0.15, 0.2], rtol=1e-5)
    assert face["labelled"][:6].tolist() == [True, True, True, True, False, True]


@pytest.fixture
def handed_to_the_network(model_folder, monkeypatch):
    """Function of a path: streams (t, d) and masks (t,) of the main person in prediction, and the table.

    The network itself gets them without the masked ticks at both ends.
    """
    clips = []

    def recorded(model, sequences, ticks):
        clips.extend(sequences)
        return slide_all(model, iter(clips), ticks)

    def read(path):
        clips.clear()
        table = load(model_folder, people="main").process_file(path).table
        (clip,) = clips
        return [clip.read(0, len(clip)), clip.masks], table

    monkeypatch.setattr("avaffect.predict.predictor.slide_all", recorded)
    return read


@pytest.mark.parametrize("listens", [True, False])
def test_stored_features_are_those_that_prediction_hands_to_the_network(
    listens, sample_clip, make_clip, model_folder, handed_to_the_network, tmp_path
):
    images = [frame.image for frame in media.frames(sample_clip)][:75]
    samples, _, _ = media.read_audio(sample_clip)
    folder = tmp_path / "corpus"
    # Three seconds of pictures, four of sound; the mouth of a photograph stays still.
    path = make_clip(
        folder / "clip.mp4", np.arange(75) / 25, images[:1] * 75 if listens else images, sound=samples[:64000]
    )
    (folder / "labels.csv").write_text("file,pts,valence,arousal\nclip.mp4,0.5,0.1,0.2\n")
    (streams, masks), table = handed_to_the_network(path)
    features = Encoders(model_folder)(open_corpus("folder", folder)["clip"])
    assert extract("folder", folder, tmp_path / "store", model=model_folder).done == ["clip"]
    stored = FeatureStore(tmp_path / "store")["clip"].read()

    voiced = (table["voiced"] >= 0.5) & table["frame"].notna()  # of who is out of view nothing is known
    assert voiced.sum() > 40
    assert ((table.loc[voiced, "speaking"] < 0.5) == listens).all()
    assert len(masks["visual"]) == pytest.approx(4 * 12.5, abs=1)  # to the end of the sound
    assert masks["visual"].tolist() == [tick < 38 for tick in range(len(masks["visual"]))]
    assert masks["audio"].any() != listens
    for name in ("audio", "visual"):
        assert features.streams[name].dtype == streams[name].dtype == np.float32
        np.testing.assert_array_equal(features.streams[name], streams[name])
        np.testing.assert_array_equal(features.masks[name], masks[name])
        np.testing.assert_array_equal(stored[f"features.{name}"], streams[name].astype(np.float16))
        np.testing.assert_array_equal(stored[f"mask.{name}"], masks[name])


def test_sound_alone_has_the_ticks_of_prediction(make_sound, model_folder, handed_to_the_network, tmp_path):
    path = make_sound(tmp_path / "voice.wav", seconds=1.3)
    (streams, masks), _ = handed_to_the_network(path)
    features = Encoders(model_folder)(Recording("voice", "voice", video=path, audio=path))
    assert len(features) == 17
    for name in ("audio", "visual"):
        np.testing.assert_array_equal(features.streams[name], streams[name])
        np.testing.assert_array_equal(features.masks[name], masks[name])


def test_neither_pictures_nor_sound(model_folder):
    with pytest.raises(DataError, match="void: neither pictures nor sound"):
        Encoders(model_folder)(Recording("void", "void"))


def test_finished_recordings_are_skipped_until_what_made_them_changes(root, tmp_path, model_folder):
    (root / "broken.mp4").unlink()
    text = (root / "labels.csv").read_text()
    (root / "labels.csv").write_text("".join(s for s in text.splitlines(keepends=True) if "broken" not in s))
    out = tmp_path / "store"
    extract("folder", root, out, model=model_folder)
    times = {p.name: p.stat().st_mtime_ns for p in out.iterdir()}
    again = extract("folder", root, out, model=model_folder)
    assert (again.done, sorted(again.skipped)) == ([], ["blank", "face"])
    assert {p.name: p.stat().st_mtime_ns for p in out.iterdir()} == times

    (out / "blank.safetensors").write_bytes((out / "blank.safetensors").read_bytes()[:100])
    assert extract("folder", root, out, model=model_folder).done == ["blank"]
    os.utime(root / "labels.csv")  # touched, but the same
    assert extract("folder", root, out, model=model_folder).done == []


def test_new_ratings_or_options_only_make_labels_anew(root, tmp_path, model_folder, debug_spec, monkeypatch):
    out = tmp_path / "store"
    extract("folder", root, out, model=model_folder)
    before = FeatureStore(out)["face"].read()

    def no_encoding(self, recording):
        raise DataError("encoded again")

    text = (root / "labels.csv").read_text()
    (root / "labels.csv").write_text(text.replace("face.mp4,0.1,0.05", "face.mp4,0.1,0.75"))
    with monkeypatch.context() as patch:
        patch.setattr(Encoders, "__call__", no_encoding)
        assert sorted(extract("folder", root, out, model=model_folder).done) == ["blank", "face"]
        assert FeatureStore(out)["face"].read()["labels"][1, 0].item() == 0.75
        extract("folder", root, out, model=model_folder, scale=(-2, 2))
    after = FeatureStore(out)["face"].read()
    assert after["labels"][1, 0].item() == 0.375
    for key in ("features.audio", "features.visual", "mask.audio", "mask.visual"):
        assert after[key].equal(before[key])
    other = save(AffectModel(debug_spec), tmp_path / "other", card="")
    assert sorted(extract("folder", root, out, model=other, scale=(-2, 2)).done) == ["blank", "face"]
    assert not FeatureStore(out)["face"].read()["features.visual"].equal(before["features.visual"])
    assert FeatureStore(out).recordings[0].meta.encoders == Encoders(other).hash


def test_hash_depends_on_the_encoders_only(debug_spec):
    model = AffectModel(debug_spec)
    before = encoders_hash(model, "mtcnn")
    assert encoders_hash(model, "yunet") != before
    model.network.head.layers[0].bias.data += 1
    assert encoders_hash(model, "mtcnn") == before
    next(model.encoders["visual"].parameters()).data += 1
    assert encoders_hash(model, "mtcnn") != before


@pytest.fixture
def segments(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {}
    for run in range(1, 5):
        shapes = {"audio": (50, 2), "visual": (50, 4), "valence": (50,), "arousal": (50,)}
        arrays |= {f"run{run}_{k}": rng.uniform(-1, 1, s).astype(np.float32) for k, s in shapes.items()}
        arrays[f"run{run}_phash"] = np.zeros((50, 18), np.uint8)
        arrays[f"run{run}_labelled"] = np.ones(50, bool)
    arrays["run3_valence"] = arrays["run3_valence"] * 9
    np.savez(tmp_path / "segments.npz", **arrays)
    return tmp_path / "segments.npz"


def test_several_processes_give_the_same_and_survive_a_failure(segments, tmp_path):
    one = extract("studyforrest", segments, tmp_path / "one", tick_rate=12.5)
    two = extract("studyforrest", segments, tmp_path / "two", workers=2, tick_rate=12.5)
    assert sorted(one.done) == sorted(two.done) == ["run1", "run2", "run4"]
    assert one.errors == two.errors
    assert "run3_valence: values from" in two.errors["run3"]
    for left, right in zip(FeatureStore(tmp_path / "one"), FeatureStore(tmp_path / "two"), strict=True):
        assert left.meta == right.meta
        tensors = right.read()
        assert all(value.equal(tensors[key]) for key, value in left.read().items())
    # Ready features need no model, keep single precision and are at the rate that was asked for.
    assert FeatureStore(tmp_path / "one").tick_rate == 12.5
    assert left.ticks == 25
    assert left.meta.encoders == ""


def test_errors_csv_goes_when_the_errors_are_gone(segments, tmp_path):
    out = tmp_path / "out"
    extract("studyforrest", segments, out)
    assert (out / "errors.csv").exists()
    with np.load(segments) as old:
        arrays = dict(old)
    arrays["run3_valence"] /= 9
    np.savez(segments, **arrays)
    report = extract("studyforrest", segments, out)
    assert (len(report.done), report.errors) == (4, {})
    assert not (out / "errors.csv").exists()


def test_what_is_wrong_from_the_start_is_an_error(tmp_path, segments, root):
    with pytest.raises(DataError, match="unknown corpus"):
        extract("forrest", segments, tmp_path / "out")
    with pytest.raises(ModelError, match="unknown model 'hgrjca.defualt'"):
        extract("folder", root, tmp_path / "out", model="hgrjca.defualt")
    with pytest.raises(DataError, match="workers=-1"):
        extract("studyforrest", segments, tmp_path / "out", workers=-1)
    assert not (tmp_path / "out").exists()


def test_the_command(segments, tmp_path):
    app = typer.Typer()
    app.command()(verb)
    out = tmp_path / "out"
    run = CliRunner().invoke(
        app, ["studyforrest", str(segments), str(out), "-o", "tick_rate=12.5", "-o", "phash=true"]
    )
    assert run.exit_code == 2
    assert "3 recordings extracted, 0 were there already, 1 failed" in run.output
    assert "run3: " in run.output
    assert FeatureStore(out).dims == {"audio": 2, "visual": 148}
    assert FeatureStore(out).tick_rate == 12.5
    bad = CliRunner().invoke(app, ["studyforrest", str(segments), str(out), "-o", "tick_rate"])
    assert isinstance(bad.exception, DataError)
    help_text = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "300"}).output
    assert all(name in help_text for name in list_corpora())


def test_the_example_of_the_help_runs_as_typed(monkeypatch):
    """Without the corpus the example ends in the error about the corpus: all its options are known."""
    app = typer.Typer()
    app.command()(verb)
    words = verb.__doc__.partition("Example: avaffect extract ")[2].split()
    found = CliRunner().invoke(app, words)
    assert isinstance(found.exception, DataError), found.output
    assert "/data/affwild2: no such folder; expected Aff-Wild2" in str(found.exception)


def test_a_rating_file_that_is_gone_fails_its_recording_alone(root, tmp_path, model_folder, monkeypatch):
    from avaffect.corpus.folder import Folder

    found = Folder.rating_files
    monkeypatch.setattr(
        Folder,
        "rating_files",
        lambda self, r: [root / "gone.csv"] if r.name == "blank" else found(self, r),
    )
    report = extract("folder", root, tmp_path / "out", model=model_folder)
    assert report.done == ["face"]
    assert "gone.csv: cannot be read (No such file" in report.errors["blank"]


def test_options_of_the_verb_are_none_of_the_corpus(segments, tmp_path):
    app = typer.Typer()
    app.command()(verb)
    for option in ("model=5", "workers=2", "out=x", "path=x", "corpus=x", "hook=1"):
        error = (
            CliRunner().invoke(app, ["studyforrest", str(segments), str(tmp_path), "-o", option]).exception
        )
        assert isinstance(error, DataError), option
        assert "none of the corpus's" in str(error)
    for option in ("tick_rate=abc", "tick_rate=-1", "tick_rate=nan", "x=" + "[" * 100_000):
        error = (
            CliRunner().invoke(app, ["studyforrest", str(segments), str(tmp_path), "-o", option]).exception
        )
        assert isinstance(error, DataError), option
    error = (
        CliRunner()
        .invoke(app, ["folder", str(tmp_path), str(tmp_path), "-o", "time_unit=s", "--time-unit", "ms"])
        .exception
    )
    assert "'time_unit' is given twice" in str(error)


def test_how_much_is_labelled_is_printed(make_clip, tmp_path, model_folder, caplog):
    make_clip(tmp_path / "c" / "a.mp4", np.arange(50) / 25)
    (tmp_path / "c" / "a.csv").write_text("t,valence,arousal\n0,0.5,0\n100,0.5,0\n")
    make_clip(tmp_path / "c" / "b.mp4", np.arange(50) / 25)
    rows = "".join(f"{40 * i},0.5,0\n" for i in range(50))
    (tmp_path / "c" / "b.csv").write_text("t,valence,arousal\n" + rows)
    app = typer.Typer()
    app.command()(verb)
    run = [str(a) for a in ("folder", tmp_path / "c", tmp_path / "s", "-m", model_folder, "-w", 0)]
    wrong = CliRunner().invoke(app, run)
    assert wrong.exit_code == 2
    assert "49 of 50 labels lie outside the recording" in wrong.output
    right = CliRunner().invoke(app, [*run, "--time-unit", "ms"], env={"COLUMNS": "200"})
    assert right.exit_code == 0, right.output
    assert "labelled: 54 % of the ticks; each: a 8 %, b 100 %" in right.output
    assert "labels in less than 10 % of the ticks: a" in caplog.text


def test_a_fault_of_the_program_is_the_recordings_alone(root, tmp_path, model_folder, monkeypatch):
    real = Encoders.__call__

    def fails(self, recording):
        if recording.name == "blank":
            raise IndexError("made up")
        return real(self, recording)

    monkeypatch.setattr(Encoders, "__call__", fails)
    report = extract("folder", root, tmp_path / "out", model=model_folder)
    assert report.done == ["face"]
    assert "blank: unexpected IndexError in corpus/worker.py" in report.errors["blank"]
    assert REPORTS in report.errors["blank"]


def test_the_folder_is_tried_before_the_work(segments, tmp_path):
    (tmp_path / "file").touch()
    told = []
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataError, match="cannot write to"):
            extract("studyforrest", segments, out, hook=lambda *call: told.append(call))
    assert not told


def test_another_recording_of_that_name_and_foreign_files_are_kept(
    root, tmp_path, make_clip, make_sound, model_folder
):
    out = tmp_path / "out"
    extract("folder", root, out, model=model_folder)
    before = (out / "face.safetensors").read_bytes()
    make_clip(root / "face.mp4", np.arange(8) / 10)
    shutil.copy(model_folder / "network.safetensors", out / "blank.safetensors")
    foreign = (out / "blank.safetensors").read_bytes()
    report = extract("folder", root, out, model=model_folder)
    assert "holds another recording of that name, or the recording has changed" in report.errors["face"]
    assert "is no file of a feature store" in report.errors["blank"]
    assert (out / "face.safetensors").read_bytes() == before
    assert (out / "blank.safetensors").read_bytes() == foreign
    (out / "blank.safetensors").write_bytes(b"precious")
    assert "is no file of a feature store" in extract("folder", root, out, model=model_folder).errors["blank"]
    assert (out / "blank.safetensors").read_bytes() == b"precious"


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stopped_job_keeps_what_is_done_and_leaves_no_process(segments, tmp_path, workers):
    def stop(name, completed, total):
        raise KeyboardInterrupt

    others = set(active_children())  # such as a detector that another test keeps
    with pytest.raises(KeyboardInterrupt):
        extract("studyforrest", segments, tmp_path / "out", workers=workers, hook=stop)
    assert set(active_children()) <= others
    left = [path.name for path in (tmp_path / "out").iterdir()]
    assert left
    assert all(name.endswith((".safetensors", ".csv")) and not name.startswith(".") for name in left)
    report = extract("studyforrest", segments, tmp_path / "out", workers=workers)
    assert len(report.done) + len(report.skipped) == 3


def test_a_list_of_errors_that_cannot_be_written(segments, tmp_path, caplog, monkeypatch):
    def full(self, errors):
        raise DataError("errors.csv: no space left")

    monkeypatch.setattr(RunTable, "write", full)
    report = extract("studyforrest", segments, tmp_path / "out")
    assert list(report.errors) == ["run3"]
    assert report.listed is None
    assert "the list of errors is missing: errors.csv: no space left" in caplog.text


def test_what_a_killed_run_left_half_is_no_recording(segments, tmp_path):
    extract("studyforrest", segments, tmp_path / "out")
    temporary_name(tmp_path / "out" / "run9.safetensors").write_text("half")
    assert [stored.name for stored in FeatureStore(tmp_path / "out")] == ["run1", "run2", "run4"]


def test_two_corpora_of_features_with_equal_names_do_not_replace_each_other(segments, tmp_path):
    """The same file elsewhere is the same corpus, the same path with other content is a mended one."""
    out = tmp_path / "out"
    extract("studyforrest", segments, out)
    (tmp_path / "other").mkdir()
    moved = shutil.copy(segments, tmp_path / "other" / "segments.npz")
    assert extract("studyforrest", moved, out).done == ["run1", "run2", "run4"]
    with np.load(segments) as old:
        arrays = dict(old)
    arrays["run1_audio"] += 1
    np.savez(moved, **arrays)
    assert "run1" in extract("studyforrest", moved, out).done
    before = (out / "run1.safetensors").read_bytes()
    report = extract("studyforrest", segments, out)
    assert not report.done
    assert "holds another recording of that name" in report.errors["run1"]
    assert (out / "run1.safetensors").read_bytes() == before
