import GraftBase

/// Packs the image as JPEG and unpacks it again: blocks, rings and pale chroma.
package struct JPEGCompression: Transform, Equatable {
  package static let name = "jpeg"
  package static let summary = "apply JPEG compression"
  private static let quality = Argument(
    "quality", .integerRange(1...100), default: 40...95, "libjpeg's quality; 75 is common")
  package static let arguments: [any AnyArgument] = [quality]
  package static let examples = ["jpeg", "jpeg(25)", "jpeg(10..75, p=0.5)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["compression", "imagecompression", "jpegcompression", "quality"]

  let quality: ClosedRange<Int>

  package init(_ arguments: ArgumentValues) { quality = arguments[Self.quality] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Int { random.integer(in: quality) }

  package func edits(_ parameters: Int, size: ImageSize) -> [Edit] {
    [.repaint("JPEG") { $0.compressed(quality: parameters) }]
  }

  package func describe(_ parameters: Int) -> String { "quality \(parameters)" }
}
