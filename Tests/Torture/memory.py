"""Too little memory: a sentence and a failure, or success; never a signal."""

from harness import DATA, Place, has_signal, limit_memory

# A network whose feature maps take some hundred megabytes.
WIDE = 'encoder net("[conv(64) relu]*2 pool conv(8) relu pool fc(8) relu") size=48'


def bounded(torture, row):
    """N3: limits of the address space, most of them close to the least that is enough."""
    with Place(torture) as place:
        made = place.run(
            f"{DATA}\n{WIDE}\ntrain epochs=1 stop=1 batch=2 policy=A as=B\nsave out/wide.safetensors")
        if not row.check(made.status == 0, f"the wide model: {made} {made.output[-300:]}"):
            return
        model = place.out / "wide.safetensors"
        texts = {
            "train": f"{DATA}\n{WIDE}\ntrain epochs=1 stop=1 batch=30 policy=B as=B",
            "predict": f"load {model} as=B\npredict {torture.user}/pictures/class0",
            "render": f"{WIDE.replace('48', '512')}\nrender {torture.user}/pictures to=out/copies augment=flip"}
        torture.each(lambda item: search(torture, row, *item), texts.items())


def search(torture, row, name, text):
    """Halves the range between what is too little and what is enough, then tries limits between."""
    outcomes = {}

    def succeeds(size):
        with Place(torture) as place:
            result = place.run(text, preexec_fn=limit_memory(size << 20))
        said = result.output + result.errors
        # Below some size the system cannot even start a program.
        is_started = not (result.status == 127 and "shared librar" in said)
        told = '"event":"error"' in said or "error:" in said
        row.check(
            result.status == 0 or not is_started or told and not has_signal(result),
            f"{name} in {size} MiB: {result} {result.output[-200:]}")
        outcomes[size] = result.status
        return result.status == 0

    least, enough = 64, 2048 if name == "train" else 384
    row.check(succeeds(enough), f"{name} in {enough} MiB fails")
    for _ in range(torture.number(10, 4)):
        middle = (least + enough) // 2
        if succeeds(middle):
            enough = middle
        else:
            least = middle
    for index in range(torture.number(12, 0)):
        succeeds(64 + (enough - 64) * (index + 1) // 13)
    row.check(any(status != 0 for status in outcomes.values()), f"no limit was too little for {name}")


ROWS = [("N3", "train, predict and render in too little memory", bounded)]
