"""The verbs around prediction: cards, training, imported checkpoints; failing paths above all."""

import io
from pathlib import Path

import pytest
import torch
from rich.console import Console

from avaffect.cli.card import Card
from avaffect.model_folder import read_card


def test_describe_prints_the_card(avaffect):
    out = avaffect("describe", "hgrjca.default").stdout
    assert "ravdess" in out.lower()
    assert "not what the person feels" in " ".join(out.split())


def test_a_card_is_whole_on_a_narrow_terminal():
    console = Console(width=60, file=io.StringIO())
    console.print(Card(read_card("hgrjca.default")))
    assert "…" not in console.file.getvalue()


def test_describe_of_an_unknown_model(avaffect, fails):
    fails(avaffect("describe", "hgrjca.defalt"), "did you mean 'hgrjca.default'?")


def test_train_names_a_missing_recipe(avaffect, fails, tmp_path):
    fails(avaffect("train", tmp_path / "none.yaml"), "none.yaml")


def test_train_names_an_unknown_key(avaffect, fails):
    recipe = Path(__file__).parents[2] / "recipes" / "hgrjca.default.yaml"
    fails(avaffect("train", recipe, "face.fit.epohcs=3"), "epohcs", "epochs")


def test_import_refuses_a_state_dict_that_does_not_fit(avaffect, fails, tmp_path):
    torch.save({"Linear.weight": torch.zeros(2, 2)}, tmp_path / "official.pt")
    run = avaffect("import-checkpoint", tmp_path / "official.pt", "--as", "jca.abaw3", cwd=tmp_path)
    fails(run, "Linear.weight")
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize("name", ["jca.abaw", "nothing"])
def test_import_under_an_unknown_name(avaffect, fails, tmp_path, name):
    torch.save({}, tmp_path / "official.pt")
    fails(avaffect("import-checkpoint", tmp_path / "official.pt", "--as", name), name)


def test_import_writes_safetensors(avaffect, tmp_path):
    from safetensors.torch import load_file

    from avaffect.fusion.published import PUBLISHED_KEYS, create_published

    own = create_published("jca.abaw3").state_dict()
    state = {theirs: torch.randn_like(own[ours]) for ours, theirs in PUBLISHED_KEYS["jca.abaw3"].items()}
    torch.save(state, tmp_path / "official.pt")
    run = avaffect("import-checkpoint", tmp_path / "official.pt", "--as", "jca.abaw3", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "231,041 parameters" in run.stdout
    written = load_file(tmp_path / "jca.abaw3.safetensors")
    for ours, theirs in PUBLISHED_KEYS["jca.abaw3"].items():
        assert torch.equal(written[ours], state[theirs])


def test_import_of_a_file_whose_heads_see_the_attended_audio(avaffect, fails, tmp_path):
    from safetensors import safe_open

    from avaffect.fusion.published import PUBLISHED_KEYS, create_published

    own = create_published("jca.abaw3", head_input="attended").state_dict()
    state = {theirs: own[ours] for ours, theirs in PUBLISHED_KEYS["jca.abaw3"].items()}
    torch.save(state, tmp_path / "official.pt")
    command = ("import-checkpoint", "official.pt", "--as", "jca.abaw3")
    fails(avaffect(*command, cwd=tmp_path), "regressor.0.weight (128, 256) for (128, 640)")
    run = avaffect(*command, "--head-input", "attended", cwd=tmp_path)
    assert "181,889 parameters" in run.stdout, run.stderr
    with safe_open(tmp_path / "jca.abaw3.safetensors", framework="pt") as file:
        assert file.metadata()["head_input"] == "attended"


def test_import_replaces_no_foreign_file_and_looks_for_the_folder_first(avaffect, fails, tmp_path):
    (tmp_path / "official.pt").write_bytes(b"no checkpoint")
    (tmp_path / "there.safetensors").write_text("of the user")
    command = ("import-checkpoint", "official.pt", "--as", "jca.abaw3", "--out")
    fails(avaffect(*command, "no/such/x.safetensors", cwd=tmp_path), "no folder no/such")
    fails(avaffect(*command, "there.safetensors", cwd=tmp_path), "is there already", "--overwrite")
    fails(avaffect(*command, "official.pt", "--overwrite", cwd=tmp_path), "it is an input")
    assert (tmp_path / "there.safetensors").read_text() == "of the user"


@pytest.mark.parametrize(
    "spoil", [torch.Tensor.to_sparse, lambda value: value.to("meta"), lambda value: value * float("nan")]
)
def test_import_refuses_tensors_that_are_no_plain_numbers(tmp_path, spoil):
    from avaffect.errors import ModelError
    from avaffect.fusion.published import PUBLISHED_KEYS, create_published, import_checkpoint

    own = create_published("jca.abaw3").state_dict()
    state = {theirs: own[ours] for ours, theirs in PUBLISHED_KEYS["jca.abaw3"].items()}
    key = next(key for key, value in state.items() if value.ndim == 2)
    torch.save(state | {key: spoil(state[key])}, tmp_path / "official.pt")
    with pytest.raises(ModelError, match=f"no finite floating-point numbers: {key}"):
        import_checkpoint(tmp_path / "official.pt", "jca.abaw3")
