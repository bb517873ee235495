import GraftBase
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels
import GraftTraining

/// Predicts the class of each pixel of images of any size.
struct SegmentationPredictor {
  private let model: Model
  private let canvas: SegmentationCanvas
  private let pool: ThreadPool
  private var plan: (shape: Shape, plan: Plan)?

  init(_ model: Model, pool: ThreadPool) throws {
    try model.requireFiniteWeights(pool: pool)
    self.model = model
    canvas = SegmentationCanvas(model)
    self.pool = pool
  }

  /// The number of the most probable class in each pixel, gray.
  mutating func predict(_ image: Image) throws -> Image {
    var mask = Image(width: image.width, height: image.height, channels: 1)
    for part in ImagePart.parts(of: image.size) {
      let input = try canvas.place(image, part)
      let plan = try plan(for: input.shape)
      plan.input("image").copy(from: input.pixels)
      plan.forward()
      try model.requireFinite(plan.value(model.logits).buffer.allSatisfy(\.isFinite))
      let classes = classes(of: plan.value(model.logits))
      let (core, window) = (part.core, part.window)
      for y in core.y..<core.y + core.height {
        let from = (y - window.y) * input.frame.output.x - window.x
        for x in core.x..<core.x + core.width {
          mask.pixels[y * image.width + x] = classes[from + x]
        }
      }
    }
    return mask
  }

  private func classes(of logits: Slice) -> [UInt8] {
    let count = logits.count / model.classes.count
    return [UInt8](unsafeUninitializedCapacity: count) { classes, initialized in
      graft_dense_predict(
        logits.pointer, count, Int32(model.classes.count), classes.baseAddress)
      initialized = count
    }
  }

  private mutating func plan(for shape: Shape) throws -> Plan {
    if let plan, plan.shape == shape { return plan.plan }
    let made = try Plan(
      graph: model.graph, outputs: [model.logits], inputShapes: ["image": shape], pool: pool)
    plan = (shape, made)
    return made
  }
}

extension Image {
  /// A mask of class numbers as a file has it: of two classes 0 and 255, else the numbers.
  func asMaskFile(classCount: Int) -> Image {
    guard classCount == 2 else { return self }
    return Image(
      width: width, height: height, channels: 1, pixels: pixels.map { $0 == 0 ? 0 : 255 })
  }

  /// The mask of a data set as drawings have it: the number of the class, 0 for the first and where
  /// nothing is known.
  var asDrawnMask: Image {
    Image(
      width: width, height: height, channels: 1, pixels: pixels.map { $0 > 0 ? $0 - 1 : 0 })
  }
}
