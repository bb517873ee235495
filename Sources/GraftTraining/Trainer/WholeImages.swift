import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels

/// Images at their own resolution for a model that predicts pixels, one per batch.
///
/// An image of over a million pixels comes in parts that overlap; the prediction of a part counts
/// in its core only.
package final class WholeImages: BatchSource {
  private let dataSet: DataSet
  private let samples: [Int]
  private let canvas: SegmentationCanvas
  private var parts: [(sample: Int, part: ImagePart)] = []
  private var next = 0
  private var current: (sample: Int, image: Image, mask: Image)?

  package init(_ dataSet: DataSet, _ partition: Partition, model: Model) throws {
    try dataSet.require(.segmentation)
    self.dataSet = dataSet
    samples = dataSet.partition(partition)
    canvas = SegmentationCanvas(model)
    for sample in samples {
      parts += ImagePart.parts(of: dataSet.samples[sample].size).map { (sample, $0) }
    }
  }

  package var sampleCount: Int { samples.count }
  package var batchCount: Int { parts.count }
  package var secondsWaited: Double { 0 }
  package func name(ofSample sample: Int) -> String { dataSet.samples[sample].path }

  package func start(epoch: Int, at firstBatch: Int) { next = firstBatch }

  package func nextBatch() throws -> LabeledImages? {
    guard next < parts.count else {
      current = nil
      return nil
    }
    let (sample, part) = parts[next]
    next += 1
    if current?.sample != sample {
      current = (sample, try dataSet.image(at: sample), try dataSet.mask(at: sample))
    }
    guard let current else { return nil }
    let input = try canvas.place(current.image, part)
    let labels = try canvas.label(current.mask, part, input.frame)
    return LabeledImages(
      images: input.pixels, imageShape: input.shape, targets: labels, samples: [sample])
  }
}

/// A part of a large image: the area that is read, and its core, whose prediction counts.
package struct ImagePart: Sendable, Equatable {
  /// The most pixels that a model is given at once.
  private static let mostPixels = 1 << 20
  private static let coreSide = 768
  private static let margin = 128

  package let window: ImageBox
  package let core: ImageBox

  /// The parts of an image, rows first; the whole if it is not large.
  package static func parts(of size: ImageSize) -> [ImagePart] {
    let whole = ImageBox(size)
    guard size.width * size.height > mostPixels else {
      return [ImagePart(window: whole, core: whole)]
    }
    func spans(_ side: Int) -> [(core: Range<Int>, window: Range<Int>)] {
      stride(from: 0, to: side, by: coreSide).map { first in
        let core = first..<min(side, first + coreSide)
        return (core, max(0, core.lowerBound - margin)..<min(side, core.upperBound + margin))
      }
    }
    return spans(size.height).flatMap { y in
      spans(size.width).map { x in
        ImagePart(
          window: ImageBox(x: x.window, y: y.window), core: ImageBox(x: x.core, y: y.core))
      }
    }
  }
}

extension ImageBox {
  fileprivate init(x: Range<Int>, y: Range<Int>) {
    self.init(x: x.lowerBound, y: y.lowerBound, width: x.count, height: y.count)
  }
}

/// Fits parts of images into the frame that a model expects; its memory is reused.
package final class SegmentationCanvas {
  private let model: Model
  private let preprocessing: ImageInput
  private var frames: [ImageSize: SegmentationFrame] = [:]
  private var input = Storage(count: 0)
  private var labels = Storage(count: 0)
  private var normalized: [Float] = []

  package init(_ model: Model) {
    self.model = model
    preprocessing = model.input
  }

  /// A part normalized in its frame; valid until the next call.
  package func place(
    _ image: Image, _ part: ImagePart
  ) throws -> (pixels: Slice, shape: Shape, frame: SegmentationFrame) {
    let size = part.window.size
    let frame = try frame(for: size)
    let channels = preprocessing.channels
    let image = image.cropped(part.window).converted(toChannels: channels)
    normalized = [Float](repeating: 0, count: preprocessing.floatCount(for: size))
    normalized.withUnsafeMutableBufferPointer { preprocessing.write(image, into: $0) }
    let shape: Shape = [1, frame.input.y, frame.input.x, channels]
    input = try Self.room(input, shape.elementCount)
    let pixels = input.slice.part(0, count: shape.elementCount)
    pixels.fill(0)
    normalized.withUnsafeBufferPointer { source in
      for y in 0..<frame.input.y {
        guard let row = Self.place(y - frame.offset.y, size.height, frame.isMirrored) else {
          continue
        }
        for x in 0..<frame.input.x {
          guard let column = Self.place(x - frame.offset.x, size.width, frame.isMirrored) else {
            continue
          }
          for channel in 0..<channels {
            pixels.pointer[(y * frame.input.x + x) * channels + channel] =
              source[(row * size.width + column) * channels + channel]
          }
        }
      }
    }
    return (pixels, shape, frame)
  }

  /// The labels of a part's core, in the frame's output; nothing is known elsewhere.
  package func label(_ mask: Image, _ part: ImagePart, _ frame: SegmentationFrame) throws -> Slice {
    let count = frame.output.y * frame.output.x
    labels = try Self.room(labels, count)
    let result = labels.slice.part(0, count: count)
    result.fill(Image.unknownLabel)
    let (core, window) = (part.core, part.window)
    for y in core.y..<core.y + core.height {
      let to = (y - window.y) * frame.output.x - window.x
      for x in core.x..<core.x + core.width {
        let value = mask.pixels[y * mask.width + x]
        if value > 0 { result.pointer[to + x] = Float(value - 1) }
      }
    }
    return result
  }

  private func frame(for size: ImageSize) throws -> SegmentationFrame {
    if let frame = frames[size] { return frame }
    let frame = try SegmentationFrame(model, height: size.height, width: size.width)
    frames[size] = frame
    return frame
  }

  private static func room(_ storage: Storage, _ count: Int) throws -> Storage {
    try storage.slice.count >= count ? storage : .reserve(count, for: "a part of an image")
  }

  /// The position in the image of a position in the frame; nil outside.
  private static func place(_ at: Int, _ side: Int, _ isMirrored: Bool) -> Int? {
    if at >= 0, at < side { return at }
    guard isMirrored else { return nil }
    guard side > 1 else { return 0 }
    let period = 2 * (side - 1)
    let folded = ((at % period) + period) % period
    return folded < side ? folded : period - folded
  }
}
