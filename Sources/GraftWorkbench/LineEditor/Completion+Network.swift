import GraftModels

extension CompletionEngine {
  /// What can be typed in `net("…", N=2)`: layers, their arguments, and options beside the formula.
  ///
  /// - Parameters:
  ///   - formula: the text up to the cursor while it stands in the quotes, else nil.
  ///   - fragment: the word at the cursor outside of them, which starts at `start`.
  static func network(
    formula: String?, fragment: String, start: Int, isAfterEquals: Bool
  ) -> CompletionResult {
    guard let formula else {
      let keys = isAfterEquals ? [] : ["N=", "M=", "K=", Net.optional.name + "="]
      return CompletionResult(
        start: start,
        items: keys.filter { $0.hasPrefix(fragment) }.map { Completion($0, isFinished: false) },
        hint: fragment.isEmpty && !isAfterEquals
          ? "net: a formula in quotes, \"[[conv(32) relu]*2 pool]*3 fc\"" : nil)
    }
    let word = String(
      formula.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.reversed())
    let before = formula.dropLast(word.count)
    let place = start + before.count
    func result(_ candidates: [String], hint: String?) -> CompletionResult {
      let items = candidates.filter { $0.hasPrefix(word.lowercased()) }
      return CompletionResult(
        start: place, items: items.map { Completion($0, isFinished: false) },
        hint: items.isEmpty ? hint : nil)
    }
    guard let opening = before.lastIndex(of: "("), !before[opening...].contains(")") else {
      return result(
        NetLayers.all.map { $0.name + ($0.arguments.isEmpty ? "" : "(") },
        hint: "layers, [ … ]*2 and names: see `help net`")
    }
    let name = before[..<opening].reversed().prefix { $0.isLetter || $0.isNumber }.reversed()
    guard let layer = NetLayers.named(String(name).lowercased()) else {
      return result([], hint: "side, channels")
    }
    if before.last == "=" {
      let label = String(
        before.dropLast().reversed().prefix { $0.isLetter || $0 == "_" }.reversed())
      let parameter = layer.arguments.first { $0.name == label }
      return result(
        parameter?.kind.words ?? [], hint: parameter.map { "\($0.name): \($0.kind.title)" })
    }
    return result(layer.arguments.map { $0.name + "=" }, hint: layer.usage)
  }
}
