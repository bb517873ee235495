"""The reference of an encoder: torchvision's model, else timm's, else the one written from its paper."""

import paper_models
from torchvision_models import models

# timm's names of encoders that it calls otherwise.
TIMM = {
    "mobilenet_v1": "mobilenetv1_100",
    "xception": "legacy_xception",
    "nasnet_large": "nasnetalarge",
}


def source(name):
    """Whose model it is."""
    name = name.removesuffix("+aux")
    if name in paper_models.models:
        return "its paper, in PyTorch"
    if name == "nasnet_mobile":
        return "timm, with the paper's 4 cells a stage"
    return "torchvision" if hasattr(models, name) else "timm"


def make(name, **options):
    """The model without weights; `options` may hold num_classes."""
    if name.endswith("+aux"):
        return getattr(models, name[:-4])(
            weights=None, aux_logits=True, init_weights=False, **options
        )
    if name in ("googlenet", "inception_v3"):
        return getattr(models, name)(weights=None, aux_logits=False, init_weights=False, **options)
    if name in paper_models.models:
        return paper_models.models[name](**options)
    if name == "nasnet_mobile":
        return nasnet_mobile(**options)
    if hasattr(models, name):
        return getattr(models, name)(weights=None, **options)
    import timm

    if name.endswith(" padding=same"):
        return timm.create_model(name.removesuffix(" padding=same"), pad_type="same", **options)
    return timm.create_model(TIMM.get(name, name), **options)


def nasnet_mobile(**options):
    """timm's large network with four normal cells a stage instead of six, as the paper's mobile one."""
    from timm.models.nasnet import NASNetALarge

    class Mobile(NASNetALarge):
        def forward_features(self, x):
            before, x = None, self.conv0(x)
            before, x = x, self.cell_stem_0(x)
            before, x = x, self.cell_stem_1(before, x)
            for stage, first in enumerate([0, 6, 12]):
                for index in range(first, first + 4):
                    before, x = x, getattr(self, f"cell_{index}")(x, before)
                if stage < 2:
                    reduced = getattr(self, f"reduction_cell_{stage}")(x, before)
                    before, x = x, reduced
            return self.act(x)

    model = Mobile(stem_size=32, num_features=1056, **options)
    for index in [4, 5, 10, 11, 16, 17]:
        delattr(model, f"cell_{index}")
    return model
