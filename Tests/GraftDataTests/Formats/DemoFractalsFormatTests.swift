import GraftBase
import GraftData
import GraftImaging
import Testing

@Suite struct DemoFractalsFormatTests {
  @Test func imagesAreDrawnAndLabeled() throws {
    let data = try TestImages.open("demo:fractals:24") { $0.hints.classCount = 3 }
    #expect(data.classes == ["fractal_000", "fractal_001", "fractal_002"])
    #expect(data.samples.count == 24 && data.samples[4].label == 1)
    let system = DemoFractals.system(seed: 0, label: 1)
    #expect(try data.image(at: 4) == DemoFractals.image(seed: 0, index: 4, of: system))
  }

  @Test func tooFewImagesAreRefused() {
    let error = #expect(throws: GraftError.self) { try TestImages.open("demo:fractals:100") }
    #expect(error?.message == "demo:fractals cannot have \"100\" images of 100 classes")
  }

  @Test func classesAreForFractalsAlone() {
    let error = #expect(throws: GraftError.self) {
      try TestImages.open("demo:shapes:40") { $0.hints.classCount = 3 }
    }
    #expect(error?.message.hasPrefix("classes= is for demo:fractals, and") == true)
  }
}
