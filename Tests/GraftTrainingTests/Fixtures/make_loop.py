"""Writes plateau.json and averages.json from torch and timm.

python make_loop.py   (torch 2.15, timm 1.0)
"""
import json
import pathlib

import torch
from timm.utils import ModelEmaV3
from torch.optim.swa_utils import AveragedModel

here = pathlib.Path(__file__).parent


def plateau(losses, **options):
    """The rate of each epoch and of the one after the last, peak rate 1."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = [1.0]
    for loss in losses:
        scheduler.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    return {"losses": losses, "rates": rates}


def cases():
    generator = torch.Generator().manual_seed(11)
    noise = torch.randn(40, generator=generator, dtype=torch.float64)
    falling = [2.0 / (1 + 0.4 * min(e, 15)) + 0.05 * abs(noise[e].item()) for e in range(40)]
    # Lower each time, but by less and less than the threshold.
    crawling = [1.0 - 0.00008 * e for e in range(30)]
    return {
        "plateau": plateau(falling, patience=2),
        "plateau(factor=0.5, patience=0)": plateau(falling[:25], patience=0, factor=0.5),
        "plateau(factor=0.3, lowest=0.05, patience=1)": plateau(
            falling, patience=1, factor=0.3, min_lr=0.05),
        "plateau(threshold=0.01)": plateau(crawling[:20], patience=2, threshold=0.01),
        "plateau(threshold=0)": plateau(crawling, patience=2, threshold=0.0),
    }


def averages(steps=50):
    """Weights of each of 50 updates, and what torch and timm average them to, moving statistics copied."""
    generator = torch.Generator().manual_seed(13)
    decay = 0.9

    def at(t):
        return min(decay, (1 + t) / (10 + t))

    def blend(average, weight, count):
        # The first call of `update_parameters` copies the start.
        return torch.lerp(average, weight, 1 - at(int(count) - 1))

    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    start = {k: v.flatten().tolist() for k, v in model.state_dict().items()}
    swa = AveragedModel(model, avg_fn=blend)
    swa.update_parameters(model)
    ema = ModelEmaV3(model, decay=decay, exclude_buffers=True, foreach=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    weights = []
    for step in range(steps):
        x = torch.randn(6, 3, generator=generator)
        y = torch.randn(6, 4, generator=generator)
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()
        swa.update_parameters(model)
        ema.decay = at(step)
        ema.update(model)
        weights.append({k: v.flatten().tolist() for k, v in model.named_parameters()})
    names = [k for k, _ in model.named_parameters()]
    # timm copies moving statistics; torch does so too where they are not averaged.
    assert torch.equal(ema.module[1].running_mean, model[1].running_mean)
    return {
        "decay": decay,
        "start": {k: start[k] for k in names},
        "weights": weights,
        "torch": {k: v.flatten().tolist() for k, v in swa.module.named_parameters()},
        "timm": {k: v.flatten().tolist() for k, v in ema.module.named_parameters()},
    }


(here / "averages.json").write_text(json.dumps(averages(), separators=(",", ":")) + "\n")
(here / "plateau.json").write_text(json.dumps(cases(), separators=(",", ":")) + "\n")
