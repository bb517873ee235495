import GraftBase

/// A prediction that is NaN or infinite: no class can be named from it.
package struct NonFiniteOutput {
  /// The file of the image.
  let image: String
  /// The first layer whose output is not finite, where it could be found.
  let layer: String?

  /// Where it appeared, for a sentence.
  var place: String {
    let layer = layer.map { ", first at \($0.escapingControlCharacters)" } ?? ""
    return "\(layer); image: \(image.escapingControlCharacters)"
  }

  /// The error of a measurement.
  var error: GraftError {
    GraftError(
      .failed, "the prediction is not finite\(place)",
      help: "load other weights, or train again with a lower learning rate")
  }
}
