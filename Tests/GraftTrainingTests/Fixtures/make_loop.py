"""Writes plateau.json from torch.

python make_loop.py   (torch 2.15)
"""
import json
import pathlib

import torch

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


(here / "plateau.json").write_text(json.dumps(cases(), separators=(",", ":")) + "\n")
