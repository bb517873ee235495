"""Lists what Pillow reads from a few images of the shared archives, for `RealImageTests`.

    python real_images.py FOLDER_OF_ARCHIVES > real_images.tsv

Chosen for what they are: a progressive file, one gray, three that EXIF turns, gray PNGs, plain ones.
"""
import hashlib
import io
import sys
import tarfile

from PIL import Image, ImageOps

MEMBERS = {
    "hymenoptera.tar": [
        "hymenoptera/train/ants/ant photos.jpg",
        "hymenoptera/train/ants/0013035.jpg",
        "hymenoptera/val/bees/72100438_73de9f17af.jpg",
    ],
    "imagenet_sample_100.tar": [
        "imagenet_sample_100/images/n03908714_pencil_sharpener.JPEG",
        "imagenet_sample_100/images/n01440764_tench.JPEG",
    ],
    "sign_digits.tar.gz": [
        "sign_digits/train/7/IMG_5874.JPG",
        "sign_digits/train/7/IMG_5935.JPG",
        "sign_digits/train/7/IMG_5978.JPG",
    ],
    "fashion_mnist_mini.tar.gz": [],
    "clothing10.tar": [],
}

for archive, members in MEMBERS.items():
    with tarfile.open(f"{sys.argv[1]}/{archive}") as tar:
        if not members:
            names = sorted(m.name for m in tar if m.isfile() and m.name.endswith((".png", ".jpg")))
            members = names[:1]
        for member in members:
            image = Image.open(io.BytesIO(tar.extractfile(member).read()))
            image = ImageOps.exif_transpose(image).convert("RGB")
            digest = hashlib.sha256(image.tobytes()).hexdigest()
            print(archive, member, image.width, image.height, digest, sep="\t")
