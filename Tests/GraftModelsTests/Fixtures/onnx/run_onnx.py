"""Checks ONNX files by onnx.checker and runs them by ONNX Runtime.

usage: run_onnx.py FOLDER   every NAME.onnx with NAME.input and NAME.logits (float32, raw) beside it
Prints a line for each: NAME, the largest difference over the largest logit, of the first image alone and
of all of them together; or what is wrong.
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime

folder = sys.argv[1]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
for file in sorted(f for f in os.listdir(folder) if f.endswith(".onnx")):
    path = os.path.join(folder, file)
    name = file[:-len(".onnx")]
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert [o.version for o in model.opset_import] == [17], "operator set"
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        size = session.get_inputs()[0].shape
        assert session.get_inputs()[0].name == "image" and size[0] == "N", size
        images = np.fromfile(path[:-5] + ".input", dtype="<f4").reshape([-1] + size[1:])
        wanted = np.fromfile(path[:-5] + ".logits", dtype="<f4").reshape([len(images), -1])
        errors = []
        for count in (1, len(images)):
            logits = session.run(["logits"], {"image": images[:count]})[0]
            if logits.ndim == 4:
                logits = logits.transpose(0, 2, 3, 1)
            difference = logits.reshape([count, -1]) - wanted[:count]
            errors.append(np.abs(difference).max() / np.abs(wanted).max())
        print(name, max(errors), flush=True)
    except Exception as error:
        print(name, "failed:", str(error).replace("\n", " ")[:300], flush=True)
