import Testing

@testable import GraftPlots

@Suite struct ResolvedAxisTests {
  private func line(_ values: [Double]) -> [Mark] {
    [
      Mark(
        "line", .line(values.enumerated().map { Mark.Point(Double($0.offset), $0.element) }), .text)
    ]
  }

  @Test func linearAxesEndAtTicks() {
    let axis = ResolvedAxis(Axis("y"), of: line([0.31, 0.87, .nan]), alongX: false)
    #expect(axis.ticks(most: 8).first?.text == "0.3" && abs(axis.share(0.3)) < 1e-12)
    #expect(axis.contains(0.87) && !axis.contains(0.95) && !axis.contains(.nan))
  }

  @Test func sharesEndAtOne() {
    let axis = ResolvedAxis(
      Axis("y", style: .percent), of: line([0.97, 1]), alongX: false)
    #expect(axis.share(1) == 1)
    #expect(axis.ticks(most: 8).last?.text == "100.0%")
  }

  @Test func logarithmicAxesLeaveOutWhatTheyCannotShow() {
    let axis = ResolvedAxis(Axis("y", .logarithmic), of: line([0, -1, 0.01, 1]), alongX: false)
    #expect(axis.ticks(most: 5).map(\.text) == ["0.01", "0.03", "0.1", "0.3", "1"])
    #expect(abs(axis.share(0.1) - 0.5) < 1e-9)
    #expect(!axis.contains(0))
  }

  @Test func namesAreAtTheMiddleOfTheirBands() {
    let axis = ResolvedAxis(.categories("", ["a", "b"]), of: [], alongX: true)
    #expect(axis.share(0) == 0.25 && axis.share(1) == 0.75 && axis.band == 0.5)
  }

  @Test(arguments: [[], [5.0], [0.0, 0.0], [.nan, .infinity]])
  func everyAxisHasALength(_ values: [Double]) {
    for scale in [Axis.Scale.linear, .logarithmic] {
      for isX in [true, false] {
        let axis = ResolvedAxis(Axis("", scale), of: line(values), alongX: isX)
        #expect(axis.ticks(most: 6).allSatisfy { axis.share($0.value).isFinite })
      }
    }
  }
}
