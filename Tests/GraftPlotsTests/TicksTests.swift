import GraftBase
import Testing

@testable import GraftPlots

@Suite struct TicksTests {
  private static let ranges: [(ClosedRange<Double>, Int, [Double])] = [
    (0...1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    (0...1, 11, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
    (0.93...0.97, 5, [0.93, 0.94, 0.95, 0.96, 0.97]),
    (-3...7, 6, [-2, 0, 2, 4, 6]),
    (0...400, 5, [0, 100, 200, 300, 400]),
    (1e-7...3e-7, 4, [1e-7, 2e-7, 3e-7]),
  ]

  @Test(arguments: ranges) func linearTicksAreRound(
    _ range: ClosedRange<Double>, _ count: Int, _ expected: [Double]
  ) {
    #expect(Ticks.linear(range, most: count).values == expected)
  }

  @Test func neverMoreTicksThanAsked() {
    var stream = RandomStream(seed: 1, purpose: .drawing)
    for _ in 0..<300 {
      let low = stream.uniform(-1e4...1e4)
      let high = low + pow10(stream.uniform(-6...6))
      let count = stream.integer(in: 1...20)
      let (values, step) = Ticks.linear(low...high, most: count)
      #expect(values.count <= count)
      #expect(values.allSatisfy { $0 >= low - 1e-6 * step && $0 <= high + 1e-6 * step })
    }
  }

  private func pow10(_ exponent: Double) -> Double {
    var result = 1.0
    for _ in 0..<Int(abs(exponent)) { result *= exponent < 0 ? 0.1 : 10 }
    return result
  }

  @Test func logarithmicTicksArePowersOfTen() {
    #expect(
      Ticks.logarithmic(1e-7...10, most: 9) == [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10])
    #expect(Ticks.logarithmic(1e-7...10, most: 5).count <= 5)
    #expect(Ticks.logarithmic(1...100, most: 8) == [1, 2, 5, 10, 20, 50, 100])
    #expect(Ticks.logarithmic(2...7, most: 6) == [2, 5])
  }

  @Test func wholeNumbersStayWhole() {
    #expect(Ticks.linear(0.9...3.1, most: 12, isWhole: true).values == [1, 2, 3])
  }

  @Test func durationsAreThoseOfClocks() {
    #expect(Ticks.durations(0...130, most: 5).values == [0, 30, 60, 90, 120])
    #expect(Ticks.durations(0...4000, most: 4).values == [0, 1800, 3600])
    #expect(Ticks.logarithmicDurations(3...400, most: 8) == [5, 10, 30, 60, 120, 300])
    // Never one alone, which would say nothing about distances.
    #expect(Ticks.logarithmicDurations(0.006...0.03, most: 8).count > 1)
  }

  private static let texts: [(NumberStyle, Double, Double, String)] = [
    (.plain, 0.25, 0.05, "0.25"), (.plain, 1200, 200, "1,200"), (.plain, -0.5, 0.5, "−0.5"),
    (.plain, 0.00002, 0.00001, "2×10⁻⁵"), (.percent, 0.95, 0.05, "95%"),
    (.percent, 0.925, 0.025, "92.5%"), (.integer, 12_000, 1000, "12,000"),
    (.duration, 90, 30, "1 min 30 s"), (.duration, 7200, 3600, "2 h"),
    (.duration, 0.02, 0.005, "20 ms"), (.duration, 0, 0.005, "0 ms"),
    (.duration, 10.5, 0.5, "10.5 s"), (.plain, 0, 0.00002, "0"),
  ]

  @Test(arguments: texts) func ticksAreWrittenAsTheirStepNeeds(
    _ style: NumberStyle, _ value: Double, _ step: Double, _ text: String
  ) {
    #expect(style.tickText(value, step: step) == text)
  }

  @Test func numbersByThemselvesHaveThreeDigits() {
    #expect(NumberStyle.plain.text(0.012345) == "0.0123")
    #expect(NumberStyle.plain.text(1234.5) == "1,234")
    #expect(NumberStyle.plain.text(0) == "0")
    #expect(NumberStyle.plain.text(.nan) == "–")
    #expect(NumberStyle.plain.text(9.999e-6) == "10⁻⁵")
    #expect(NumberStyle.percent.text(0.93456) == "93.5%")
    #expect(NumberStyle.duration.text(4.16) == "4.2 s")
    #expect(NumberStyle.duration.text(0.00035) == "0.35 ms")
    #expect(NumberStyle.duration.text(0.0996) == "0.1 s")
    #expect(NumberStyle.duration.text(0) == "0 s")
    #expect(NumberStyle.plain.logarithmicTexts([0.001, 0.1, 1]) == ["0.001", "0.1", "1"])
    #expect(
      NumberStyle.plain.logarithmicTexts([1e-5, 3e-4, 0.01, 1, 10])
        == ["10⁻⁵", "3×10⁻⁴", "10⁻²", "1", "10"])
  }
}
