import Foundation
import GraftBase
import GraftEngine
import GraftKernels

/// Scores images of any size with a classifier at every position, at the given stride.
///
/// A stride below the network's step takes one pass per shift of the image and interleaves the
/// maps: shift and stitch (Sermanet et al., 2014; Long et al., 2015).
package final class DenseScorer {
  package let model: DenseModel
  /// Pixels from one score to the next.
  package let stride: Int
  private let own: Model
  private let pool: ThreadPool
  private var plan: (shape: Shape, plan: Plan)?

  /// - Parameter stride: divides the network's step; nil is the step.
  package init(_ model: Model, stride: Int? = nil, pool: ThreadPool) throws {
    self.model = try DenseModel(model)
    self.model.takeWeights()
    own = model
    self.pool = pool
    let step = self.model.step
    self.stride = stride ?? step
    guard self.stride > 0, step % self.stride == 0 else {
      let divisors = (1...step).filter { step % $0 == 0 }.map(String.init)
      throw GraftError(
        .usage,
        "stride=\(self.stride) does not divide the \(step) pixels between two scores of "
          + model.spec.shortName,
        help: "use " + divisors.joined(separator: ", "))
    }
  }

  /// The shape of the scores of images [N, H, W, C].
  package func shape(of images: Shape) throws -> Shape {
    let (height, width) = (images[1], images[2])
    let least = own.image.shape[1]
    guard height >= least, width >= least else {
      throw GraftError(
        .usage,
        "an image of \(width)×\(height) pixels is smaller than the \(least)×\(least) that "
          + "\(own.spec.shortName) sees at once",
        help: "dense scoring takes size=\(least) or more")
    }
    return [
      images.batch, (height - model.window) / stride + 1, (width - model.window) / stride + 1,
      model.logits.shape.channels,
    ]
  }

  /// Logits of images [N, H, W, C], normalized.
  package func score(_ images: Slice, _ shape: Shape) throws -> DenseScores {
    var scores = DenseScores(shape: try self.shape(of: shape))
    let plan = try plan(for: shape)
    let passes = model.step / stride
    let map = try model.shape(height: shape[1], width: shape[2], batch: shape.batch)
    for y in 0..<passes {
      for x in 0..<passes {
        plan.input("image").fill(with: images, shape, movedBy: Pair(y, x), of: stride)
        plan.forward()
        scores.take(plan.value(model.logits), map, at: Pair(y, x), every: passes)
      }
    }
    return scores
  }

  private func plan(for shape: Shape) throws -> Plan {
    if let plan, plan.shape == shape { return plan.plan }
    plan = nil
    let made = try Plan(
      graph: model.graph, outputs: [model.logits], inputShapes: ["image": shape], pool: pool)
    plan = (shape, made)
    return made
  }
}

/// Logits at every position of images.
package struct DenseScores: Sendable {
  /// [N, h, w, classes].
  package let shape: Shape
  package private(set) var values: [Float]

  fileprivate init(shape: Shape) {
    self.shape = shape
    values = [Float](repeating: 0, count: shape.elementCount)
  }

  /// Interleaves a map with those of other shifts.
  fileprivate mutating func take(_ logits: Slice, _ map: Shape, at shift: Pair, every passes: Int) {
    let classes = shape.channels
    let found = logits.buffer
    for image in 0..<shape.batch {
      for y in Swift.stride(from: shift.y, to: shape[1], by: passes) {
        for x in Swift.stride(from: shift.x, to: shape[2], by: passes) {
          let from = ((image * map[1] + y / passes) * map[2] + x / passes) * classes
          let to = ((image * shape[1] + y) * shape[2] + x) * classes
          values.replaceSubrange(to..<to + classes, with: found[from..<from + classes])
        }
      }
    }
  }

  /// The softmax at each position of one image [h, w, classes].
  package func probabilities(ofImage image: Int) -> [Float] {
    let classes = shape.channels
    let count = shape[1] * shape[2] * classes
    var result = Array(values[image * count..<(image + 1) * count])
    for first in Swift.stride(from: 0, to: count, by: classes) {
      let row = first..<first + classes
      let largest = Double(result[row].max() ?? 0)
      let powers = result[row].map { exp(Double($0) - largest) }
      let sum = powers.reduce(0, +)
      result.replaceSubrange(row, with: powers.map { Float($0 / sum) })
    }
    return result
  }

  /// The mean of the softmax over all positions of one image, [classes].
  package func meanProbabilities(ofImage image: Int) -> [Float] {
    let classes = shape.channels
    var sums = [Double](repeating: 0, count: classes)
    let all = probabilities(ofImage: image)
    for (place, value) in all.enumerated() { sums[place % classes] += Double(value) }
    return sums.map { Float($0 / Double(all.count / classes)) }
  }
}

extension Slice {
  /// The images without their first rows and columns, padded at the end with zeros, the mean color.
  fileprivate func fill(
    with images: Slice, _ shape: Shape, movedBy shift: Pair, of stride: Int
  ) {
    let (top, left) = (shift.y * stride, shift.x * stride)
    guard top + left > 0 else { return copy(from: images) }
    fill(0)
    let (height, width, channels) = (shape[1], shape[2], shape.channels)
    for image in 0..<shape.batch {
      for row in 0..<height - top {
        let count = (width - left) * channels
        let from = ((image * height + row + top) * width + left) * channels
        part((image * height + row) * width * channels, count: count)
          .copy(from: images.part(from, count: count))
      }
    }
  }
}
