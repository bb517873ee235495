"""PyTorch's outputs and gradients of single layers, for LayerAgreementTests.

    python layers.py > layers.json

Every operand is filled by sin(0.37 i + stream) over torch's order; the loss is the sum of the output
times such a filling. Outputs and gradients are written in full, in torch's order.
"""
import json

import torch
import torch.nn.functional as F
from timm.layers import resample_abs_pos_embed


def filled(shape, stream):
    count = 1
    for size in shape:
        count *= size
    values = torch.sin(0.37 * torch.arange(count, dtype=torch.float64) + stream)
    return values.float().reshape(shape)


def case(name, shapes, function, **options):
    operands = [filled(s, k).double().requires_grad_() for k, s in enumerate(shapes)]
    output = function(*operands)
    weights = filled(output.shape, 99).double()
    (output * weights).sum().backward()
    return dict(
        name=name, shapes=shapes, options=options, outputShape=list(output.shape),
        output=rounded(output),
        gradients=[rounded(o.grad if o.grad is not None else 0 * o) for o in operands])


def rounded(values):
    return [float(f"{v:.7g}") for v in values.detach().flatten().tolist()]


def pads():
    names = {"zero": "constant", "reflect": "reflect", "replicate": "replicate",
             "circular": "circular"}
    top, left, bottom, right = 2, 1, 3, 2
    for mode, torch_mode in names.items():
        yield case(
            f"pad {mode}", [[2, 2, 4, 5]],
            lambda x: F.pad(x, (left, right, top, bottom), mode=torch_mode),
            sides=[top, left, bottom, right])


def windows():
    def local(x, weight, bias):
        height, width, kernel_h, kernel_w, channels, outputs = weight.shape
        columns = F.unfold(x, (kernel_h, kernel_w), padding=1)
        columns = columns.reshape(x.shape[0], channels, kernel_h * kernel_w, height * width)
        weight = weight.reshape(height * width, kernel_h * kernel_w, channels, outputs)
        y = torch.einsum("nctp,ptco->nop", columns, weight).reshape(-1, outputs, height, width)
        return y + bias.permute(2, 0, 1)

    yield case("local", [[2, 2, 3, 4], [3, 4, 3, 3, 2, 3], [3, 4, 3]], local, parameters=2)

    def deform(x, offset, mask=None):
        """What the windows of torchvision's deform_conv2d read: kernel 3x2, stride (1, 2),
        padding 1, dilation (1, 2), two groups; output channel tap * C + c."""
        batch, channels, height, width = x.shape
        rows, columns, taps, groups = offset.shape[2], offset.shape[3], 6, 2
        parts = []
        for tap in range(taps):
            for group in range(groups):
                at = (group * taps + tap) * 2
                y = torch.arange(rows)[:, None] - 1 + tap // 2 + offset[:, at]
                z = 2 * torch.arange(columns) - 1 + 2 * (tap % 2) + offset[:, at + 1]
                grid = torch.stack([2 * z / (width - 1) - 1, 2 * y / (height - 1) - 1], -1)
                part = x[:, group * channels // groups:(group + 1) * channels // groups]
                part = F.grid_sample(part, grid, align_corners=True, padding_mode="zeros")
                if mask is not None:
                    part = part * mask[:, group * taps + tap][:, None]
                parts.append(part)
        return torch.cat(parts, 1)

    yield case("deform", [[2, 4, 5, 6], [2, 24, 5, 3]], deform)
    yield case(
        "deform mask", [[2, 4, 5, 6], [2, 24, 5, 3], [2, 12, 5, 3]], deform)

    def unpool(values, image):
        _, places = F.max_pool2d(image, 2, 2, return_indices=True)
        return F.max_unpool2d(values, places, 2, 2, output_size=image.shape[2:])

    yield case("unpool", [[2, 3, 2, 3], [2, 3, 5, 6]], unpool)
    yield case("l2 pool", [[2, 3, 5, 6]], lambda x: F.lp_pool2d(x, 2, (3, 2), (2, 1)))
    yield case("softmax", [[2, 5, 2, 3]], lambda x: F.softmax(x, 1))


def products():
    def cosine(x, weight, scale):
        return scale * F.linear(F.normalize(x), F.normalize(weight))

    yield case("cosine", [[4, 7], [5, 7], [1]], cosine, parameters=2)


def attention():
    def attend(x):
        n, channels, height, width = x.shape
        rows = x.flatten(2).transpose(1, 2).reshape(n, height * width, 3, 3, channels // 9)
        y = F.scaled_dot_product_attention(*rows.permute(2, 0, 3, 1, 4))
        return y.permute(0, 1, 3, 2).reshape(n, channels // 3, height, width)

    yield case("attention", [[2, 45, 7, 6]], attend)

    def tokens(x, *own):
        own, positions = own[:-1], own[-1]
        size = list(x.shape[2:])
        count = 0 if len(own) == 2 else 1
        positions = resample_abs_pos_embed(positions, size, num_prefix_tokens=count)
        own = [t.expand(len(x), -1, -1) for t in own]
        rows = x.flatten(2).transpose(1, 2)
        y = torch.cat([*own, rows], 1) + positions if count else torch.cat(
            [*own, rows + positions], 1)
        return y.transpose(1, 2)[..., None]

    yield case("tokens", [[2, 6, 3, 4], [1, 1, 6], [1, 26, 6]], tokens)
    yield case("tokens larger", [[2, 6, 8, 7], [1, 1, 6], [1, 26, 6]], tokens)
    yield case("tokens registers", [[2, 6, 5, 3], [1, 1, 6], [1, 2, 6], [1, 25, 6]], tokens)


def losses():
    labels = torch.tensor([0, 3, 5, 1])
    one_hot = F.one_hot(labels, 6).double()

    def loss(name, function):
        return case(
            f"loss {name}", [[4, 6]], function, labels=labels.tolist())

    def svm(x):
        margins = (1 - x.gather(1, labels[:, None]) + x).clamp(min=0)
        return (margins * (1 - one_hot)).sum(1)

    def focal(x):
        p = F.softmax(x, 1).gather(1, labels[:, None])[:, 0]
        return -((1 - p) ** 2) * p.log()

    yield loss("hinge", lambda x: F.multi_margin_loss(x, labels, reduction="none"))
    yield loss("svm", svm)
    yield loss(
        "binary",
        lambda x: F.binary_cross_entropy_with_logits(x, one_hot, reduction="none").mean(1))
    yield loss("focal", focal)


if __name__ == "__main__":
    print(json.dumps([*pads(), *windows(), *products(), *attention(), *losses()]))
