import GraftBase

extension ArgumentKind {
  func parse(_ text: String) throws -> ArgumentValue {
    struct Misfit: Error {}
    let value: ArgumentValue? =
      switch self {
      case .integer(let range):
        Int(text).flatMap { range.contains($0) ? .integer($0) : nil }
      case .number(let range):
        Double(text).flatMap { range.contains($0) ? .number($0) : nil }
      case .choice(let words): words.contains(text) ? .text(text) : nil
      default: nil
      }
    guard let value else { throw Misfit() }
    return value
  }
}
