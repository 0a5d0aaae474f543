"""The published networks: their sizes, their mathematics, and checkpoints under their names."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from avaffect.errors import ModelError
from avaffect.fusion.published import PUBLISHED_KEYS, create_published, import_checkpoint, list_published
from avaffect.fusion.published.keys import UNUSED

from .. import reference_others as others
from ..cases import all_there, sequence
from .authors import SHAPES, dcn, published_jca, published_recurrent, random_state

SIZES = {
    "jca.abaw3": 231_041,
    "jca.tbiom": 314_626,
    "jca.tbiom512": 199_425,
    "coattention.tbiom": 8_586_323,
    "ca.fg2021": 1_048_576,
    "rjca.icassp2023": 15_947_859,
    "dca.icme2024": 18_574_967,
    "rjcma.abaw6": 1_790_056,
}


def saved(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "official.pt"
    torch.save(content, path)
    return path


NETWORKS = [name for name in SIZES if name not in ("ca.fg2021", "rjcma.abaw6")]  # the others are fusions


def parameters(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


@pytest.mark.parametrize("name", list(SIZES))
def test_number_of_parameters(name: str) -> None:
    unused = sum(int(np.prod(SHAPES[name][key])) for key in UNUSED.get(name, ()))
    network = create_published(name)
    assert parameters(network) + unused == SIZES[name]
    assert sum(int(np.prod(shape)) for shape in SHAPES[name].values()) == SIZES[name]
    assert f"{SIZES[name]:,}" in _docstring(name)


def _docstring(name: str) -> str:
    from avaffect.fusion.published import presets

    return getattr(presets, name.replace(".", "_")).__doc__


def test_parts_of_the_counts() -> None:
    rjca = create_published("rjca.icassp2023")
    counted = {name: parameters(part) for name, part in rjca.named_children()}
    assert counted == {
        "audio_temporal": 3_680_768,
        "spatial": 838_193,
        "visual_temporal": 3_680_768,
        "fusion": 2_625_056,
        "joint_temporal": 4_991_488,
        "heads": 2 * 65_793,
    }
    dca = create_published("dca.icme2024")
    assert parameters(dca.fusion.attention) == 2 * 2_625_056
    assert parameters(dca.fusion.gates) == 2 * 1_026
    jca = create_published("jca.abaw3")
    assert parameters(jca.encoders) == 131_328
    assert parameters(jca.fusion) == 17_536
    assert parameters(jca.heads) == 82_177


@pytest.mark.parametrize("name", list(SIZES))
def test_key_map_covers_both_sides_once(name: str) -> None:
    keys = PUBLISHED_KEYS[name]
    own = {key for key in create_published(name).state_dict() if not key.endswith("temperature")}
    assert set(keys) == own
    assert sorted([*keys.values(), *UNUSED.get(name, ())]) == sorted(SHAPES[name])
    assert name in list_published()


@pytest.mark.parametrize("head_input", [None, "visual", "attended"])
@pytest.mark.parametrize("name", ["jca.abaw3", "jca.tbiom", "jca.tbiom512"])
def test_imported_jca_is_the_published_mathematics(name: str, head_input: str | None, tmp_path: Path) -> None:
    state = random_state(name)
    if head_input == "attended" and name != "jca.tbiom512":  # there both see 1024
        for key in [key for key in state if key.endswith("regressor.0.weight")]:
            state[key] = state[key][:, :256].clone()
    network = import_checkpoint(saved(tmp_path, state), name, head_input=head_input).double()
    window = 8 if name == "jca.abaw3" else 16
    streams = {m: torch.randn(2, window, 512).double() for m in ("audio", "visual")}
    with torch.no_grad():
        got = network(streams)
    heads = ["vregressor", "aregressor"] if name == "jca.tbiom" else ["regressor"]
    w = {key: value.double().numpy() for key, value in state.items()}
    for index in range(2):
        given = [streams[m][index].numpy() for m in ("audio", "visual")]
        wanted = published_jca(w, *given, heads, attended_head=head_input == "attended")
        np.testing.assert_allclose(got[index].numpy(), wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "layers"), [("rjca.icassp2023", 1), ("dca.icme2024", 2), ("coattention.tbiom", 1)]
)
def test_imported_recurrent_network_is_the_published_mathematics(
    name: str, layers: int, tmp_path: Path
) -> None:
    state = random_state(name)
    network = import_checkpoint(saved(tmp_path, {"net": state}), name).double()
    audio = torch.randn(1, 16, 512).double()
    maps = torch.randn(1, 16, 512, 7, 7).double()
    with torch.no_grad():
        got = network({"audio": audio, "visual": maps})[0].numpy()
    w = {key: value.double().numpy() for key, value in state.items()}
    wanted = published_recurrent(w, audio[0].numpy(), maps[0].reshape(16, -1).numpy(), layers)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-9)
    network.spatial.published_layout = False
    with torch.no_grad():
        unscrambled = network({"audio": audio, "visual": maps})[0].numpy()
    assert np.abs(unscrambled - wanted).max() > 1e-6


def test_imported_ca_is_the_equation_of_the_paper(tmp_path: Path) -> None:
    state = random_state("ca.fg2021")
    fusion = import_checkpoint(saved(tmp_path, state), "ca.fg2021").double()
    streams = {m: torch.randn(2, 5, 1024).double() for m in ("audio", "visual")}
    with torch.no_grad():
        got = fusion(streams).features.numpy()
    w = {"correlation.weight": state["corr_weights"].double().numpy()}
    masks = all_there(fusion.dims, 2, 5)
    for index in range(2):
        wanted = others.ca(w, sequence(streams, index), sequence(masks, index))
        np.testing.assert_allclose(
            got[index], np.concatenate(list(wanted.values()), axis=1), rtol=0, atol=1e-9
        )


def test_imported_rjcma_is_the_published_mathematics(tmp_path: Path) -> None:
    """From a file of the whole network; the map that is computed and not used makes no difference."""
    state = random_state("rjcma.abaw6")
    whole = state | {"regressor1.weight": torch.zeros(256, 512), "bn.bert.running_mean": torch.zeros(128)}
    fusion = import_checkpoint(saved(tmp_path, whole), "rjcma.abaw6").double()
    streams = {m: torch.randn(1, 300, dim).double() for m, dim in fusion.dims.items()}
    with torch.no_grad():
        got = fusion(streams).features[0].numpy()
    w = {key: value.double().numpy() for key, value in state.items()}
    states = [streams[m][0].numpy() for m in ("visual", "audio", "text")]
    wanted = dcn({key.removeprefix("coattn."): each for key, each in w.items()}, states, 2, query_used=False)
    np.testing.assert_allclose(got, np.concatenate(wanted, axis=1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("head_input", ["visual", "attended"])
def test_heads_of_jca_see_what_is_said(head_input: str) -> None:
    network = create_published("jca.tbiom", head_input=head_input).eval()
    streams = {m: torch.randn(1, 16, 512, requires_grad=True) for m in ("audio", "visual")}
    network.fusion.steps.blocks[0].streams["visual"].cross.weight.data.zero_()
    network(streams).sum().backward()
    # With the way from audio into the attended visual stream cut, audio is heard or it is not.
    heard = streams["audio"].grad is not None and streams["audio"].grad.abs().max() > 0
    assert heard == (head_input == "attended")


@pytest.mark.parametrize("name", NETWORKS)
def test_masked_content_is_not_read(name: str) -> None:
    network = create_published(name).eval()
    window = 8 if name == "jca.abaw3" else 16
    maps = (512,) if name.startswith("jca") else (512, 7, 7)
    streams = {"audio": torch.randn(1, window, 512), "visual": torch.randn(1, window, *maps)}
    masks = {m: torch.arange(window)[None] < last for m, last in (("audio", 6), ("visual", 5))}
    before = network(streams, masks)
    streams["audio"][:, 6:] = torch.nan
    streams["visual"][:, 5:] = torch.nan
    after = network(streams, masks)
    assert torch.equal(after, before)
    after.sum().backward()
    assert all(w.grad is None or w.grad.isfinite().all() for w in network.parameters())


@pytest.mark.parametrize("wrap", ["bare", "net", "state_dict", "parallel"])
def test_checkpoint_however_it_is_wrapped(wrap: str, tmp_path: Path) -> None:
    state = random_state("jca.abaw3")
    content: dict[str, object] = {
        "bare": state,
        # As the published scripts write it: their scores are NumPy numbers.
        "net": {"net": state, "best_Val_acc": np.float64(0.66), "best_Val_acc_epoch": 3},
        "state_dict": {"state_dict": state, "epoch": np.int64(3), "loss": np.float32(0.2)},
        "parallel": {"net": {f"module.{key}": value for key, value in state.items()}},
    }[wrap]
    network = import_checkpoint(saved(tmp_path, content), "jca.abaw3")
    assert not network.training
    assert torch.equal(network.encoders["audio"].weight, state["encoder1.weight"])


def test_checkpoint_that_does_not_fit_is_refused_with_all_faults(tmp_path: Path) -> None:
    state = random_state("jca.abaw3")
    del state["W_ca.weight"], state["affine_v.weight"]
    state["vregressor.0.weight"] = torch.zeros(1)
    state["encoder1.bias"] = torch.zeros(64)
    with pytest.raises(ModelError) as error:
        import_checkpoint(saved(tmp_path, state), "jca.abaw3")
    said = str(error.value)
    assert "missing: W_ca.weight, affine_v.weight" in said
    assert "unexpected: vregressor.0.weight" in said
    assert "encoder1.bias (64,) for (128,)" in said
    assert "\n" not in said


def test_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, random_state("jca.tbiom"))
    with pytest.raises(ModelError, match="does not fit jca.abaw3; missing: regressor.0.bias"):
        import_checkpoint(path, "jca.abaw3")
    with pytest.raises(ModelError, match="read as 'jca.abaw'; did you mean"):
        import_checkpoint(path, "jca.abaw")


class Harmful:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "was-here"
    path = saved(tmp_path, {"net": random_state("jca.abaw3"), "extra": Harmful(trace)})
    with pytest.raises(ModelError, match="not a checkpoint that can be read safely"):
        import_checkpoint(path, "jca.abaw3")
    assert not trace.exists()


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "truncated", "pickle", "list"])
def test_file_that_is_no_checkpoint_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "official.pt"
    if kind == "folder":
        path.mkdir()
    elif kind in ("empty", "text"):
        path.write_text("" if kind == "empty" else "epoch 5: 0.66\n")
    elif kind == "truncated":
        whole = saved(tmp_path, random_state("jca.abaw3")).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"net": {"a": 1}}))
    elif kind == "list":
        torch.save([torch.zeros(3)], path)
    with pytest.raises(ModelError, match="official.pt") as error:
        import_checkpoint(path, "jca.abaw3")
    assert "\n" not in str(error.value)


def test_unknown_option_is_refused() -> None:
    with pytest.raises(ModelError, match="'jca.abaw3' has no option 'published_layout'"):
        create_published("jca.abaw3", published_layout=True)
