import GraftBase
import GraftData
import GraftImaging

extension Session {
  /// Says once that `crop(N)` pads by more than the images that it is given are wide or high.
  func warnOfWidePadding(_ pipeline: Pipeline, of data: DataSet, _ input: ImageInput) {
    guard let padding = pipeline.widestPadding else { return }
    let small =
      input.framing == .resized
      ? (padding >= input.side ? data.samples.count : 0)
      : data.samples.count { min($0.size.width, $0.size.height) <= padding }
    guard small > 0 else { return }
    let which =
      input.framing == .resized
      ? "the \(input.side)×\(input.side) pixels of the encoder's input"
      : "the short side of \(small) of \(data.samples.count) images"
    let remark =
      "crop(\(padding)) pads each side by \(padding) pixels, which is not less than \(which), so that "
      + "most of a window is border; crop alone takes a window of the input size, and "
      + "crop(0.5..1) a window of that share of the image"
    if workbench.remarks.insert(remark).inserted { console.warn(remark) }
  }
}
