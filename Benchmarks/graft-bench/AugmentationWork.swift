import Foundation
import GraftBase
import GraftImaging
import GraftKernels
import Synchronization

/// One pipeline over photographs on one thread, decoded before or in the course of it.
final class AugmentationWork: Sendable {
  /// The pipelines of the table; each ends in a normalized tensor of 224 × 224.
  enum Kind: String {
    case basic
    case randaugment
    case heavy
    /// From the file's bytes.
    case jpeg
    /// The same with scaled decoding, where the crop is large enough.
    case jpegFast
  }

  private let kind: Kind
  private let pipeline: Pipeline
  private let files: [[UInt8]]
  private let images: [Image]
  private let output: Storage
  private let preprocessing = ImageInput.imageNet
  private let drawn = Atomic<Int>(0)

  init(_ kind: Kind, folder: URL) throws {
    self.kind = kind
    files = try Self.photographs(in: folder).map { try ImageFile.readBytes($0.path) }
    guard !files.isEmpty else {
      throw GraftError(.input, "\(folder.path) has no files that end in .jpg or .jpeg")
    }
    images =
      kind == .jpeg || kind == .jpegFast
      ? [] : try files.map { try ImageCodec.decode($0, name: "the photograph") }
    let basic = ["crop(scale=0.08..1)", "flip"]
    let more: [String] =
      switch kind {
      case .basic, .jpeg, .jpegFast: []
      case .randaugment: ["randaugment(n=2, m=9)"]
      case .heavy:
        [
          "affine(degrees=30, scale=0.8..1.2, filter=bilinear)",
          "jitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.5)", "noise(sigma=0.2..0.44)",
          "blur(sigma=0.5..3)", "cutout(size=0.15, holes=2)",
        ]
      }
    pipeline = try Pipeline((basic + more).map(Self.call))
    output = Storage(count: preprocessing.floatCount(for: preprocessing.outputSize))
  }

  /// `name(label=word, …)` as the pipeline takes it.
  private static func call(_ text: String) -> TransformCall {
    let parts = text.split(whereSeparator: { "(,) ".contains($0) })
    let arguments = parts.dropFirst().map { part in
      let sides = part.split(separator: "=", maxSplits: 1)
      return TransformCall.Argument(
        label: sides.first.map(String.init), value: .word(sides.last.map(String.init) ?? ""))
    }
    return TransformCall(name: parts.first.map(String.init) ?? "", arguments: arguments)
  }

  /// Images per second.
  func rate(seconds: Double) throws -> Double {
    let start = ContinuousClock.now
    var count = 0
    while true {
      let number = drawn.wrappingAdd(1, ordering: .relaxed).oldValue
      let place = number % files.count
      let key = SampleKey(seed: 1, sample: number)
      if images.isEmpty {
        try draw(files[place], key)
      } else {
        program(size: images[place].size, key).write(
          images[place], normalizedFor: preprocessing, into: output.slice.buffer)
      }
      count += 1
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      if elapsed >= seconds { return Double(count) / elapsed }
    }
  }

  private func program(size: ImageSize, _ key: SampleKey) -> EditProgram {
    pipeline.trainingDraw(size: size, key: key, preprocessing: preprocessing).program
  }

  /// From a file's bytes, as the loader does it: the draw first, then what it needs of the image.
  private func draw(_ file: [UInt8], _ key: SampleKey) throws {
    let program = program(size: try ImageCodec.readSize(file), key)
    let target = kind == .jpegFast ? program.regionTarget : nil
    let part = try ImageCodec.decode(
      file, name: "the photograph", region: program.sourceRegion, atLeast: target)
    program.startingAtRegion(of: part.size).write(
      part, normalizedFor: preprocessing, into: output.slice.buffer)
  }

  private static let suffixes: Set<String> = ["jpg", "jpeg"]

  /// The JPEG files of a folder in the order of their names.
  private static func photographs(in folder: URL) throws -> [URL] {
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return files.filter { suffixes.contains($0.pathExtension.lowercased()) }
      .sorted { $0.path < $1.path }
  }

  /// Fills a folder with images of a photograph's usual size, where nobody gave photographs.
  static func drawPhotographs(into folder: URL) throws {
    for index in 0..<32 {
      let square = DemoShapes.image(seed: 1, index: index, size: 466).image
      let image = square.resized(to: ImageSize(width: 466, height: 388), filter: .bicubic)
      try Data(JPEGEncoder.encode(image, quality: 90))
        .write(to: folder.appending(path: "image-\(index).jpg"))
    }
  }
}
