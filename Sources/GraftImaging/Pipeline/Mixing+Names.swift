extension Mixing {
  /// The operations of which one is drawn for each batch.
  package var names: [String] { choices.map(\.name) }
}
