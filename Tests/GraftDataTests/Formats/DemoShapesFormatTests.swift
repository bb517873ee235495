import GraftBase
import GraftData
import GraftImaging
import Testing

@Suite struct DemoShapesFormatTests {
  @Test func imageAreDrawnAndLabeled() throws {
    let data = try TestImages.open("demo:shapes:40", threads: 2)
    #expect(data.classes == DemoShapes.classNames)
    for index in [0, 7, 39] {
      let drawn = DemoShapes.image(seed: 0, index: index)
      #expect(try data.image(at: index) == drawn.image)
      #expect(data.samples[index].label == drawn.label)
    }
    #expect(data.name == "demo:shapes:40")
    #expect(!data.partition(.train).isEmpty && !data.partition(.validation).isEmpty)
  }

  @Test(arguments: ["demo:shapes:", "demo:shapes:x", "demo:shapes:3", "demo:shapes:999999999"])
  func countsOutOfRangeAreRefused(path: String) {
    let error = #expect(throws: GraftError.self) { try TestImages.open(path) }
    #expect(error?.code == .usage)
    #expect(error?.message.hasPrefix("demo:shapes cannot have") == true)
  }
}
