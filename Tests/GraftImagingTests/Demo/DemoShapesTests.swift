import GraftBase
import GraftImaging
import Testing

@Suite struct DemoShapesTests {
  @Test func bytesAreTheSameOnEveryMachine() {
    var hash = ContentHash()
    for index in 0..<20 {
      hash.update(DemoShapes.image(seed: 7, index: index, size: 24).image.pixels)
    }
    #expect(
      hash.finish().hex == "f87e8a2c7009afa1e308a754557f97e4b62a69eb4984b9942557cac16222778f",
      "demo images have changed: recipes and stored results depend on them")
  }

  @Test func classesTakeTurns() {
    let labels = (0..<20).map { DemoShapes.image(seed: 1, index: $0, size: 8).label }
    #expect(labels == Array(0..<10) + Array(0..<10))
    #expect(DemoShapes.classNames.count == 10)
    #expect(DemoShapes.classNames == DemoShapes.classNames.sorted())
  }

  @Test func seedAndIndexDecide() {
    let image = DemoShapes.image(seed: 1, index: 3, size: 16).image
    #expect(image == DemoShapes.image(seed: 1, index: 3, size: 16).image)
    #expect(image != DemoShapes.image(seed: 2, index: 3, size: 16).image)
    #expect(image != DemoShapes.image(seed: 1, index: 13, size: 16).image)
  }

  @Test(arguments: [8, 32, 64, 100]) func sidesAreAsAsked(side: Int) {
    let image = DemoShapes.image(seed: 0, index: 5, size: side).image
    #expect(image.size == ImageSize(width: side, height: side))
    #expect(image.channels == 3)
  }

  @Test func sizesShowTheSameImage() {
    // The large image reduced looks like the small one: the mean difference is noise.
    let small = DemoShapes.image(seed: 4, index: 2, size: 32).image
    let reduced = DemoShapes.image(seed: 4, index: 2, size: 64).image.resized(to: small.size)
    let differences = zip(small.pixels, reduced.pixels).map { abs(Int($0) - Int($1)) }
    #expect(differences.reduce(0, +) < 16 * differences.count)
  }
}
