import GraftBase
import GraftImaging
import Testing

@Suite struct PipelineStrengthsTests {
  private func strengths(
    _ name: String, _ arguments: [(String?, String)] = [], count: Int = 5
  ) throws -> [Pipeline] {
    try Pipeline([
      TransformCall(
        name: name, arguments: arguments.map { .init(label: $0.0, value: .word($0.1)) })
    ]).strengths(count)
  }

  private func drawn(_ pipelines: [Pipeline]) -> [String] {
    pipelines.map {
      $0.draw(
        size: ImageSize(width: 40, height: 30), key: SampleKey(seed: 1, sample: 0),
        context: TransformContext(outputSize: ImageSize(width: 40, height: 40))
      ).map(\.drawn).joined()
    }
  }

  @Test func aRangeIsSpreadEvenly() throws {
    #expect(
      drawn(try strengths("rotate", [(nil, "5..45")])) == [
        "5.0°", "15.0°", "25.0°", "35.0°", "45.0°",
      ])
    #expect(
      drawn(try strengths("rotate", [("degrees", "10"), ("p", "0.1")], count: 3))
        == ["−10.0°", "0.0°", "10.0°"])
    #expect(
      drawn(try strengths("brightness", [(nil, "0.5..1.5")], count: 2)) == ["×0.50", "×1.50"])
  }

  @Test func wholeNumbersAreThereOnce() throws {
    #expect(
      drawn(try strengths("posterize", [(nil, "4..6")], count: 9)) == [
        "4 bits", "5 bits", "6 bits",
      ])
  }

  @Test func onlyTheRangeThatWasGivenIsSpread() throws {
    let pipelines = try strengths(
      "affine", [("degrees", "0..0"), ("scale", "0.5..1.5")], count: 3)
    let scales = pipelines.map { $0.description.contains("scale=1..1") }
    #expect(scales == [false, true, false])
    #expect(pipelines.allSatisfy { $0.description.contains("degrees=0..0") })
    // The ratio of `erase` has a range too, which was not given.
    let erase = try strengths("erase", [("area", "0.1..0.3")], count: 2).map(\.description)
    #expect(erase.allSatisfy { $0.contains("ratio=0.3..3.3") })
    let both = try strengths("erase", count: 2).map(\.description)
    #expect(both.allSatisfy { !$0.contains("ratio=0.3..3.3") })
  }

  @Test func whatHasNoRangeIsRefused() throws {
    for name in ["flip", "invert", "randaugment"] {
      let error = #expect(throws: GraftError.self) { try strengths(name) }
      #expect(error?.message.contains("no range") == true)
    }
    #expect(throws: GraftError.self) { try strengths("rotate", [(nil, "7..7")]) }
    #expect(throws: GraftError.self) { try strengths("mixup") }
    #expect(throws: GraftError.self) {
      try Pipeline([TransformCall(name: "rotate"), TransformCall(name: "blur")]).strengths(3)
    }
  }

  @Test func everyOpWithARangeHasStrengths() throws {
    for type in Transforms.all {
      let pipeline = try? strengths(type.name)
      for strength in pipeline ?? [] {
        let calls = strength.calls
        #expect(try Pipeline(calls) == strength)
      }
    }
  }
}
