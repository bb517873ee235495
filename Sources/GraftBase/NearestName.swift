/// Finds the name that somebody who typed something else most likely meant.
package enum NearestName {
  /// The one of `names` that `typed` most likely stands for, or nil when none is near.
  ///
  /// Tried in this order: edit distance at most max(1, length / 3), the earlier name on a tie; a
  /// name that begins with what was typed; the name that `synonyms` gives (keys in lower case); a
  /// name of four or more letters that what was typed begins with.
  package static func of(
    _ typed: String, among names: [String], synonyms: [String: String] = [:]
  ) -> String? {
    let word = typed.lowercased()
    let limit = max(1, word.count / 3)
    var nearest: (name: String, distance: Int)?
    for name in names {
      let distance = distance(word, name.lowercased(), limit: limit)
      // A distance of the whole word means that no letter of it was kept.
      guard distance <= limit, distance < word.count else { continue }
      if distance < nearest?.distance ?? .max { nearest = (name, distance) }
    }
    if let nearest { return nearest.name }
    if word.count >= 2, let name = names.first(where: { $0.lowercased().hasPrefix(word) }) {
      return name
    }
    if let synonym = synonyms[word], names.contains(synonym) { return synonym }
    return names.first { $0.count >= 4 && word.hasPrefix($0.lowercased()) }
  }

  /// The number of insertions, deletions, replacements and swaps of neighbors between two words
  /// (Damerau, 1964), or `limit` + 1 when it is larger than `limit`.
  package static func distance(_ first: String, _ second: String, limit: Int) -> Int {
    let a = Array(first)
    let b = Array(second)
    if abs(a.count - b.count) > limit { return limit + 1 }
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        row.append(best)
      }
      beforePrevious = previous
      previous = row
    }
    return min(previous[b.count], limit + 1)
  }
}
