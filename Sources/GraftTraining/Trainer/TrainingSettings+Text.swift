extension TrainingSettings: CustomStringConvertible {
  /// Every property with its value; those that came later only where they are set.
  ///
  /// Names of checkpoints are digests of this text (`PreparedRun.id`): what a run does not use must not
  /// change it.
  package var description: String {
    let shown = Mirror(reflecting: self).children.compactMap { child -> String? in
      guard let label = child.label else { return nil }
      let value = String(reflecting: child.value)
      return Self.laterNames.contains(label) && value == "nil" ? nil : "\(label): \(value)"
    }
    return "TrainingSettings(\(shown.joined(separator: ", ")))"
  }

  private static let laterNames: Set = ["kept", "accumulation", "averaging", "sides"]
}
