extension ExchangeContext {
  /// A value of so many channels that goes with the channels of the first input.
  mutating func addChannels(_ name: String, count: Int) -> String {
    let shape = inputShapes[0].rank == 4 ? [1, count, 1, 1] : [1, count]
    return add("Reshape", [name, add(integers: shape, "shape")])
  }

  /// The output of `body` for the first input with channels last, transposed to channels first.
  mutating func withChannelsLast(_ body: (inout Self, String) -> String) -> String {
    guard inputShapes[0].rank == 4 else { return body(&self, inputs[0]) }
    let last = add("Transpose", [inputs[0]], [("perm", .integers([0, 2, 3, 1]))])
    return add("Transpose", [body(&self, last)], [("perm", .integers([0, 3, 1, 2]))])
  }
}
