import GraftKernels

/// How the inputs and the output of an op are stored.
package struct OperandFormats: Hashable, Sendable {
  package var inputs: [NumberFormat]
  package var output: NumberFormat

  package init(inputs: [NumberFormat], output: NumberFormat) {
    self.inputs = inputs
    self.output = output
  }

  package static func float32(inputs: Int) -> OperandFormats {
    OperandFormats(
      inputs: [NumberFormat](repeating: .float32, count: inputs), output: .float32)
  }

  package var areFloat32: Bool { output == .float32 && inputs.allSatisfy { $0 == .float32 } }
  package var areBFloat16: Bool { output == .bfloat16 && inputs.allSatisfy { $0 == .bfloat16 } }
}

// In bfloat16 a layer stores what it computes as bfloat16, where it is more than one pixel: half the memory to
// write and read, and nothing to round before the next product. The gradient of a value is stored as the value
// is; sums, statistics and the gradients of parameters are float32.
//
// Whether a value is rounded depends on the op that makes it alone, never on its readers or on how its inputs
// are stored: a plan that ends at a value and one that goes on from there have the same bits as one for all.
extension LoweredGraph {
  /// Chooses how values are stored.
  ///
  /// An op that cannot read bfloat16, and whoever asks for a value, gets it as float32.
  ///
  /// - Parameter trained: whether that is so of layers that are trained; those that are not always are.
  mutating func chooseFormats(keeping wanted: Set<Int>, trained: Bool) {
    var forms = StoredForms()
    let items = items
    var owners: [Int: Int] = [:]
    self.items = []
    for var item in items {
      let inputs = item.inputs.map { forms.format(of: $0) }
      guard let (op, formats) = stored(item, reading: inputs, trained: trained) else {
        for input in item.inputs { forms.read(input, as: .float32, by: item, &self) }
        self.items.append(item)
        continue
      }
      item.op = op
      item.inputs = zip(item.inputs, formats.inputs).map { value, format in
        forms.read(value, as: format, by: item, &self)
      }
      let value = item.output
      if formats.output == .bfloat16 { item.output = forms.make(value, &self) }
      owners[value] = item.output
      self.items.append(item)
      if wanted.contains(value) { forms.read(value, as: .float32, by: item, &self) }
    }
    for index in self.items.indices {
      self.items[index].memoryOwner = self.items[index].memoryOwner.map { owners[$0] ?? $0 }
    }
    differentiateConversions()
  }

  /// Lets gradients through the conversions that they need to pass.
  private mutating func differentiateConversions() {
    var differentiated: Set<Int> = []
    for index in items.indices.reversed() {
      let item = items[index]
      if item.op is NarrowOp || item.op is WidenOp, differentiated.contains(item.output) {
        items[index].needs = GradientNeeds(inputs: [true], parameters: [], isTraining: false)
      }
      guard let needs = items[index].needs else { continue }
      for (input, isNeeded) in zip(item.inputs, needs.inputs) where isNeeded {
        differentiated.insert(input)
      }
    }
  }

  /// The op of an item for inputs in these formats, and the formats that it takes; nil where it can only
  /// compute with float32.
  private func stored(
    _ item: Item, reading inputs: [NumberFormat], trained: Bool
  ) -> (any Op, OperandFormats)? {
    let isTrained = item.needs != nil || item.isTraining
    guard trained || !isTrained else { return nil }
    let needs =
      item.needs ?? GradientNeeds(inputs: [], parameters: [], isTraining: item.isTraining)
    let shapes = item.inputs.map { self.shapes[$0] }
    let output = NumberFormat.usual(self.shapes[item.output])
    // As they are, or as they would be if they were made so.
    for inputs in [inputs, shapes.map(NumberFormat.usual)] {
      let formats = OperandFormats(inputs: inputs, output: output)
      if !formats.areFloat32, let op = item.op.storing(formats, inputs: shapes),
        !isTrained || op.storesGradients(needs, inputs: shapes)
      {
        return (op, formats)
      }
    }
    return nil
  }
}

extension NumberFormat {
  /// That of a value of this shape in bfloat16: single pixels take little memory, and keep their precision.
  fileprivate static func usual(_ shape: Shape) -> NumberFormat {
    shape.pixels > 1 ? .bfloat16 : .float32
  }
}

/// The values that are there as bfloat16, or are so too.
private struct StoredForms {
  /// The value that has the same numbers as bfloat16, or has them rounded.
  private var halves: [Int: Int] = [:]
  /// Those that were made so, and of them those that are there as float32 too.
  private var made: Set<Int> = [], widened: Set<Int> = []

  func format(of value: Int) -> NumberFormat { made.contains(value) ? .bfloat16 : .float32 }

  /// Has the maker of a value write it as bfloat16: the value to write instead.
  mutating func make(_ value: Int, _ graph: inout LoweredGraph) -> Int {
    made.insert(value)
    return half(of: value, &graph)
  }

  /// The value to read for this one in a format, converted where it is not there in it.
  @discardableResult
  mutating func read(
    _ value: Int, as format: NumberFormat, by reader: LoweredGraph.Item,
    _ graph: inout LoweredGraph
  ) -> Int {
    func convert(_ op: any Op, _ from: Int, to output: Int) {
      graph.items.append(
        LoweredGraph.Item(
          node: reader.node, path: reader.path, op: op, inputs: [from], output: output,
          parameters: [], isTraining: false))
    }
    switch (format, halves[value]) {
    case (.bfloat16, let half?): return half
    case (.bfloat16, nil):
      let half = half(of: value, &graph)
      convert(NarrowOp(), value, to: half)
      return half
    case (.float32, let half):
      if let half, made.contains(value), widened.insert(value).inserted {
        convert(WidenOp(), half, to: value)
      }
      return value
    }
  }

  private mutating func half(of value: Int, _ graph: inout LoweredGraph) -> Int {
    let half = graph.shapes.count
    graph.shapes.append(graph.shapes[value])
    graph.formats.append(.bfloat16)
    halves[value] = half
    return half
  }
}

/// float32 numbers rounded to bfloat16, for ops that read nothing else; only plans make it.
struct NarrowOp: Op {
  static let name = "narrow"
  static var examples: [OpExample] { [] }

  func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  func forward(_ c: ForwardContext) {
    c.pool.forEachRange(of: c.outputShape.elementCount, lending: c) { range, _, c in
      graft_narrow(
        c.inputs[0].pointer + range.lowerBound, range.count,
        c.output.address(range.lowerBound, .bfloat16))
    }
  }

  func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEachRange(of: c.outputShape.elementCount, lending: c, slot) { range, _, c, slot in
      let gradient = c.outputGradient.address(range.lowerBound, .bfloat16)
      let input = slot.slice.pointer + range.lowerBound
      if slot.accumulates {
        graft_accumulate_widened(gradient, range.count, input)
      } else {
        graft_widen(gradient, range.count, input)
      }
    }
  }
}

/// bfloat16 numbers as float32, for ops that read nothing else; only plans make it.
struct WidenOp: Op {
  static let name = "widen"
  static var examples: [OpExample] { [] }

  func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  func forward(_ c: ForwardContext) {
    c.pool.forEachRange(of: c.output.count, lending: c) { range, _, c in
      graft_widen(
        c.inputs[0].address(range.lowerBound, .bfloat16), range.count,
        c.output.pointer + range.lowerBound)
    }
  }

  func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEachRange(of: c.outputShape.elementCount, lending: c, slot) { range, _, c, slot in
      let gradient = c.outputGradient.pointer + range.lowerBound
      let input = slot.slice.address(range.lowerBound, .bfloat16)
      if slot.accumulates {
        graft_accumulate_narrowed(gradient, 1, range.count, input)
      } else {
        graft_narrow(gradient, range.count, input)
      }
    }
  }
}
