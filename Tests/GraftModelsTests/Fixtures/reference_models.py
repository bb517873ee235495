"""The reference of an encoder: torchvision's model, else timm's, else the one written from its paper."""

import paper_models
import torch
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
        return any_size(getattr(models, name)(weights=None, **options))
    if name in SMALL:
        return SMALL[name](**options)
    import timm

    if name.endswith(" padding=same"):
        return timm.create_model(name.removesuffix(" padding=same"), pad_type="same", **options)
    if "_patch" in name:
        options["dynamic_img_size"] = True
    return timm.create_model(TIMM.get(name, name), **options)


def any_size(model):
    """torchvision's vision transformer for images of any size: embeddings of positions resampled by timm."""
    if type(model) is models.VisionTransformer:
        from timm.layers import resample_abs_pos_embed

        class AnySize(models.VisionTransformer):
            def forward(self, x):
                self.image_size = x.shape[-1]
                side = x.shape[-1] // self.patch_size
                rows = self._process_input(x)
                rows = torch.cat([self.class_token.expand(len(x), -1, -1), rows], 1)
                positions = resample_abs_pos_embed(self.encoder.pos_embedding, [side, side])
                rows = self.encoder.ln(self.encoder.layers(rows + positions))
                return self.heads(rows[:, 0])

        model.__class__ = AnySize
    return model


def small_vit(**options):
    return any_size(
        models.VisionTransformer(
            image_size=48, patch_size=8, num_layers=2, num_heads=2, hidden_dim=32, mlp_dim=128,
            **options))


def small_dino(**options):
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(
        img_size=48, patch_size=8, embed_dim=48, depth=2, num_heads=3, init_values=1e-5,
        reg_tokens=4, no_embed_class=True, dynamic_img_size=True, **options)


def small_clip(**options):
    from functools import partial

    from timm.layers import LayerNorm, QuickGELU
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(
        img_size=48, patch_size=8, embed_dim=32, depth=2, num_heads=2, pre_norm=True,
        norm_layer=partial(LayerNorm, eps=1e-5), act_layer=QuickGELU, dynamic_img_size=True, **options)


def small_swin(**options):
    return models.SwinTransformer(
        patch_size=[4, 4], embed_dim=16, depths=[2, 2, 2], num_heads=[1, 2, 4],
        window_size=[4, 4], **options)


def small_swin_v2(**options):
    from torchvision.models import swin_transformer

    return models.SwinTransformer(
        patch_size=[4, 4], embed_dim=16, depths=[2, 2, 2], num_heads=[1, 2, 4],
        window_size=[4, 4], block=swin_transformer.SwinTransformerBlockV2,
        downsample_layer=swin_transformer.PatchMergingV2, **options)


# Of the same code as the published ones, for quick tests.
SMALL = {
    "small_vit": small_vit, "small_dino": small_dino, "small_clip": small_clip,
    "small_swin": small_swin, "small_swin_v2": small_swin_v2,
}


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
