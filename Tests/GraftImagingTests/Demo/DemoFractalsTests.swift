import GraftBase
import GraftImaging
import Testing

@Suite struct DemoFractalsTests {
  private static func image(_ label: Int, _ index: Int, seed: UInt64 = 0, size: Int = 64) -> Image {
    DemoFractals.image(
      seed: seed, index: index, of: DemoFractals.system(seed: seed, label: label), size: size)
  }

  @Test func bytesAreTheSameOnEveryMachine() {
    var hash = ContentHash()
    for index in 0..<4 { hash.update(Self.image(index, index, size: 24).pixels) }
    #expect(
      hash.finish().hex == "c355e4b9134c7286849b77367cb05900dd451dd3032fe31c9adfb5a3d8aa3732",
      "fractals have changed: recipes and stored results depend on them")
  }

  @Test func seedClassAndIndexDecide() {
    let image = Self.image(3, 7)
    #expect(image == Self.image(3, 7))
    #expect(image != Self.image(3, 8) && image != Self.image(4, 7))
    #expect(image != Self.image(3, 7, seed: 1))
  }

  /// Neither dust nor blots: the ground, which is the commonest color, shows and does not rule.
  @Test func figuresFillAPartOfTheImage() {
    for label in 0..<6 {
      let image = Self.image(label, label)
      let colors = stride(from: 0, to: image.pixels.count, by: 3).map {
        Array(image.pixels[$0..<$0 + 3])
      }
      let ground = Dictionary(grouping: colors, by: { $0 }).values.map(\.count).max() ?? 0
      let share = 1 - Double(ground) / Double(colors.count)
      #expect(share > 0.04 && share < 0.95, "class \(label): \(share)")
    }
  }

  @Test func namesAreInOrder() {
    let names = DemoFractals.classNames(120)
    #expect(names.first == "fractal_000" && names.last == "fractal_119" && names == names.sorted())
  }
}
