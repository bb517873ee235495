"""Writes the small ONNX files of the tests. Made with PyTorch 2.13 and onnx 1.23.

usage: make_onnx_files.py  (writes beside itself)
"""
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

here = os.path.dirname(os.path.abspath(__file__))
values = np.arange(6).reshape(2, 3)


def tensor(name, kind, field, numbers, dims=(2, 3)):
    result = TensorProto(name=name, data_type=kind, dims=dims)
    getattr(result, field).extend(numbers)
    return result


def save(name, initializers, nodes=(), **changes):
    nodes = list(nodes) or [helper.make_node("Identity", ["x"], ["y"])]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph(nodes, "g", [x], [y], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    with open(os.path.join(here, name), "wb") as file:
        file.write(model.SerializeToString())


T = TensorProto
half = (values / 4 - 0.5).astype(np.float16)
raw = [numpy_helper.from_array((values / 4 - 0.5).astype(t), "raw_" + n) for n, t in
       [("f32", np.float32), ("f64", np.float64), ("f16", np.float16)]]
raw += [numpy_helper.from_array((values - 3).astype(t), "raw_" + n) for n, t in
        [("i64", np.int64), ("i32", np.int32), ("i16", np.int16), ("i8", np.int8)]]
typed = [
    tensor("f32", T.FLOAT, "float_data", (values / 4 - 0.5).ravel()),
    tensor("f64", T.DOUBLE, "double_data", (values / 4 - 0.5).ravel()),
    tensor("f16", T.FLOAT16, "int32_data", half.view(np.uint16).ravel().tolist()),
    tensor("bf16", T.BFLOAT16, "int32_data",
           ((values / 4 - 0.5).astype(np.float32).view(np.uint32) >> 16).ravel().tolist()),
    tensor("i64", T.INT64, "int64_data", (values - 3).ravel()),
    tensor("i32", T.INT32, "int32_data", (values - 3).ravel()),
    tensor("i16", T.INT16, "int32_data", (values - 3).ravel()),
    tensor("i8", T.INT8, "int32_data", (values - 3).ravel()),
    tensor("u8", T.UINT8, "int32_data", values.ravel()),
    tensor("scalar", T.INT64, "int64_data", [7], []),
    tensor("empty", T.FLOAT, "float_data", [], [0, 3]),
]
constant = helper.make_node("Constant", [], ["constant"], value=numpy_helper.from_array(
    np.array([1.5, -2.5], np.float32)))
alias = helper.make_node("Identity", ["f32"], ["alias"])
save("types.onnx", raw + typed, [constant, alias, helper.make_node("Identity", ["x"], ["y"])])

external = numpy_helper.from_array(np.ones(4, np.float32), "w")
onnx.external_data_helper.set_external_data(external, "../../../../etc/passwd", 0, 16)
external.ClearField("raw_data")
external.data_location = T.EXTERNAL
save("external.onnx", [external])
save("text.onnx", [TensorProto(name="w", data_type=T.STRING, dims=[1], string_data=[b"a"])])
two = numpy_helper.from_array(np.ones(2, np.float32), "w")
two.float_data.extend([1, 1])
save("two_fields.onnx", [two])
short = numpy_helper.from_array(np.ones(4, np.float32), "w")
short.dims[:] = [5]
save("short.onnx", [short])
huge = numpy_helper.from_array(np.ones(4, np.float32), "w")
huge.dims[:] = [2**62, 4]
save("huge.onnx", [huge])
negative = numpy_helper.from_array(np.ones(4, np.float32), "w")
negative.dims[:] = [-4]
save("negative.onnx", [negative])
twice = numpy_helper.from_array(np.ones(2, np.float32), "w")
save("twice.onnx", [twice, twice])
with open(os.path.join(here, "twice.onnx"), "rb") as one:
    whole = one.read()
with open(os.path.join(here, "two_graphs.onnx"), "wb") as file:
    file.write(whole + whole)
