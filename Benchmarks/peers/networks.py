"""Networks by the names Graft gives them, with ten classes, and their training in PyTorch."""


def make(name):
    if "_patch" in name:
        import timm

        return timm.create_model(name, num_classes=10)
    if name != "resnet20":
        import torchvision

        return torchvision.models.get_model(name, num_classes=10)
    import torch
    from torch import nn

    class Block(nn.Module):
        """Two 3x3 convolutions and a projecting shortcut where the shape changes (He, 2015)."""

        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.first_norm = nn.BatchNorm2d(outputs)
            self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.second_norm = nn.BatchNorm2d(outputs)
            self.stride, self.padding = stride, (outputs - inputs) // 2

        def forward(self, x):
            y = torch.relu(self.first_norm(self.first(x)))
            y = self.second_norm(self.second(y))
            if self.padding:
                x = nn.functional.pad(
                    x[:, :, :: self.stride, :: self.stride],
                    (0, 0, 0, 0, self.padding, self.padding))
            return torch.relu(y + x)

    layers, width = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for outputs in (16, 32, 64):
        for place in range(3):
            layers.append(Block(width, outputs, 2 if place == 0 and outputs > 16 else 1))
            width = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def trainer(name, batch, side, variant, layout, precision="fp32"):
    """A function that makes one step and returns how many images it took.

    A trains the last layer of a frozen network in evaluation mode, B everything with batch norm in
    training mode, both by SGD with momentum; inference runs under inference_mode. In bf16 the network
    and its loss run under autocast.
    """
    import torch

    torch.manual_seed(0)
    model = make(name).to(memory_format=layout)
    images = torch.randn(batch, 3, side, side).contiguous(memory_format=layout)
    labels = torch.randint(0, 10, (batch,))
    parameters = list(model.parameters())
    model.train(variant == "B")
    if variant == "A":
        for parameter in parameters[:-2]:
            parameter.requires_grad_(False)
        parameters = parameters[-2:]
    optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9)

    def casting():
        return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")

    def infer():
        with torch.inference_mode(), casting():
            model(images)
        return batch

    def train():
        optimizer.zero_grad()
        with casting():
            loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return batch

    return infer if variant == "inference" else train
