import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftModels
import GraftTestSupport
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `range=`: 12-bit images, from the files to a saved model and its predictions.
  @Suite struct GrayRangeCommandTests {
    private static func write(_ bytes: [UInt8], _ name: String, in place: Workplace) throws {
      let path = place.path(name)
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(filePath: path))
    }

    /// Twelve images of 12 bits in two classes: stripes down or across.
    private static func samples(_ number: Int) -> [UInt16] {
      (0..<20 * 20).map { place in
        let position = number.isMultiple(of: 2) ? place % 20 : place / 20
        return UInt16((position + number) % 5 * 900 + number)
      }
    }

    private static func filled() throws -> Workplace {
      let place = try Workplace()
      for number in 0..<12 {
        try write(
          DeepGrayFile.tiff(width: 20, height: 20, samples(number)),
          "scans/\(number.isMultiple(of: 2) ? "down" : "across")/\(number).tif", in: place)
      }
      return place
    }

    private static let network = "encoder net(\"input(16) conv(8) relu pool conv(8) relu gap\")"

    @Test func modelsRememberTheRange() throws {
      let place = try Self.filled()
      #expect(place.type("data scans") == 0)
      #expect(
        place.errors.contains("use 0..3611 of 65,535 and come out dark: range=0..4095 scales"))
      #expect(
        place.type(
          "data scans range=0..4095 ; \(Self.network) ; train epochs=1 batch=4 policy=B as=B ; "
            + "save model.safetensors") == 0, "\(place.errors)")
      let run = try place.session.requireRun("B")
      #expect(run.model.input.grayRange == 0...4095)
      #expect(run.prepared?.identity["input"]?.hasSuffix("gray 0..4095") == true)
      // An 8-bit file with the pixels that scaling gives.
      let scaled = Self.samples(2).map { UInt8((255 * Double($0) / 4095).rounded()) }
      let image = Image(width: 20, height: 20, channels: 1, pixels: scaled)
      try Self.write(PNGEncoder.encode(image), "eight.png", in: place)
      let other = try Workplace(folder: place.folder)
      func labels(_ command: String) throws -> String {
        other.capture.clear()
        #expect(other.type(command) == 0, "\(other.errors)")
        return other.output.split(separator: "\t").dropFirst().joined(separator: " ")
      }
      #expect(other.type("load model.safetensors") == 0, "\(other.errors)")
      let expected = try labels("predict eight.png")
      #expect(try labels("predict scans/down/2.tif") == expected)
      #expect(!other.errors.contains("16-bit"))
      #expect(try labels("predict scans/down/2.tif range=0..65535") != expected)
      #expect(try labels("predict eight.png range=0..4095") == expected)
      #expect(other.errors.contains("range=0..4095 is for 16-bit gray, and no image is of that"))
      #expect(other.type("data scans ; evaluate on=val") == 0, "\(other.errors)")
      #expect(
        other.errors.contains(
          "the model expects 16-bit gray of 0..4095, and scans was read with 0..65535"))
    }

    @Test func filesAreReadByARangeWithoutData() throws {
      let place = try Self.filled()
      #expect(
        place.type("render scans/down/2.tif to=copies augment=none range=0..4095") == 0,
        "\(place.errors)")
      let copy = try ImageFile.read(place.path("copies/2-1.png"), keepsGray: true)
      #expect(
        copy.converted(toChannels: 1).pixels
          == Self.samples(2).map { UInt8((255 * Double($0) / 4095).rounded()) })
      #expect(place.type("preview scans/down/2.tif range=0..4095 to=bright.png") == 0)
      #expect(place.type("preview scans/down/2.tif to=dark.png") == 0)
      let sheets = try ["bright", "dark"].map { try ImageFile.read(place.path("\($0).png")) }
      #expect(sheets[0] != sheets[1])
      for command in [
        "data scans range=7..7", "data scans range=4095", "preview range=0..4095",
        "render to=x range=0..4095", "data range=0..4095",
      ] {
        #expect(place.type(command) == 2, "\(command)")
      }
    }

    @Test func paddingWiderThanTheImageIsToldOnce() throws {
      let place = try Workplace()
      #expect(
        place.type(
          Workplace.ingredients
            + "\naugment crop(16)\ntrain epochs=1 as=A\ntrain epochs=2 as=B") == 0,
        "\(place.errors)"
      )
      #expect(
        place.errors.components(
          separatedBy:
            "crop(16) pads each side by 16 pixels, which is not less than the 16×16 pixels"
        ).count == 2, "\(place.errors)")
      let quiet = try Workplace()
      #expect(
        quiet.type(Workplace.ingredients + "\naugment crop(2)\ntrain epochs=1 as=A") == 0)
      #expect(!quiet.errors.contains("pads each side"))
      #expect(quiet.type("render to=copies augment=[crop(80)] size=original") == 0)
      #expect(quiet.errors.contains("the short side of 40 of 40 images"), "\(quiet.errors)")
    }
  }
}
