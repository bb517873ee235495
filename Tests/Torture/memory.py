"""Too little memory: a sentence and a failure, or success; never a signal."""

from harness import Place, has_signal, limit_memory, training


def bounded(torture, row):
    """N3: address spaces from too small to enough."""
    texts = {
        "train": training(1),
        "predict": f"load {torture.user}/model.safetensors as=B\npredict {torture.user}/pictures/class0",
        "render": f"render {torture.user}/pictures to=out/copies augment=flip"}
    # From what the loader needs up; below it the program does not start at all.
    least, most = 150, 900
    count = torture.number(20, 4)
    sizes = [least + (most - least) * index // (count - 1) for index in range(count)]

    def attempt(job):
        name, size = job
        with Place(torture) as place:
            result = place.run(texts[name], preexec_fn=limit_memory(size << 20))
            said = result.output + result.errors
            loader = result.status == 127 and "cannot" in said
            row.check(
                not has_signal(result) and (result.status == 0 or loader or '"error"' in said or "error:" in said),
                f"{name} in {size} MiB: {result}")

    torture.each(attempt, [(name, size) for name in texts for size in sizes])


ROWS = [("N3", "train, predict and render in too little memory", bounded)]
