import GraftBase
import GraftKernels

/// How a map is read between its pixels; the names and rules of torch's `interpolate`.
package enum Interpolation: String, Sendable, Codable, CaseIterable {
  case nearest
  case bilinear
  /// Bilinear with the centers of the corner pixels aligned (`align_corners=True`).
  case bilinearCorners = "bilinear-corners"

  var kernel: graft_interpolation {
    switch self {
    case .nearest: GRAFT_UPSAMPLE_NEAREST
    case .bilinear: GRAFT_UPSAMPLE_BILINEAR
    case .bilinearCorners: GRAFT_UPSAMPLE_CORNERS
    }
  }
}

/// The height and width that an op gives a map.
package enum MapSize: Sendable, Hashable {
  case times(Pair)
  case exactly(Pair)
  /// That of the second input, of which nothing else is read.
  case ofSecondInput

  func size(of inputs: [Shape]) -> Pair {
    switch self {
    case .times(let factor): Pair(inputs[0][1] * factor.y, inputs[0][2] * factor.x)
    case .exactly(let size): size
    case .ofSecondInput: Pair(inputs[1][1], inputs[1][2])
    }
  }

  /// Whether the inputs are maps as this takes them.
  func fits(_ inputs: [Shape]) -> Bool {
    inputs.count == (self == .ofSecondInput ? 2 : 1) && inputs.allSatisfy { $0.rank == 4 }
  }

  var text: String {
    switch self {
    case .times(let factor): "×\(factor)"
    case .exactly(let size): "to \(size)"
    case .ofSecondInput: "to another map's size"
    }
  }
}

/// A map at another size: [N, H, W, C] -> [N, H', W', C], nearest or bilinear as torch computes them.
package struct UpsampleOp: Op {
  package static let name = "upsample"
  package static var examples: [OpExample] {
    [
      OpExample(UpsampleOp(.nearest, .times(2)), inputs: [[2, 3, 4, 3]]),
      OpExample(UpsampleOp(.nearest, .exactly(Pair(7, 5))), inputs: [[1, 3, 4, 2]]),
      OpExample(UpsampleOp(.bilinear, .times(Pair(2, 3))), inputs: [[2, 3, 4, 3]]),
      OpExample(UpsampleOp(.bilinear, .exactly(Pair(3, 9))), inputs: [[1, 5, 4, 2]]),
      OpExample(UpsampleOp(.bilinearCorners, .times(2)), inputs: [[1, 3, 4, 5]]),
      OpExample(UpsampleOp(.bilinearCorners, .exactly(Pair(1, 6))), inputs: [[1, 3, 4, 2]]),
      OpExample(UpsampleOp(.bilinear, .ofSecondInput), inputs: [[1, 2, 3, 2], [1, 5, 7, 3]]),
    ]
  }

  package let interpolation: Interpolation
  package let size: MapSize

  package init(_ interpolation: Interpolation, _ size: MapSize) {
    self.interpolation = interpolation
    self.size = size
  }

  package var details: String { "\(interpolation.rawValue) \(size.text)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard size.fits(inputs) else {
      throw GraftError(.failed, "up-sampling takes maps [N, H, W, C], not \(inputs)")
    }
    let target = size.size(of: inputs)
    guard min(target.y, target.x) > 0, max(target.y, target.x) <= 1 << 15 else {
      throw GraftError(.failed, "a map of \(target) pixels; use sides of 1 to 32,768")
    }
    return [inputs[0].batch, target.y, target.x, inputs[0].channels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    let chunks = PixelChunks(c.outputShape)
    lend(geometry(c.inputShapes[0], c.outputShape)) { geometry in
      c.pool.forEach(
        chunks.count, lending: c, chunks, geometry
      ) { chunk, _, c, chunks, geometry in
        let (images, rows) = chunks.part(chunk)
        let inputCount = c.inputs[0].count / c.outputShape.batch
        let outputCount = c.output.count / c.outputShape.batch
        for image in images {
          graft_upsample_rows(
            geometry.pointer, c.inputs[0].pointer + image * inputCount, Int32(rows.lowerBound),
            Int32(rows.upperBound), c.output.pointer + image * outputCount)
        }
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    if size == .ofSecondInput { c.inputGradients[1]?.startAtZero(c.pool) }
    guard let slot = c.inputGradients[0] else { return }
    let chunks = PixelChunks(c.inputShapes[0])
    lend(geometry(c.inputShapes[0], c.outputShape)) { geometry in
      c.pool.forEach(
        chunks.count, lending: c, slot, chunks, geometry
      ) { chunk, _, c, slot, chunks, geometry in
        let (images, rows) = chunks.part(chunk)
        let inputCount = slot.slice.count / c.outputShape.batch
        let outputCount = c.outputGradient.count / c.outputShape.batch
        for image in images {
          graft_upsample_gradient_rows(
            geometry.pointer, c.outputGradient.pointer + image * outputCount,
            Int32(rows.lowerBound),
            Int32(rows.upperBound), slot.flag, slot.slice.pointer + image * inputCount)
        }
      }
    }
  }

  private func geometry(_ x: Shape, _ y: Shape) -> graft_upsample {
    graft_upsample(
      in_h: Int32(x[1]), in_w: Int32(x[2]), out_h: Int32(y[1]), out_w: Int32(y[2]),
      channels: Int32(x[3]), interpolation: interpolation.kernel)
  }
}

extension UpsampleOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let rules: [Interpolation: (mode: String, places: String)] = [
      .nearest: ("nearest", "asymmetric"), .bilinear: ("linear", "pytorch_half_pixel"),
      .bilinearCorners: ("linear", "align_corners"),
    ]
    let rule = rules[interpolation] ?? ("nearest", "asymmetric")
    // The sizes are given, since rounded factors could miss them by a pixel.
    let bounds = [
      c.add(integers: [0], "start"), c.add(integers: [2], "end"), c.add(integers: [0], "axis"),
    ]
    let front = c.add("Slice", [c.add("Shape", [c.inputs[0]])] + bounds)
    let sides = c.add(integers: [c.outputShape[1], c.outputShape[2]], "sides")
    let sizes = c.add("Concat", [front, sides], [("axis", .integer(0))])
    return c.add(
      "Resize", [c.inputs[0], "", "", sizes],
      [
        ("mode", .text(rule.mode)), ("coordinate_transformation_mode", .text(rule.places)),
        ("nearest_mode", .text("floor")),
      ])
  }
}

extension GradientSlot {
  /// Writes zeros unless there is something to add to.
  func startAtZero(_ pool: ThreadPool) {
    guard !accumulates else { return }
    pool.forEachRange(of: slice.count, lending: self) { range, _, slot in
      slot.slice.part(range.lowerBound, count: range.count).fill(0)
    }
  }
}
