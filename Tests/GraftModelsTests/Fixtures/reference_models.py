"""The reference of an encoder: torchvision's model, else timm's, else the one written from its paper."""

import paper_models
from torchvision_models import models


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
    if hasattr(models, name):
        return getattr(models, name)(weights=None, **options)
    import timm

    return timm.create_model(name, **options)
