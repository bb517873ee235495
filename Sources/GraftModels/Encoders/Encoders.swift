import GraftBase

/// The registry of encoders.
package enum Encoders {
  package static let all: [EncoderSpec] =
    ResNetCIFAR.specs + ResNet.specs + MobileNetV2.specs + SqueezeNet.specs

  /// The encoder of that name; an unknown name is answered with the nearest ones.
  package static func named(_ name: String) throws -> EncoderSpec {
    if let spec = all.first(where: { $0.name == name }) { return spec }
    let nearest = all.map { ($0.name, distance(name, $0.name)) }
      .min { ($0.1, $0.0) < ($1.1, $1.0) }
    let list = all.map(\.name).joined(separator: ", ")
    let help =
      if let nearest, nearest.1 <= 3 { "did you mean '\(nearest.0)'? There are: \(list)" } else {
        "there are: \(list)"
      }
    throw GraftError(
      .usage, "there is no encoder '\(name.escapingControlCharacters)'", help: help)
  }

  /// Insertions, deletions and replacements between two names (Levenshtein, 1966).
  private static func distance(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left.lowercased().utf8.prefix(64)), Array(right.utf8))
    var row = Array(0...b.count)
    for (i, character) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in b.enumerated() {
        let replaced = diagonal + (character == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
