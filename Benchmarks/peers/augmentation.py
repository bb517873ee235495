"""torchvision and Albumentations on one thread: augmentation.py basic|randaugment|heavy|jpeg FOLDER

All but "jpeg" start from decoded photographs; every one ends with a normalized tensor of 224 x 224.
"""
import glob
import io
import itertools
import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"

import harness

kind, folder = sys.argv[1:3]
if kind == "jpegFast":  # peers decode whole images all the same
    kind = "jpeg"
mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
files = sorted(
    path for path in glob.glob(os.path.join(glob.escape(folder), "*"))
    if path.lower().endswith((".jpg", ".jpeg")))
blobs = [open(file, "rb").read() for file in files]


def add(title, version, function, items):
    turns = itertools.cycle(items)

    def step():
        function(next(turns))
        return 1

    harness.add(title, version, harness.rate(step))


def add_torchvision():
    import torch
    import torchvision
    from PIL import Image
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    middle = {
        "basic": [],
        "jpeg": [],
        "randaugment": [v2.RandAugment(2, 9)],
        "heavy": [
            v2.RandomAffine(30, scale=(0.8, 1.2)), v2.ColorJitter(0.2, 0.2, 0.2, 0.2),
            v2.GaussianBlur(5)],
    }[kind]
    transform = v2.Compose(
        [v2.ToImage(), v2.RandomResizedCrop(224, antialias=True), v2.RandomHorizontalFlip(), *middle,
         v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)]
        + ([v2.RandomErasing(p=1)] if kind == "heavy" else []))

    def decode(blob):
        return Image.open(io.BytesIO(blob)).convert("RGB")

    if kind == "jpeg":
        add("Pillow + torchvision", torchvision.__version__, lambda b: transform(decode(b)), blobs)
    else:
        add("torchvision", torchvision.__version__, transform, [decode(blob) for blob in blobs])


def add_albumentations():
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    import albumentations as A
    import cv2
    import numpy

    cv2.setNumThreads(1)
    middle = {
        "basic": [],
        "jpeg": [],
        "heavy": [
            A.Affine(rotate=(-30, 30), scale=(0.8, 1.2), p=1), A.ColorJitter(p=1),
            A.GaussNoise(p=1), A.GaussianBlur(p=1), A.CoarseDropout(p=1)],
    }[kind]
    transform = A.Compose(
        [A.RandomResizedCrop(size=(224, 224)), A.HorizontalFlip(), *middle, A.Normalize(mean, std)])

    def decode(blob):
        return cv2.cvtColor(cv2.imdecode(numpy.frombuffer(blob, numpy.uint8), 1), cv2.COLOR_BGR2RGB)

    if kind == "jpeg":
        add("OpenCV + Albumentations", A.__version__, lambda b: transform(image=decode(b)), blobs)
    else:
        add("Albumentations", A.__version__, lambda a: transform(image=a),
            [decode(blob) for blob in blobs])


peers = {"torchvision": add_torchvision, "Albumentations": add_albumentations}
if kind == "randaugment":
    del peers["Albumentations"]  # it has no RandAugment
for title, function in peers.items():
    try:
        function()
    except ImportError as error:
        harness.missing(title, error)
harness.serve()
