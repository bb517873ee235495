import GraftBase
import GraftKernels

/// Max or average pooling to a given size from inputs of any size: [N, H, W, C] -> [N, h, w, C].
///
/// Output row i sees the rows floor(i·H/h) ..< ceil((i + 1)·H/h), as torch's adaptive pooling does:
/// windows may overlap, and repeat where the image is smaller than the output.
package struct AdaptivePoolOp: Op {
  package static let name = "adaptive pool"
  package static var examples: [OpExample] {
    [PoolOp.Kind.average, .max].flatMap { kind in
      [
        OpExample(
          AdaptivePoolOp(kind, size: Pair(3, 2)), inputs: [[2, 7, 6, 3]], hasKinks: kind == .max),
        OpExample(AdaptivePoolOp(kind, size: 3), inputs: [[2, 2, 5, 4]], hasKinks: kind == .max),
      ]
    }
  }

  package let kind: PoolOp.Kind
  package let size: Pair

  package init(_ kind: PoolOp.Kind, size: Pair) {
    self.kind = kind
    self.size = size
  }

  package var details: String { "\(kind.rawValue) to \(size)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4, x.pixels > 0, size.y > 0, size.x > 0 else {
      throw GraftError(.failed, "adaptive pooling to \(size) takes [N, H, W, C], not \(x)")
    }
    return [x[0], size.y, size.x, x[3]]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    // The pixel of each maximum.
    kind == .max ? output.elementCount : 0
  }

  package func forward(_ c: ForwardContext) {
    lend(geometry(c.inputShapes[0])) { shape in
      c.pool.forEach(c.outputShape.batch, lending: c, kind, shape) { image, _, c, kind, shape in
        let inputCount = c.inputs[0].count / c.outputShape.batch
        let outputCount = c.output.count / c.outputShape.batch
        let x = c.inputs[0].pointer + image * inputCount
        let y = c.output.pointer + image * outputCount
        guard kind == .max else { return graft_adaptive_average_pool(shape.pointer, x, y) }
        let switches = c.auxiliary.count > 0 ? c.auxiliary.pointer.asPlaces : nil
        graft_adaptive_max_pool(shape.pointer, x, y, switches.map { $0 + image * outputCount })
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    lend(geometry(c.inputShapes[0])) { shape in
      c.pool.forEach(
        c.outputShape.batch, lending: c, slot, kind, shape
      ) { image, _, c, slot, kind, shape in
        let outputCount = c.outputGradient.count / c.outputShape.batch
        let dy = c.outputGradient.pointer + image * outputCount
        let dx = slot.slice.pointer + image * (slot.slice.count / c.outputShape.batch)
        guard kind == .max else {
          return graft_adaptive_average_pool_gradient(shape.pointer, dy, slot.flag, dx)
        }
        graft_adaptive_max_pool_gradient(
          shape.pointer, dy, c.auxiliary.pointer.asPlaces + image * outputCount, slot.flag, dx)
      }
    }
  }

  private func geometry(_ x: Shape) -> graft_adaptive_pool {
    graft_adaptive_pool(
      in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]), out_h: Int32(size.y),
      out_w: Int32(size.x))
  }
}

extension AdaptivePoolOp {
  package var window: Window { .everything }

  package var denseForm: DenseForm {
    if size == 1 { return .pooling { [kind] in PoolOp(kind, kernel: $0, stride: 1) } }
    return kind == .average ? .averaging(to: size) : .same
  }

  /// ONNX has windows of one size only: the same as these where the sides divide evenly.
  ///
  /// Other averages are products with a matrix for the rows and one for the columns.
  package func export(_ c: inout ExchangeContext) throws -> String {
    let (height, width) = (c.inputShapes[0][1], c.inputShapes[0][2])
    if height == size.y, width == size.x { return c.inputs[0] }
    if height % size.y == 0, width % size.x == 0 {
      let window = [height / size.y, width / size.x]
      return c.add(
        kind == .max ? "MaxPool" : "AveragePool", nil,
        [("kernel_shape", .integers(window)), ("strides", .integers(window))])
    }
    guard kind == .average else {
      throw GraftError(
        .failed,
        "\(c.path): maxima of \(height)×\(width) pixels to \(size) cannot be exported to ONNX",
        help: "choose a size= of the encoder whose maps divide evenly")
    }
    let rows = c.add(
      floats: Self.averages(of: height, to: size.y), shape: [size.y, height], "rows")
    let columns = c.add(
      floats: Self.averages(of: width, to: size.x), shape: [size.x, width], "columns")
    let turned = c.add("Transpose", [columns], [("perm", .integers([1, 0]))])
    return c.add("MatMul", [c.add("MatMul", [rows, c.inputs[0]]), turned])
  }

  /// The matrix [size, length] that averages the windows of a line.
  private static func averages(of length: Int, to size: Int) -> [Float] {
    (0..<size).flatMap { place in
      let window = (place * length / size)..<(((place + 1) * length + size - 1) / size)
      return (0..<length).map { window.contains($0) ? 1 / Float(window.count) : 0 }
    }
  }
}

extension UnsafeMutablePointer<Float> {
  /// The same memory as numbers of pixels.
  fileprivate var asPlaces: UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Int32.self)
  }
}
