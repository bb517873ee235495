import GraftBase
import GraftImaging
import GraftTraining

extension Pipeline {
  /// The word for the empty one, which no pipeline of the user can have as its name.
  static let noneWord = "none"

  /// As it is typed.
  var text: String { isEmpty ? Self.noneWord : description }
}

extension Session {
  /// The pipeline that ops and names of an `augment` argument spell.
  ///
  /// Without `+` or `-` it starts empty; with one of them it edits the current pipeline.
  func pipeline(_ calls: [TransformCall], startingFrom start: Pipeline? = nil) throws -> Pipeline {
    let isEdit = calls.contains { $0.name.hasPrefix("+") || $0.name.hasPrefix("-") }
    var result = start ?? (isEdit ? workbench.pipeline : .none)
    // Calls are read all at once, so that the time is linear in their number.
    var added: [TransformCall] = []
    func read() throws -> Pipeline {
      defer { added = [] }
      return try result.adding(added)
    }
    do {
      for call in calls {
        var plain = call
        if call.name.hasPrefix("-") {
          result = try read().removing(String(call.name.dropFirst()))
          continue
        }
        if call.name.hasPrefix("+") { plain.name = String(call.name.dropFirst()) }
        if plain.name == Pipeline.noneWord {
          (result, added) = (.none, [])
        } else if let named = pipeline(named: plain.name), plain.arguments.isEmpty {
          added += named.calls
        } else {
          added.append(plain)
        }
      }
      result = try read()
    } catch let error as TransformCallError {
      throw error.error
    }
    if result.isIdle {
      throw GraftError(
        .usage, "`fast` changes how other ops are computed, and there are none",
        help: "for example: augment fast crop(0.6..1) rotate(15) shear(5)")
    }
    return result
  }

  private func pipeline(named name: String) -> Pipeline? {
    if let pipeline = workbench.pipelines[name] { return pipeline }
    return Pipeline.presets.first { $0.name == name }.flatMap { try? Pipeline($0.calls) }
  }

  /// Freezes or unfreezes layers and shows the groups; refused when nothing fits.
  func override(_ overrides: [Policy.Override]) throws {
    var policy = workbench.policy
    policy.overrides += overrides
    let model = try makeModel(classes: workbench.classesOrPlaceholders)
    let resolved = try policy.resolved(for: model)
    workbench.policy = policy
    for remark in resolved.remarks { console.progress("note: \(remark)") }
    console.result(
      "\(resolved)", event: .policy,
      resolved.fields(of: policy))
  }
}
