import Foundation
import GraftBase

extension WindowAttentionOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let (x, y) = (c.inputShapes[0], c.outputShape)
    let (channels, depth) = (y.channels, y.channels / heads)
    let rows = (x[1] + size.y - 1) / size.y * size.y
    let columns = (x[2] + size.x - 1) / size.x * size.x
    let shift = Pair(size.y >= x[1] ? 0 : shift.y, size.x >= x[2] ? 0 : shift.x)
    let grid = Pair(rows / size.y, columns / size.x)

    var map = c.inputs[0]
    if rows > x[1] || columns > x[2] {
      let pads = [0, 0, 0, 0, 0, 0, rows - x[1], columns - x[2]]
      map = c.add("Pad", [map, c.add(integers: pads, "pads")])
    }
    map = c.add("Add", [map, bias(&c, channels)])
    map = Self.rolled(map, by: shift, &c)
    // [N, 3, heads, D, rows of windows, rows, columns of windows, columns] to
    // [3, N, windows, heads, T, D].
    map = c.add(
      "Reshape",
      [map, c.add(integers: [0, 3, heads, depth, grid.y, size.y, grid.x, size.x], "cut")])
    map = c.add("Transpose", [map], [("perm", .integers([1, 0, 4, 6, 2, 5, 7, 3]))])
    var parts = (0..<3).map { part in
      let one = c.add("Gather", [map, c.add(integers: [part], "part")], [("axis", .integer(0))])
      let whole = c.add("Squeeze", [one, c.add(integers: [0], "axis")])
      return c.add(
        "Reshape", [whole, c.add(integers: [0, grid.y * grid.x, heads, tokens, depth], "windows")])
    }
    if isCosine { for part in 0..<2 { parts[part] = Self.direction(parts[part], &c) } }
    let keys = c.add("Transpose", [parts[1]], [("perm", .integers([0, 1, 2, 4, 3]))])
    var scores = c.add("Mul", [c.add("MatMul", [parts[0], keys]), scale(&c, depth)])
    scores = c.add("Add", [scores, positionBias(&c)])
    if shift != 0 { scores = c.add("Add", [scores, mask(x, shift, grid, &c)]) }
    let shares = c.add("Softmax", [scores], [("axis", .integer(-1))])
    map = c.add("MatMul", [shares, parts[2]])
    map = c.add(
      "Reshape",
      [map, c.add(integers: [0, grid.y, grid.x, heads, size.y, size.x, depth], "pieces")])
    map = c.add("Transpose", [map], [("perm", .integers([0, 3, 6, 1, 4, 2, 5]))])
    map = c.add("Reshape", [map, c.add(integers: [0, channels, rows, columns], "joined")])
    map = Self.rolled(
      map, by: Pair((rows - shift.y) % rows, (columns - shift.x) % columns), &c)
    guard rows > x[1] || columns > x[2] else { return map }
    let operands = [
      c.add(integers: [0, 0], "starts"), c.add(integers: [x[1], x[2]], "ends"),
      c.add(integers: [2, 3], "axes"),
    ]
    return c.add("Slice", [map] + operands)
  }

  /// The bias of the input [1, 3C, 1, 1]; keys have none with cosine attention.
  private func bias(_ c: inout ExchangeContext, _ channels: Int) -> String {
    var bias = c.parameters[0]
    if isCosine {
      let kept = (0..<3).flatMap { part in
        [Float](repeating: part == 1 ? 0 : 1, count: channels)
      }
      bias = c.add("Mul", [bias, c.add(floats: kept, "kept")])
    }
    return c.addChannels(bias, count: 3 * channels)
  }

  private func scale(_ c: inout ExchangeContext, _ depth: Int) -> String {
    guard isCosine else { return c.add(number: 1 / Float(depth).squareRoot(), "scale") }
    let limited = c.add("Min", [c.parameters[1], c.add(number: Self.largestLogarithm, "limit")])
    return c.add("Exp", [limited])
  }

  /// The biases of all pairs [heads, T, T].
  private func positionBias(_ c: inout ExchangeContext) -> String {
    var table = c.parameters[1]
    if isCosine {
      let places = c.add(
        floats: WindowPositions.coordinates(size), shape: [differences, 2], "coordinates")
      let turned = { (name: String, c: inout ExchangeContext) in
        c.add("Transpose", [name], [("perm", .integers([1, 0]))])
      }
      let sums = c.add("MatMul", [places, turned(c.parameters[2], &c)])
      let hidden = c.add("Relu", [c.add("Add", [sums, c.parameters[3]])])
      let values = c.add("MatMul", [hidden, turned(c.parameters[4], &c)])
      table = c.add("Mul", [c.add("Sigmoid", [values]), c.add(number: 16, "most")])
    }
    let index = c.add(integers: WindowPositions.differences(size), "index")
    let rows = c.add("Gather", [table, index], [("axis", .integer(0))])
    let pairs = c.add("Reshape", [rows, c.add(integers: [tokens, tokens, heads], "pairs")])
    return c.add("Transpose", [pairs], [("perm", .integers([2, 0, 1]))])
  }

  /// -100 between tokens of different regions, [windows, 1, T, T].
  private func mask(
    _ x: Shape, _ shift: Pair, _ grid: Pair, _ c: inout ExchangeContext
  ) -> String {
    func region(_ place: Int, _ size: Int, _ window: Int, _ shift: Int) -> Int {
      shift == 0 || place < size - window ? 0 : place < size - shift ? 1 : 2
    }
    var values: [Float] = []
    for window in 0..<grid.y * grid.x {
      let regions = (0..<tokens).map { token in
        let row = window / grid.x * size.y + token / size.x
        let column = window % grid.x * size.x + token % size.x
        return 3 * region(row, grid.y * size.y, size.y, shift.y)
          + region(column, grid.x * size.x, size.x, shift.x)
      }
      for own in regions { values += regions.map { $0 == own ? 0 : -100 } }
    }
    return c.add(floats: values, shape: [grid.y * grid.x, 1, tokens, tokens], "mask")
  }

  /// Rows and columns that begin with the one numbered `shift`; those before it follow the last.
  private static func rolled(
    _ x: String, by shift: Pair, _ c: inout ExchangeContext
  ) -> String {
    [(2, shift.y), (3, shift.x)].reduce(x) { map, step in
      let (axis, shift) = step
      guard shift > 0 else { return map }
      func part(_ from: Int, _ to: Int) -> String {
        let operands = [
          c.add(integers: [from], "starts"), c.add(integers: [to], "ends"),
          c.add(integers: [axis], "axes"),
        ]
        return c.add("Slice", [map] + operands)
      }
      return c.add(
        "Concat", [part(shift, Int(Int32.max)), part(0, shift)], [("axis", .integer(axis))])
    }
  }

  /// Rows divided by their lengths.
  private static func direction(_ x: String, _ c: inout ExchangeContext) -> String {
    let length = c.add("ReduceL2", [x], [("axes", .integers([-1])), ("keepdims", .integer(1))])
    return c.add("Div", [x, c.add("Max", [length, c.add(number: 1e-12, "least")])])
  }
}

/// What torchvision keeps in files about the positions in a window.
package enum WindowPositions {
  /// The row of the table of biases for each pair of tokens.
  package static func differences(_ size: Pair) -> [Int] {
    let tokens = size.y * size.x
    return (0..<tokens * tokens).map { pair in
      let (query, key) = (pair / tokens, pair % tokens)
      let dy = query / size.x - key / size.x + size.y - 1
      let dx = query % size.x - key % size.x + size.x - 1
      return dy * (2 * size.x - 1) + dx
    }
  }

  /// sign(x) log2(1 + |x|) / 3 of each difference along both sides, x from -8 to 8.
  package static func coordinates(_ size: Pair) -> [Float] {
    func coordinate(_ place: Int, _ window: Int) -> Float {
      let x = window > 1 ? 8 * Double(place - window + 1) / Double(window - 1) : 0
      let logarithm = Float(log2(abs(x) + 1) / 3)
      return x < 0 ? -logarithm : logarithm
    }
    return (0..<2 * size.y - 1).flatMap { y in
      (0..<2 * size.x - 1).flatMap { x in [coordinate(y, size.y), coordinate(x, size.x)] }
    }
  }
}
