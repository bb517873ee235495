import GraftBase

/// A string in which timm says what a policy is: `rand-m9-mstd0.5-inc1`, a name and sections in any
/// order (Wightman, 2019).
struct TimmString {
  let text: String
  /// The sections after the name.
  let sections: [Substring]
  private let help: String

  /// `help` shows the sections that are legal.
  init(_ text: String, name: String, help: String) throws(GraftError) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.first == name[...] else {
      throw GraftError(.usage, "`\(text)` is not a timm string", help: help)
    }
    self.text = text
    self.help = help
    sections = Array(parts.dropFirst())
  }

  /// A section such as `mstd0.5` in its parts; nil when the number is none, or negative.
  static func number(_ section: Substring) -> (key: Substring, value: Double, whole: Int?)? {
    let key = section.prefix { $0.isLetter }
    guard let value = Double(section.dropFirst(key.count)), value >= 0, value.isFinite else {
      return nil
    }
    return (key, value, Int(exactly: value))
  }

  func refusal(of section: Substring) -> GraftError {
    GraftError(
      .usage, "`\(text)` has the section `\(section)`, which is not allowed there", help: help)
  }
}
