import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Encoders for gray images and for more channels, from data to file.
  @Suite struct ChannelsTests {
    @Test func grayIsTrainedSavedAndLoaded() throws {
      let place = try Workplace()
      #expect(place.type("encoder resnet20 weights=random channels=1") == 0, "\(place.errors)")
      #expect(place.output.contains("32 px gray (short side 32, bilinear), mean 0.458971, std"))
      #expect(place.type("data demo:shapes:20") == 0)
      #expect(place.type("train epochs=1 batch=32 as=G") == 0, "\(place.errors)")
      #expect(place.type("save gray.safetensors ; export gray.onnx") == 0, "\(place.errors)")
      #expect(place.type("save other.onnx") == 0, "\(place.errors)")
      let exported = FileManager.default.contents(atPath: place.path("gray.onnx"))
      #expect(FileManager.default.contents(atPath: place.path("other.onnx")) == exported)
      let hash = try place.hash("G")
      #expect(place.type("load gray.safetensors as=again ; evaluate") == 0, "\(place.errors)")
      #expect(try place.hash("again") == hash)
      #expect(place.session.workbench.encoder?.input.channels == 1)
    }

    @Test func moreChannelsThanImageHaveAreASentence() throws {
      let place = try Workplace()
      #expect(place.type("encoder resnet20 weights=random channels=4") == 0, "\(place.errors)")
      #expect(place.type("data demo:shapes:20") == 0)
      #expect(place.type("train epochs=1") == 2)
      #expect(
        place.errors.contains("a model of 4 channels takes no images, which have 1 or 3"),
        "\(place.errors)")
    }
  }
}
