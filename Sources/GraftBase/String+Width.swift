// How much room a text takes on a terminal: the one place that knows.

extension String {
  /// Columns of a terminal that this text takes: 2 for a wide character (CJK, emoji), 0 for one without
  /// a shape of its own.
  package var displayWidth: Int {
    // Almost every text is ASCII, which takes a column for each byte but for controls.
    if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return utf8.count }
    return reduce(0) { $0 + $1.displayWidth }
  }

  /// The text with blanks after it, or in front, up to a width; a wider one as it is.
  package func padded(to width: Int, isRight: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - displayWidth))
    return isRight ? blanks + self : self + blanks
  }

  /// The text, or its beginning and `…`, in at most so many columns.
  package func shortened(to width: Int) -> String {
    if displayWidth <= width { return self }
    return String(beginning(of: width - 1)) + (width > 0 ? "…" : "")
  }

  /// As lines of at most so many columns, broken at blanks; a word that is wider is cut, where it can be
  /// behind a point or another mark between its parts.
  package func wrapped(to width: Int) -> [String] {
    var lines: [String] = []
    var room = 0
    for word in split(separator: " ") {
      var word = String(word)
      let wide = word.displayWidth
      if !lines.isEmpty, wide < room {
        lines[lines.count - 1] += " " + word
        room -= wide + 1
        continue
      }
      while word.displayWidth > max(1, width) {
        var part = word.beginning(of: max(1, width))
        if let mark = part.lastIndex(where: { "./_-,".contains($0) }), mark > part.startIndex {
          part = part[...mark]
        }
        let cut = part.isEmpty ? word.prefix(1) : part
        lines.append(String(cut))
        word.removeFirst(cut.count)
      }
      lines.append(word)
      room = width - word.displayWidth
    }
    return lines.isEmpty ? [""] : lines
  }

  /// Its paragraphs, which an empty line ends, as lines of at most so many columns with an empty one between
  /// paragraphs; where lines end inside a paragraph does not count.
  package func paragraphs(wrappedTo width: Int) -> [String] {
    let paragraphs = split(separator: "\n\n", omittingEmptySubsequences: false).map { paragraph in
      paragraph.split(separator: "\n").joined(separator: " ").wrapped(to: width)
    }
    return Array(paragraphs.joined(separator: [""]))
  }

  /// Its lines, those that are wider than `width` broken at blanks and further indented where they go on.
  ///
  /// Lines with escapes stay as they are: they are colored, or an image.
  package func folded(to width: Int) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let text = String(line)
      guard text.displayWidth > width, !text.contains("\u{1B}") else { return text }
      let indent = String(text.prefix { $0 == " " })
      let parts = text.wrapped(to: max(20, width - indent.count - 2))
      return indent + parts.joined(separator: "\n" + indent + "  ")
    }.joined(separator: "\n")
  }

  /// As many characters as fit into a width.
  private func beginning(of width: Int) -> Substring {
    var room = width
    var end = startIndex
    while end < endIndex {
      room -= self[end].displayWidth
      guard room >= 0 else { break }
      end = index(after: end)
    }
    return self[..<end]
  }
}

extension Character {
  /// Columns of a terminal, 0 to 2.
  package var displayWidth: Int {
    let scalars = unicodeScalars
    guard let first = scalars.first else { return 0 }
    // A variation selector asks for the colored form, which is wide; flags are pairs.
    let isWide = scalars.contains { $0.value == 0xFE0F } || scalars.allSatisfy(Self.isFlagHalf)
    return isWide && scalars.count > 1 ? 2 : Self.width(first)
  }

  private static func isFlagHalf(_ scalar: Unicode.Scalar) -> Bool {
    (0x1F1E6...0x1F1FF).contains(scalar.value)
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark, .surrogate: return 0
    default: break
    }
    let isWide =
      scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) }
    return isWide ? 2 : 1
  }

  /// The ranges that EastAsianWidth.txt calls wide or fullwidth, but for emoji.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF,
    0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19,
    0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
    0x1F200...0x1F265, 0x20000...0x3FFFD,
  ]
}
