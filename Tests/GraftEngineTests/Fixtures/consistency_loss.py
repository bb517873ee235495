"""Write AugMix's loss and its gradient as PyTorch computes them, in float64.

Run as: python consistency_loss.py   (torch); writes consistency_loss.json
"""

import json

import torch
import torch.nn.functional as F

torch.manual_seed(3)
cases = []
for rows, classes, spread, weight in ((6, 5, 1.0, 12.0), (9, 4, 3.0, 12.0), (6, 3, 40.0, 5.0)):
    logits = (torch.randn(rows, classes, dtype=torch.float32) * spread).double().requires_grad_()
    targets = torch.softmax(torch.randn(rows, classes), 1).double().float().double()
    clean, first, second = torch.split(logits, rows // 3)
    log_probabilities = F.log_softmax(clean, 1)
    loss = -(targets[: rows // 3] * log_probabilities).sum(1).mean()
    p = [F.softmax(x, 1) for x in (clean, first, second)]
    mixture = torch.clamp((p[0] + p[1] + p[2]) / 3, 1e-7, 1).log()
    loss = loss + weight * sum(F.kl_div(mixture, q, reduction="batchmean") for q in p) / 3
    loss.backward()
    cases.append({
        "rows": rows, "classes": classes, "weight": weight,
        "logits": logits.detach().flatten().tolist(), "targets": targets.flatten().tolist(),
        "loss": loss.item(), "gradient": logits.grad.flatten().tolist()})
with open("consistency_loss.json", "w") as f:
    json.dump(cases, f)
    f.write("\n")
