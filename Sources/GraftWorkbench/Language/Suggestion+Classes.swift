import GraftBase

extension [String] {
  /// The place of a class by its name; refused, with the nearest name or all of a few, where `owner` has none of
  /// that name.
  func place(ofClass name: String, of owner: String) throws -> Int {
    if let place = firstIndex(of: name) { return place }
    let (_, help) = Suggestion.help(
      for: name, among: map(\.escapingControlCharacters))
    throw GraftError(
      .failed,
      "\(owner.escapingControlCharacters) has no class `\(name.escapingControlCharacters)`",
      help: help)
  }
}
