"""Boxes of Albumentations after fixed warps, for MovedBoxTests.

python3 -m venv v && v/bin/pip install albumentations==2.0.8 && v/bin/python boxes.py
"""

import json

import albumentations as A
import numpy as np

WIDTH, HEIGHT = 120, 80
BOXES = [
    [10, 12, 40, 30],
    [0, 0, 60, 40],
    [70.25, 41.5, 118.75, 79.5],
    [55, 30, 58, 76],
    [100, 5, 119, 18],
]
IMAGE = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def moved(transform, minimum=0.0):
    pipeline = A.Compose(
        [transform],
        bbox_params=A.BboxParams(
            "pascal_voc", label_fields=["labels"], min_visibility=minimum
        ),
    )
    result = pipeline(image=IMAGE, bboxes=BOXES, labels=list(range(len(BOXES))))
    height, width = result["image"].shape[:2]
    return {
        "size": [width, height],
        "boxes": [
            [int(label)] + [float(value) for value in box]
            for box, label in zip(result["bboxes"], result["labels"])
        ],
    }


cases = {
    "hflip": moved(A.HorizontalFlip(p=1)),
    "vflip": moved(A.VerticalFlip(p=1)),
    "transpose": moved(A.Transpose(p=1)),
    "crop": moved(A.Crop(20, 10, 90, 60, p=1)),
    "crop half": moved(A.Crop(20, 10, 90, 60, p=1), 0.5),
    "resize": moved(A.Resize(150, 90, p=1)),
    "rotate 30": moved(A.Rotate((30, 30), p=1)),
    "rotate -12.5": moved(A.Rotate((-12.5, -12.5), p=1)),
    "rotate 30 half": moved(A.Rotate((30, 30), p=1), 0.5),
    "rotate 90": moved(A.Rotate((90, 90), p=1)),
}
with open("boxes.json", "w") as file:
    json.dump(cases, file, indent=1)
