// Texts in which letters run from right to left.

extension String {
  /// The text, and where it has letters that run from right to left, a mark behind it that is not seen
  /// (LEFT-TO-RIGHT MARK).
  ///
  /// Without it a number, a bracket or an arrow that follows would be set among these letters. Names are set in
  /// lines that run from left to right, on drawings, pages and terminals alike.
  package var closedLeftToRight: String { hasRightToLeftLetters ? self + "\u{200E}" : self }

  private var hasRightToLeftLetters: Bool {
    // Almost every text is ASCII.
    guard utf8.contains(where: { $0 >= 0xD6 }) else { return false }
    return unicodeScalars.contains { scalar in
      Self.rightToLeft.contains { $0.contains(scalar.value) }
    }
  }

  /// Hebrew, Arabic, Syriac, Thaana, N'Ko and others; their forms for presentation; scripts of old.
  private static let rightToLeft: [ClosedRange<UInt32>] = [
    0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF,
  ]
}
