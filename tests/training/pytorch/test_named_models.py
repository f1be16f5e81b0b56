import sys
import types

import numpy as np
import pytest
import torch

from etascope.core.errors import InputError
from etascope.training.pytorch.factory import made, try_out
from etascope.training.pytorch.named_models import cnn, factory_of, in_colour

MODELS = """
from torch import nn

__all__ = ["small"]

def small(n_classes, shape):
    return nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], n_classes))

class Own(nn.Module):
    def __init__(self, n_classes, shape):
        super().__init__()
        self.inner = small(n_classes, shape)

    def forward(self, x):
        return self.inner(x)
"""


@pytest.fixture
def models(tmp_path):
    path = tmp_path / "my:models.py"
    path.write_text(MODELS)
    return path


def test_a_function_or_a_class_in_a_file_is_found(models):
    for name in ("small", "Own"):
        module = made(factory_of(f"{models}:{name}"), 3, (1, 4, 4))
        assert module(torch.zeros(2, 1, 4, 4)).shape == (2, 3)
    assert factory_of("cnn") is cnn


def test_names_that_lead_nowhere_are_refused(models, tmp_path):
    (tmp_path / "broken.py").write_text("raise SystemExit('trains at once')")
    for name, message in [
        ("resnet18", r"a model must be cnn, path.py:factory, timm:NAME.*found 'resnet18'"),
        ("cnm", r"Did you mean 'cnn'\?"),
        ("tim:resnet18", r"found 'tim:resnet18'\. Did you mean 'timm:NAME'\?"),
        ("timm:", "a model must be"),
        (f"{tmp_path}/none.py:small", r"the model needs a Python file; .*none.py is none"),
        (f"{models}:smal", r"has nothing to call by the name smal; it has Own, small\. Did you mean 'small'\?"),
        (f"{models}:__all__", "nothing to call"),
        (f"{tmp_path}/broken.py:f", r"it raised SystemExit: trains at once. Put what trains below if __name__"),
    ]:
        with pytest.raises(InputError, match=message):
            factory_of(name)


@pytest.mark.parametrize("name", ["timm", "torchvision", "transformers"])
def test_a_missing_library_is_told_with_the_line_that_installs_it(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    factory = factory_of(f"{name}:resnet18")
    with pytest.raises(InputError, match=rf"the model {name}:resnet18 needs {name}.*pip install '{name}'\.$"):
        made(factory, 3, (3, 8, 8))


def test_a_model_of_transformers_takes_the_images_and_returns_scores(tmp_path):
    import transformers

    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    transformers.ViTConfig(image_size=32, patch_size=4, **small).save_pretrained(tmp_path)
    module = made(factory_of(f"transformers:{tmp_path}"), 5, (1, 8, 8))
    assert try_out(module, np.zeros((2, 1, 8, 8), np.float32), 5) > 1000
    with pytest.raises(InputError, match="transformers finds no configuration of '/not/there'"):
        made(factory_of("transformers:/not/there"), 5, (1, 8, 8))


def test_names_go_to_timm_and_torchvision_as_they_take_them(monkeypatch):
    """Neither loads here; what stands in for them has their functions' signatures."""
    requests = []

    def create_model(name, pretrained=True, num_classes=1000, in_chans=3):
        requests.append((name, pretrained, num_classes, in_chans))
        return cnn(num_classes, (in_chans, 8, 8))

    timm = types.SimpleNamespace(list_models=lambda: ["resnet18"], create_model=create_model)
    monkeypatch.setitem(sys.modules, "timm", timm)
    made(factory_of("timm:resnet18"), 5, (1, 8, 8))
    assert requests == [("resnet18", False, 5, 1)]
    with pytest.raises(InputError, match=r"timm has no model 'resnet81'\. Did you mean 'resnet18'\?"):
        made(factory_of("timm:resnet81"), 5, (1, 8, 8))

    def get_model(name, weights="DEFAULT", num_classes=1000):
        assert weights is None
        return cnn(num_classes, (3, 8, 8))

    models = types.SimpleNamespace(list_models=lambda module: ["resnet18"], get_model=get_model)
    monkeypatch.setitem(sys.modules, "torchvision", types.SimpleNamespace(models=models))
    module = made(factory_of("torchvision:resnet18"), 5, (1, 8, 8))
    assert try_out(module, np.zeros((2, 1, 8, 8), np.float32), 5) > 0


class Patches(torch.nn.Module):
    """Takes images of one size, as a vision transformer does."""

    def __init__(self, n_classes, channels, size):
        super().__init__()
        self.default_cfg = {"fixed_input_size": True, "input_size": (3, 224, 224)}
        self.image_size, self.size = 224 if size is None else size, (224, 224) if size is None else size
        self.head = torch.nn.Linear(channels, n_classes)


def test_models_of_patches_are_told_the_size_of_the_images(monkeypatch):
    def create_model(name, pretrained=True, num_classes=1000, in_chans=3, **more):
        if name == "vit":
            return Patches(num_classes, in_chans, more.pop("img_size", None))
        module = cnn(num_classes, (in_chans, 8, 8))
        # A size that is fixed, and no argument for it; one that takes any.
        module.default_cfg = {"fixed_input_size": name == "mixer", "input_size": (3, 224, 224)}
        if more:
            raise TypeError("unexpected keyword argument 'img_size'")
        return module

    names = ["vit", "mixer", "resnet"]
    timm = types.SimpleNamespace(list_models=lambda: names, create_model=create_model)
    monkeypatch.setitem(sys.modules, "timm", timm)
    assert factory_of("timm:vit")(5, (1, 32, 48)).size == (32, 48)
    assert factory_of("timm:vit")(5, (3, 224, 224)).size == (224, 224)
    assert all(isinstance(factory_of(f"timm:{name}")(5, (1, 8, 8)), torch.nn.Module) for name in names)

    def get_model(name, weights="DEFAULT", num_classes=1000, image_size=None):
        return Patches(num_classes, 3, image_size)

    models = types.SimpleNamespace(list_models=lambda module=None: ["vit_b_16"], get_model=get_model)
    monkeypatch.setitem(sys.modules, "torchvision", types.SimpleNamespace(models=models))
    assert factory_of("torchvision:vit_b_16")(5, (3, 64, 64)).size == 64
    # Images that are no squares are refused by the model itself.
    assert factory_of("torchvision:vit_b_16")(5, (3, 64, 32)).image_size == 224


def test_hints_are_names_that_begin_so_and_a_model_of_another_task_is_called_that(monkeypatch):
    names = [f"vit_tiny_{end}" for end in ("patch16_224", "patch16_384", "r_s16_p8_224", "r_s16_p8_384")]
    timm = types.SimpleNamespace(list_models=lambda: ["gcvit_tiny", *names])
    monkeypatch.setitem(sys.modules, "timm", timm)
    with pytest.raises(InputError, match=r"'vit_tiny'\. Names that begin so: vit_tiny_patch16_224, .* and 1 more\."):
        made(factory_of("timm:vit_tiny"), 5, (1, 8, 8))
    every = ["resnet18", "fasterrcnn_resnet50_fpn"]
    models = types.SimpleNamespace(list_models=lambda module=None: every[:1] if module else every)
    monkeypatch.setitem(sys.modules, "torchvision", types.SimpleNamespace(models=models))
    with pytest.raises(InputError, match=r"torchvision's fasterrcnn_resnet50_fpn is no classifier of images"):
        made(factory_of("torchvision:fasterrcnn_resnet50_fpn"), 5, (1, 8, 8))
    with pytest.raises(InputError, match=r"torchvision has no model 'resnet81'\. Did you mean 'resnet18'\?"):
        made(factory_of("torchvision:resnet81"), 5, (1, 8, 8))


def test_gray_is_all_three_colours():
    module, x = cnn(3, (3, 8, 8)).eval(), torch.rand(2, 1, 8, 8)
    expected = module(x.repeat(1, 3, 1, 1))
    assert torch.equal(in_colour(module, 1)(x), expected)


def test_a_file_may_import_its_neighbours_and_define_data_classes(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "neighbour_of_models.py").write_text("WIDTH = 4")
    (tmp_path / "mödels here.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom torch import nn\n"
        "import neighbour_of_models\n\n@dataclass\nclass Settings:\n    width: int = neighbour_of_models.WIDTH\n\n"
        "def make(n, shape):\n    return nn.Linear(Settings().width, n)\n"
    )
    assert made(factory_of(f"{tmp_path / 'mödels here.py'}:make"), 3, (1, 2, 2)).in_features == 4
    (tmp_path / "needs.py").write_text("import not_there_at_all")
    with pytest.raises(InputError, match=r"No module named 'not_there_at_all'\. Install not_there_at_all, or put it"):
        factory_of(f"{tmp_path / 'needs.py'}:make")


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 48), (1, 1, 1), (3, 5, 2)])
def test_it_takes_images_of_any_size(shape):
    module = cnn(7, shape)
    assert module(torch.zeros(2, *shape)).shape == (2, 7)
    assert [name for name, _ in module.named_children()][-1] == "output"
