import GraftBase

extension Pipeline {
  /// The pipeline with more operations at its end: `augment +blur`.
  package func adding(_ more: [TransformCall]) throws(TransformCallError) -> Pipeline {
    more.isEmpty ? self : try Pipeline(calls + more)
  }

  /// The pipeline without the operations of this name at the top of the line: `augment -blur`.
  package func removing(_ name: String) throws(GraftError) -> Pipeline {
    let current = Self.operations.first { $0.answers(to: name) }?.name ?? name
    let kept = calls.filter { $0.name != current }
    guard kept.count < calls.count else {
      let names = calls.map(\.name)
      let nearest = NearestName.of(name, among: names)
      throw GraftError(
        .usage, "the pipeline has no `\(name)` to remove",
        help: nearest.map { "did you mean `\($0)`?" }
          ?? (names.isEmpty ? "it is empty" : "it has " + names.joined(separator: ", ")))
    }
    do throws(TransformCallError) { return try Pipeline(kept) } catch { throw error.error }
  }
}

extension Pipeline {
  /// The pipeline for single images: mixup and CutMix are left out.
  package func withoutMixing() throws(TransformCallError) -> Pipeline {
    try Pipeline(calls.filter { Mixing.named($0.name) == nil })
  }
}
