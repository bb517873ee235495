extension Drawing {
  /// `text` shortened with an ellipsis so that it is at most `maximumWidth` pixels wide.
  package func elided(_ text: String, maximumWidth: Double, font: Canvas.Font) -> String {
    if width(of: text, font: font) <= maximumWidth { return text }
    let characters = Array(text)
    // The longest prefix that fits, by bisection: width grows with length.
    var fits = 0
    var tooLong = characters.count
    while tooLong - fits > 1 {
      let middle = (fits + tooLong) / 2
      let candidate = String(characters[..<middle]) + "…"
      if width(of: candidate, font: font) <= maximumWidth {
        fits = middle
      } else {
        tooLong = middle
      }
    }
    let kept = String(characters[..<fits])
    let end = kept.lastIndex { !$0.isWhitespace }.map { kept.index(after: $0) }
    return String(kept[..<(end ?? kept.startIndex)]) + "…"
  }

  /// The same with the ellipsis in the middle, so that it keeps how it begins and how it ends.
  package func elidedInMiddle(
    _ text: String, maximumWidth: Double, font: Canvas.Font
  ) -> String {
    if width(of: text, font: font) <= maximumWidth { return text }
    let characters = Array(text)
    func keeping(_ count: Int) -> String {
      let front = (count + 1) / 2
      return String(characters[..<front]) + "…"
        + String(characters[(characters.count - count + front)...])
    }
    // The most characters that fit, by bisection.
    var (fits, tooMany) = (0, characters.count)
    while tooMany - fits > 1 {
      let middle = (fits + tooMany) / 2
      if width(of: keeping(middle), font: font) <= maximumWidth {
        fits = middle
      } else {
        tooMany = middle
      }
    }
    return keeping(fits)
  }

  /// `text` broken at spaces into at most `maximumLines` lines, the last one elided if need be.
  package func wrapped(
    _ text: String, maximumWidth: Double, maximumLines: Int, font: Canvas.Font
  ) -> [String] {
    var lines: [String] = []
    var rest = text.split(separator: " ", omittingEmptySubsequences: true)[...]
    while !rest.isEmpty && lines.count < maximumLines {
      var line = String(rest.removeFirst())
      let isLast = lines.count == maximumLines - 1
      while let next = rest.first,
        isLast || width(of: line + " " + next, font: font) <= maximumWidth
      {
        line += " " + next
        rest.removeFirst()
      }
      lines.append(elided(line, maximumWidth: maximumWidth, font: font))
    }
    return lines
  }

  /// All of `text` in lines of at most `maximumWidth` pixels.
  ///
  /// They are broken at spaces, and words that are wider after punctuation, or else between letters.
  /// Beyond `mostLines` the text is elided.
  package func broken(
    _ text: String, maximumWidth: Double, mostLines: Int = 24, font: Canvas.Font
  ) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
      let pieces = pieces(of: String(word), maximumWidth: maximumWidth, font: font)
      if let last = lines.last, let first = pieces.first,
        width(of: last + " " + first, font: font) <= maximumWidth
      {
        lines[lines.count - 1] = last + " " + first
        lines += pieces.dropFirst()
      } else {
        lines += pieces
      }
    }
    guard lines.count > mostLines else { return lines }
    let rest = lines[(mostLines - 1)...].joined(separator: " ")
    return lines.prefix(mostLines - 1) + [
      elided(rest, maximumWidth: maximumWidth, font: font)
    ]
  }

  /// A word in pieces that are at most `maximumWidth` wide.
  private func pieces(of word: String, maximumWidth: Double, font: Canvas.Font) -> [String] {
    var pieces: [String] = []
    var rest = Array(word)[...]
    while !rest.isEmpty {
      var (fits, tooLong) = (1, rest.count + 1)
      while tooLong - fits > 1 {
        let middle = (fits + tooLong) / 2
        if width(of: String(rest.prefix(middle)), font: font) <= maximumWidth {
          fits = middle
        } else {
          tooLong = middle
        }
      }
      if fits < rest.count,
        let mark = rest.prefix(fits).indices.last(where: { Self.breaks(rest[$0], rest[$0 + 1]) }),
        mark - rest.startIndex + 1 >= fits / 2
      {
        fits = mark - rest.startIndex + 1
      }
      pieces.append(String(rest.prefix(fits)))
      rest = rest.dropFirst(fits)
    }
    return pieces
  }

  /// Whether a long word may be broken between two letters; numbers and ranges stay whole.
  private static func breaks(_ mark: Character, _ next: Character) -> Bool {
    ",;=([|/_".contains(mark) || ".-:+".contains(mark) && next.isLetter
  }
}
