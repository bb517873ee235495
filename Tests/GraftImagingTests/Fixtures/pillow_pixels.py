"""Lists what Pillow reads from image files, for `PillowAgreementTests`.

    python pillow_pixels.py FOLDER... > list.tsv
    GRAFT_PILLOW_LIST=list.tsv swift test --filter PillowAgreementTests

One line an image: path, width, height, SHA-256 of the RGB bytes with EXIF orientation applied.
"""
import hashlib
import os
import sys

from PIL import Image, ImageOps

for folder in sys.argv[1:]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith((".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp")):
                path = os.path.join(parent, name)
                image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
                digest = hashlib.sha256(image.tobytes()).hexdigest()
                print(path, image.width, image.height, digest, sep="\t")
