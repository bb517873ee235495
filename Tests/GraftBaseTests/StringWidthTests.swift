import Foundation
import Testing

@testable import GraftBase

@Suite struct StringWidthTests {
  @Test(arguments: [
    ("", 0), ("rose", 4), ("a\u{301}", 1), ("Ü", 1), ("日本語", 6), ("ﾊﾝｶｸ", 4), ("한국", 4),
    ("🌹", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("❤️", 2), ("❤", 1), ("1️⃣", 2), ("\u{200B}", 0),
    ("e\u{301}\u{302}x", 2), ("→ × …", 5), ("┃▇", 2),
  ])
  func width(_ text: String, _ width: Int) { #expect(text.displayWidth == width) }

  /// The C library's widths of all that both call printable, but for characters whose width Unicode
  /// changed or leaves open: emoji, hexagrams, numbers in black squares, Korean letters that only join, a sign of Ahom.
  @Test func agreesWithTheCLibrary() throws {
    let locale = try #require(newlocale(LC_CTYPE_MASK, "C.UTF-8", nil))
    let former = uselocale(locale)
    defer {
      uselocale(former)
      freelocale(locale)
    }
    // Glibc's Swift module leaves it out.
    let symbol = try #require(dlsym(nil, "wcwidth"))
    let wcwidth = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
    var compared = 0
    var different: [String] = []
    for value in UInt32(0x20)..<0x30000 {
      guard let scalar = Unicode.Scalar(value), !(0x1160...0x11FF).contains(value),
        !(0xD7B0...0xD7FF).contains(value), !(0x3248...0x324F).contains(value),
        value != 0x1171E, !(0x4DC0...0x4DFF).contains(value), !(0x2600...0x27BF).contains(value),
        !(0x1F000...0x1FAFF).contains(value), scalar.properties.generalCategory != .unassigned,
        scalar.properties.generalCategory != .format
      else { continue }
      let reference = Int(wcwidth(Int32(value)))
      guard reference >= 0 else { continue }
      compared += 1
      if Character(scalar).displayWidth != reference {
        different.append(String(value, radix: 16))
      }
    }
    #expect(compared > 100_000)
    #expect(different.isEmpty, "\(different.count): \(different.prefix(40))")
  }

  @Test func paddingAndShortening() {
    #expect("日本".padded(to: 6) == "日本  ")
    #expect("日本".padded(to: 6, isRight: true) == "  日本")
    #expect("long".padded(to: 2) == "long")
    #expect("日本語".shortened(to: 5) == "日本…")
    #expect("日本語".shortened(to: 4) == "日…")
    #expect("rose".shortened(to: 4) == "rose")
    #expect("rose".shortened(to: 1) == "…")
  }

  @Test func longWordsAreCutBehindMarks() {
    #expect("features.1.conv.0.0 x".wrapped(to: 14) == ["features.1.", "conv.0.0 x"])
    #expect("abcdefgh".wrapped(to: 5) == ["abcde", "fgh"])
  }

  @Test func paragraphsAreFilled() {
    let text = "one two\nthree four\n\nfive\nsix"
    #expect(text.paragraphs(wrappedTo: 9) == ["one two", "three", "four", "", "five six"])
    #expect(text.paragraphs(wrappedTo: 80) == ["one two three four", "", "five six"])
    #expect("".paragraphs(wrappedTo: 9) == [""])
  }

  @Test func foldingIndentsWhatGoesOn() {
    #expect("one\n  two words here".folded(to: 22) == "one\n  two words here")
    #expect(
      "  twelve words here and there".folded(to: 24) == "  twelve words here\n    and there")
    #expect("\u{1B}[1mtitle\u{1B}[0m long".folded(to: 5).contains("\n") == false)
  }

  @Test(arguments: [1, 3, 7, 20, 200]) func wrappingKeepsEveryWord(_ width: Int) {
    let text = "a model of 日本語 words, some incomprehensible, and 🌹"
    let lines = text.wrapped(to: width)
    #expect(lines.allSatisfy { $0.displayWidth <= max(2, width) })
    #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
    if width == 200 { #expect(lines == [text]) }
    #expect("".wrapped(to: width) == [""])
  }
}
