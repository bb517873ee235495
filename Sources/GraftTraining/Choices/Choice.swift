import GraftBase

/// A named building block with numbers: `one-cycle(rise=0.3)`, `adamw(beta1=0.95)`.
///
/// This is what a recipe records; the registries turn it into the schedule or optimizer itself.
package struct Choice: Codable, Hashable, Sendable {
  package var name: String
  /// Numbers that differ from the defaults, by option name.
  package var values: [String: Double]

  package init(_ name: String, _ values: [String: Double] = [:]) {
    self.name = name
    self.values = values
  }
}

extension Choice: CustomStringConvertible {
  package var description: String {
    guard !values.isEmpty else { return name }
    let arguments = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.shortText)" }
    return "\(name)(\(arguments.joined(separator: ", ")))"
  }
}

extension Choice {
  /// The index of this name in the registry of a `kind`; an unknown name is refused with the
  /// nearest.
  func place(among names: [String], kind: String) throws -> Int {
    if let place = names.firstIndex(of: name) { return place }
    throw GraftError(
      .usage, "there is no \(kind) '\(name.escapingControlCharacters)'",
      help: NearestName.of(name, among: names).map { "did you mean '\($0)'?" }
        ?? "\(kind)s: \(names.joined(separator: ", "))")
  }
}

extension Choice {
  /// Every argument of the building block with its value, given or default; unknown names and ranges
  /// are refused.
  func values(of arguments: [any AnyArgument]) throws -> ArgumentValues {
    var result = ArgumentValues()
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let argument = arguments.first(where: { $0.name == key })?.declaration else {
        throw GraftError(
          .usage, "\(name) has no parameter '\(key.escapingControlCharacters)'",
          help: arguments.isEmpty
            ? "it takes no parameters"
            : "it takes \(arguments.map(\.name).joined(separator: ", "))")
      }
      do throws(ArgumentFault) {
        result.set([try argument.kind.parse(value.shortText)], for: argument, isGiven: true)
      } catch {
        throw GraftError(
          .usage, error.message(for: argument.name, of: name), help: error.help(for: argument))
      }
    }
    for argument in arguments where !result.isGiven(argument) { result.setDefault(of: argument) }
    return result
  }
}
