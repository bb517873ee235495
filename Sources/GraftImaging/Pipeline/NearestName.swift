/// The name that somebody who typed something else most likely meant.
enum NearestName {
  /// The name at edit distance at most max(1, length / 3); else the only one that starts with what
  /// was typed; else nil.
  static func of(_ typed: String, in names: [String]) -> String? {
    let typed = typed.lowercased()
    let limit = max(1, typed.count / 3)
    let scored = names.map { (name: $0, distance: distance(typed, $0)) }
    if let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= limit {
      return best.name
    }
    let continued = names.filter { $0.hasPrefix(typed) }
    return continued.count == 1 ? continued[0] : nil
  }

  /// The number of insertions, deletions, replacements and swaps of neighbours between two words.
  static func distance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first), Array(second))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = min(cost, rows[i - 1][j - 1] + 1)
        }
        row.append(cost)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
