import Foundation
import GraftModels
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `embed` in all formats.
  @Suite struct EmbedTests {
    @Test func allFormatsHoldTheSameFeatures() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(
        place.type("embed to=f.csv\nembed to=f.npy\nembed to=f.safetensors") == 0, "\(place.errors)"
      )
      #expect(place.output.contains("wrote f.npy: 40 images, 64 features each"))
      let rows = try String(contentsOfFile: place.path("f.csv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: ",") }
      #expect(rows.count == 41 && rows[0].prefix(4) == ["image", "label", "split", "f0"])
      #expect(rows.count { $0[2] == "train" } == 30 && rows.count { $0[2] == "val" } == 10)
      let values = rows.dropFirst().flatMap { $0.dropFirst(3).compactMap { Float($0) } }
      #expect(values.count == 40 * 64)
      // numpy's format: 10 bytes, a header that ends at a multiple of 64, then the numbers.
      let array = try Data(contentsOf: URL(fileURLWithPath: place.path("f.npy")))
      let start = 10 + Int(array[8]) + 256 * Int(array[9])
      #expect(start % 64 == 0 && array[start - 1] == 10)
      let header = String(decoding: array[10..<start], as: UTF8.self)
      #expect(header.contains("'<f4'") && header.contains("(40, 64)"))
      let floats = array[start...].withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      #expect(floats == values)
      let file = try Safetensors.read(path: place.path("f.safetensors"))
      #expect(file["features"]?.shape == [40, 64] && file["label"]?.shape == [40])
      #expect(file["features"].map { Array($0.bytes) } == Array(array[start...]))
      #expect(file.metadata["images"]?.text.hasPrefix("[") == true)
    }

    /// What `forward` gives for the same image.
    @Test func aRunsEncoderIsUsed() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      place.type("embed on=val to=before.csv")
      #expect(place.type("train policy=B lr=1e-2 epochs=1 as=A\nembed on=val to=after.csv") == 0)
      let texts = try ["before", "after"].map {
        try String(contentsOfFile: place.path($0 + ".csv"), encoding: .utf8)
      }
      #expect(texts[0] != texts[1])
      #expect(texts.allSatisfy { $0.split(separator: "\n").count == 11 })
      #expect(place.recipe.contains("embed on=val to=after.csv"))
    }

    @Test(arguments: [
      ("embed to=f.txt", ".csv, .npy or .safetensors"),
      ("embed on=test to=f.csv", "no test images"),
      ("embed", "needs to="),
    ])
    func whatCannotBeWrittenIsSaid(_ line: String, _ message: String) throws {
      let place = try Workplace()
      #expect(place.replay(Workplace.ingredients + "\n" + line) == 2)
      #expect(place.errors.contains(message), "\(place.errors)")
    }
  }
}
