import GraftBase
import Testing

@Suite struct NumberTextTests {
  @Test(arguments: [("0.5", 0.5), ("1e-3", 0.001), ("-2", -2), ("+3", 3), (".5", 0.5)])
  func numbersAreRead(text: String, value: Double) { #expect(NumberText.number(text) == value) }

  @Test(arguments: ["nan", "inf", "0x10", "1e999", "", " 1", "1 ", "٣", "1_000", "1e", "--1", "1%"])
  func whatIsNoNumberIsRefused(text: String) {
    #expect(NumberText.number(text) == nil)
  }

  @Test(arguments: [("20%", 0.2), ("0.1", 0.1), ("-5%", -0.05), ("%", nil), ("5%%", nil)])
  func fractions(text: String, value: Double?) { #expect(NumberText.fraction(text) == value) }

  @Test(arguments: [
    ("-1..1e1", -1.0...10.0), ("10%..0.2", 0.1...0.2), ("1..1", 1...1), ("3..1", nil),
    ("1..", nil), ("..1", nil), ("1...2", nil), ("1", nil), ("1..2..3", nil),
  ])
  func ranges(text: String, range: ClosedRange<Double>?) {
    #expect(NumberText.range(text) == range)
  }

  @Test func endsKeepTheirOrder() throws {
    let ends = try #require(NumberText.ends("3..1"))
    #expect(ends == (3, 1))
  }

  @Test(arguments: [
    ("1h30m", 5400.0), ("90s", 90), ("5", 5), ("0.5m", 30), ("5m1h", nil), ("5x", nil),
    ("5m3", nil), ("-1", nil), ("", nil), ("m", nil),
  ])
  func seconds(text: String, value: Double?) { #expect(NumberText.seconds(text) == value) }

  @Test(arguments: [
    ("80/10/10", [0.8, 0.1, 0.1]), ("3/1", [0.75, 0.25]), ("80", nil), ("0/10", nil),
    ("1/2/3/4", nil), ("1//2", nil), ("1/-1", nil),
  ])
  func ratios(text: String, values: [Double]?) { #expect(NumberText.ratio(text) == values) }

  @Test(arguments: [
    (5, "5"), (-0.0, "0"), (0.001, "0.001"), (0.000001, "1e-6"), (1e-12, "1e-12"),
    (1e7, "10000000"), (0.1, "0.1"), (1e300, "1e+300"), (.infinity, "inf"),
  ])
  func shortest(value: Double, text: String) {
    #expect(value.shortText == text)
    if value.isFinite { #expect(NumberText.number(text) == value) }
  }

  @Test func forPeople() {
    #expect(
      [0.3175, -0.0004, .nan, .infinity].map { $0.fixedText(3) }.dropFirst(2) == ["nan", "inf"])
    #expect(0.318.fixedText(2) == "0.32")
    #expect([-7.26, 0.001, -0.001, 12].map { $0.signedText(1) } == ["−7.3", "0.0", "0.0", "12.0"])
    #expect([0.002, 0.0000316228, 1.5].map(\.threeDigitText) == ["0.002", "3.16e-5", "1.5"])
    #expect([0.935, 1, 0].map(\.percentText) == ["93.5 %", "100.0 %", "0.0 %"])
    #expect(
      [4.24, 38.4, 130, 3900, .nan, 1e300].map(\.durationText)
        == ["4.2 s", "38 s", "2m10s", "1h05m", "?", "?"])
  }

  @Test func wholeNumbersForPeople() {
    #expect(
      [0, 12, 1234, 1_234_567, -1234, .min].map(\.groupedText)
        == ["0", "12", "1 234", "1 234 567", "-1 234", "-9 223 372 036 854 775 808"])
    #expect(
      [812, 11_689_512, 269_722, 150_000, 1000].map(\.countText)
        == ["812", "11.7 M", "270 k", "150 k", "1.0 k"])
    #expect(
      [0, 24_000, 812_000_000, 1_400_000_000].map(\.bytesText)
        == ["0 B", "24.0 kB", "812 MB", "1.4 GB"])
  }
}
