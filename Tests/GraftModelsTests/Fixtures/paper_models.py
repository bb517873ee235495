"""Networks that neither torchvision nor timm has, written from their papers, with Graft's names."""

import torch
import torch.nn.functional as F
from torch import nn


class Scaled(nn.Module):
    """Average pooling of 2x2 pixels with a trained factor and summand a channel, then tanh."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        shape = (1, -1, 1, 1)
        return torch.tanh(F.avg_pool2d(x, 2) * self.weight.view(shape) + self.bias.view(shape))


class ConnectionTable(nn.ModuleList):
    """C3 of LeNet-5 (LeCun et al., 1998, table I), map by map from its columns."""

    columns = [
        [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 0], [5, 0, 1],
        [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 0], [4, 5, 0, 1], [5, 0, 1, 2],
        [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5],
        [0, 1, 2, 3, 4, 5],
    ]  # fmt: skip

    def __init__(self):
        counts = [(18, 6), (36, 9), (6, 1)]
        super().__init__(nn.Conv2d(i, o, 5, groups=o) for i, o in counts)

    def forward(self, x):
        maps = []
        for number, column in enumerate(self.columns):
            part, first = (0, 0) if number < 6 else (1, 6) if number < 15 else (2, 15)
            weight = self[part].weight[number - first : number - first + 1]
            bias = self[part].bias[number - first : number - first + 1]
            maps.append(F.conv2d(x[:, column], weight, bias))
        return torch.cat(maps, 1)


class LeNet(nn.Module):
    def __init__(self, kind, num_classes=10):
        super().__init__()
        first, second = {"1": (4, 12), "4": (4, 16)}.get(kind, (6, 16))
        self.kind = kind
        scaled = kind != "5"
        self.c1 = nn.Conv2d(1, first, 5)
        self.s2 = Scaled(first) if scaled else nn.AvgPool2d(2)
        self.c3 = ConnectionTable() if kind == "5_original" else nn.Conv2d(first, second, 5)
        self.s4 = Scaled(second) if scaled else nn.AvgPool2d(2)
        if kind == "4":
            self.f5 = nn.Linear(400, 120)
        if kind.startswith("5"):
            self.c5 = nn.Linear(400, 120)
            self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear({"1": 192, "4": 120}.get(kind, 84), num_classes)

    def forward(self, x):
        x = self.s2(torch.tanh(self.c1(x)))
        x = self.s4(torch.tanh(self.c3(x))).flatten(1)
        for name in ("f5", "c5", "f6"):
            if hasattr(self, name):
                x = torch.tanh(getattr(self, name)(x))
        return self.output(x)


class CaffeLeNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(800, 500)
        self.fc2 = nn.Linear(500, num_classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv2(F.max_pool2d(self.conv1(x), 2)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def norm():
    """The paper's alpha stands before the sum, torch's before the mean."""
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)


class Tower(nn.Module):
    """AlexNet of 2012 and ZFNet."""

    def __init__(self, features, num_classes=1000):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096),
            nn.ReLU(), nn.Linear(4096, num_classes),
        )  # fmt: skip

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 6).flatten(1))


def alexnet_original(**options):
    return Tower([
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2),
    ], **options)  # fmt: skip


def zfnet(**options):
    return Tower([
        nn.Conv2d(3, 96, 7, 2, 1), nn.ReLU(), nn.MaxPool2d(3, 2, 1), norm(),
        nn.Conv2d(96, 256, 5, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), norm(),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    ], **options)  # fmt: skip


class FullyConvolutional(nn.Module):
    """Named convolutions with ReLU, pooling behind some, mean over all pixels at the end."""

    def __init__(self, convolutions, pools):
        super().__init__()
        for name, *shape in convolutions:
            setattr(self, name, nn.Conv2d(*shape))
        self.names = [name for name, *_ in convolutions]
        self.pools = pools

    def forward(self, x):
        for name in self.names:
            x = F.relu(getattr(self, name)(x))
            if name in self.pools:
                x = self.pools[name](x, 3, 2, ceil_mode=True)
        return x.mean((2, 3))


def nin(num_classes=10):
    return FullyConvolutional([
        ("conv1", 3, 192, 5, 1, 2), ("cccp1", 192, 160, 1), ("cccp2", 160, 96, 1),
        ("conv2", 96, 192, 5, 1, 2), ("cccp3", 192, 192, 1), ("cccp4", 192, 192, 1),
        ("conv3", 192, 192, 3, 1, 1), ("cccp5", 192, 192, 1), ("cccp6", 192, num_classes, 1),
    ], {"cccp2": F.max_pool2d, "cccp4": F.avg_pool2d})  # fmt: skip


def allcnn(num_classes=10):
    return FullyConvolutional([
        ("conv1", 3, 96, 3, 1, 1), ("conv2", 96, 96, 3, 1, 1), ("conv3", 96, 96, 3, 2, 1),
        ("conv4", 96, 192, 3, 1, 1), ("conv5", 192, 192, 3, 1, 1), ("conv6", 192, 192, 3, 2, 1),
        ("conv7", 192, 192, 3), ("conv8", 192, 192, 1), ("conv9", 192, num_classes, 1),
    ], {})  # fmt: skip


class TinyVGG(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()

        def block(inputs):
            return nn.Sequential(
                nn.Conv2d(inputs, 10, 3), nn.ReLU(), nn.Conv2d(10, 10, 3), nn.ReLU(),
                nn.MaxPool2d(2),
            )  # fmt: skip

        self.conv_block_1 = block(3)
        self.conv_block_2 = block(10)
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(1690, num_classes))

    def forward(self, x):
        return self.classifier(self.conv_block_2(self.conv_block_1(x)))


class Unit(nn.Module):
    def __init__(self, inputs, outputs, kernel=1, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Module(nn.Module):
    """A column of the table in Ioffe and Szegedy (2015): `one` and `pooled` are 0 where it halves."""

    def __init__(self, inputs, one, three, double, pool, pooled):
        super().__init__()
        stride = 1 if one else 2
        if one:
            self.branch1 = Unit(inputs, one)
        self.branch2 = nn.Sequential(
            Unit(inputs, three[0]), Unit(*three, kernel=3, stride=stride)
        )
        self.branch3 = nn.Sequential(
            Unit(inputs, double[0]), Unit(*double, kernel=3),
            Unit(double[1], double[1], kernel=3, stride=stride),
        )  # fmt: skip
        layers = [nn.AvgPool2d(3, 1, 1) if pool == "average" else nn.MaxPool2d(3, stride, 1)]
        self.branch4 = nn.Sequential(*layers, *([Unit(inputs, pooled)] if pooled else []))

    def forward(self, x):
        branches = [self.branch2, self.branch3, self.branch4]
        if hasattr(self, "branch1"):
            branches.insert(0, self.branch1)
        return torch.cat([branch(x) for branch in branches], 1)


class InceptionV2(nn.Module):
    table = [
        ("3a", 192, 64, (64, 64), (64, 96), "average", 32),
        ("3b", 256, 64, (64, 96), (64, 96), "average", 64),
        ("3c", 320, 0, (128, 160), (64, 96), "maximum", 0),
        ("4a", 576, 224, (64, 96), (96, 128), "average", 128),
        ("4b", 576, 192, (96, 128), (96, 128), "average", 128),
        ("4c", 576, 160, (128, 160), (128, 160), "average", 96),
        ("4d", 576, 96, (128, 192), (160, 192), "average", 96),
        ("4e", 576, 0, (128, 192), (192, 256), "maximum", 0),
        ("5a", 1024, 352, (192, 320), (160, 224), "average", 128),
        ("5b", 1024, 352, (192, 320), (192, 224), "maximum", 128),
    ]

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = Unit(3, 64, 7, 2)
        self.conv2 = Unit(64, 64)
        self.conv3 = Unit(64, 192, 3)
        for name, *shape in self.table:
            setattr(self, f"inception{name}", Module(*shape))
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 3, 2, 1)
        x = F.max_pool2d(self.conv3(self.conv2(x)), 3, 2, 1)
        for name, *_ in self.table:
            x = getattr(self, f"inception{name}")(x)
        return self.fc(x.mean((2, 3)))


class Block(nn.Module):
    """A residual block for 32x32 images; option A pads the shortcut, option B projects it."""

    def __init__(self, inputs, outputs, stride, projects=False):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.extra = outputs - inputs
        if projects and self.extra:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if hasattr(self, "shortcut"):
            x = self.shortcut(x)
        elif self.extra:
            half = self.extra // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
        return F.relu(y + x)


class ResNetCIFAR(nn.Module):
    def __init__(self, n=3, projects=False, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (inputs, outputs) in enumerate([(16, 16), (16, 32), (32, 64)], 1):
            blocks = [Block(inputs, outputs, 1 if inputs == outputs else 2, projects)]
            blocks += [Block(outputs, outputs, 1) for _ in range(n - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, num_classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class Level(nn.Module):
    def __init__(self, inputs, outputs, padding, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=padding)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=padding)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return F.relu(self.conv2(self.dropout(F.relu(self.conv1(x)))))


class UNet(nn.Module):
    """Ronneberger et al., 2015: `dropout` stands in each level, `end` behind the bottleneck; without
    transposed convolutions the decoder repeats pixels."""

    def __init__(self, widths, padding=1, transposed=True, dropout=0, end=0, relu=False, num_classes=2):
        super().__init__()
        depth = len(widths) - 1
        inputs = 1
        for index, width in enumerate(widths):
            name = "bottleneck" if index == depth else f"enc{index + 1}"
            setattr(self, name, Level(inputs, width, padding, dropout))
            inputs = width
        for index in reversed(range(depth)):
            width, below = widths[index], widths[index + 1]
            level = Level(width + (width if transposed else below), width, padding, dropout)
            if transposed:
                level.up = nn.ConvTranspose2d(below, width, 2, 2)
            setattr(self, f"dec{index + 1}", level)
        self.head = nn.Conv2d(widths[0], num_classes, 1)
        self.end = nn.Dropout(end)
        self.depth, self.relu = depth, relu

    def forward(self, x):
        skips = []
        for index in range(self.depth):
            x = getattr(self, f"enc{index + 1}")(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.end(self.bottleneck(x))
        for index in reversed(range(self.depth)):
            level = getattr(self, f"dec{index + 1}")
            up = level.up(x) if hasattr(level, "up") else F.interpolate(x, scale_factor=2)
            skip = skips[index]
            top, left = (skip.shape[2] - up.shape[2]) // 2, (skip.shape[3] - up.shape[3]) // 2
            skip = skip[:, :, top : top + up.shape[2], left : left + up.shape[3]]
            x = level(torch.cat([up, skip], 1))
        return F.relu(self.head(x)) if self.relu else self.head(x)


models = {
    "lenet1": lambda **o: LeNet("1", **o),
    "lenet4": lambda **o: LeNet("4", **o),
    "lenet5": lambda **o: LeNet("5", **o),
    "lenet5_original": lambda **o: LeNet("5_original", **o),
    "lenet_caffe": CaffeLeNet,
    "alexnet_original": alexnet_original,
    "zfnet": zfnet,
    "nin": nin,
    "allcnn": allcnn,
    "tinyvgg": TinyVGG,
    "inception_v2": InceptionV2,
    "unet": lambda **o: UNet([64, 128, 256, 512, 1024], end=0.5, **o),
    "unet_valid": lambda **o: UNet([64, 128, 256, 512, 1024], padding=0, end=0.5, **o),
    "unet_retina": lambda **o: UNet([32, 64, 128], transposed=False, dropout=0.2, relu=True, **o),
}
for depth in (20, 32, 44, 56, 110):
    for suffix, projects in (("", False), ("_b", True)):
        models[f"resnet{depth}{suffix}"] = (
            lambda n=(depth - 2) // 6, projects=projects, **o: ResNetCIFAR(n, projects, **o)
        )
