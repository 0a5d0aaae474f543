"""Pictures show what was scored."""

from dataclasses import replace

import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.evaluate import Matched, Pairing, draw_plots, plots, score


def test_all_three_are_written(tmp_path, make_pairing):
    pairing = make_pairing()
    written = draw_plots(pairing, score(pairing, resamples=100), tmp_path / "new" / "folder")
    assert [path.name for path in written] == ["density.png", "residuals.png", "recordings.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)


def test_the_density_holds_every_frame_that_counts(make_pairing):
    pairing = make_pairing()
    holes = tuple(
        replace(m, labels=np.where(np.arange(120)[:, None] < 20, np.nan, m.labels))
        for m in pairing.recordings
    )
    report = score(Pairing(holes), resamples=100)
    figure = plots.density(Pairing(holes), report)
    mesh = figure.axes[0].collections[0]
    assert mesh.get_array().sum() == report.targets["valence"].frames == 8 * 100
    assert "800 frames" in figure.axes[0].get_title(loc="left")


def test_recordings_are_sorted_and_named(make_pairing):
    report = score(make_pairing(), resamples=100)
    axes = plots.per_recording(report).axes[0]
    shown = next(line for line in axes.lines if line.get_marker() == "o").get_xdata()
    assert shown.tolist() == sorted(report.recordings["valence_ccc"])
    assert {label.get_text() for label in axes.get_yticklabels()} == set(report.recordings.index)
    many = plots.per_recording(score(make_pairing(45, 30), resamples=100)).axes[0]
    assert many.get_ylabel() == "45 recordings, sorted"


def test_little_to_show_is_no_error(tmp_path):
    alone = Pairing((Matched("a", np.array([[0.1, np.nan]]), np.array([[0.2, np.nan]])),))
    assert len(draw_plots(alone, score(alone), tmp_path)) == 3


def test_a_folder_that_cannot_be_is_one_line(tmp_path, make_pairing):
    (tmp_path / "file").touch()
    pairing = make_pairing(2)
    with pytest.raises(DataError, match="it is a file, a folder was expected"):
        draw_plots(pairing, score(pairing), tmp_path / "file")


def test_other_pictures_of_these_names_are_kept(tmp_path, make_pairing):
    pairing = make_pairing(2)
    report = score(pairing)
    (tmp_path / "residuals.png").write_bytes(b"precious")
    with pytest.raises(DataError, match=r"residuals.png is there already; .* --overwrite"):
        draw_plots(pairing, report, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["residuals.png"]
    assert (tmp_path / "residuals.png").read_bytes() == b"precious"
    draw_plots(pairing, report, tmp_path, overwrite=True)
    assert len(draw_plots(pairing, report, tmp_path)) == 3  # our own are replaced
