import Foundation
import GraftBase
import GraftTestSupport
import Testing

@testable import GraftImaging

@Suite struct AnimationTests {
  /// A photograph with a bar that moves, and a frame that is smaller.
  private func frames() throws -> [Image] {
    let photo = try ImagingFixtures.photo()
    return (0..<4).map { index in
      var image = index == 3 ? photo.cropped(x: 0, y: 0, width: 90, height: 71) : photo
      for y in 10..<20 {
        for x in (12 * index)..<(12 * index + 9) {
          for channel in 0..<3 { image.pixels[3 * (y * image.width + x) + channel] = 255 }
        }
      }
      return image
    }
  }

  private let gray = FillColor(red: 0xF7, green: 0xF6, blue: 0xF3)

  @Test func theFirstFrameIsWhatOtherProgramsSee() throws {
    let frames = try frames()
    let animation = Animation(frames, pause: 0.4, background: gray)
    let still = try ImageCodec.decode(animation.encoded(as: .apng), name: "a.apng")
    #expect(still == frames[0])
    let reduced = try ImageCodec.decode(animation.encoded(as: .gif), name: "a.gif")
    #expect(reduced.size == frames[0].size)
    let distance = zip(reduced.pixels, frames[0].pixels).reduce(0) {
      $0 + abs(Int($1.0) - Int($1.1))
    }
    // Pillow's median cut to 256 colors is 5.4 away from this photograph.
    #expect(Double(distance) / Double(reduced.pixels.count) < 6.5)
    #expect(try animation.encoded(as: .gif) == animation.encoded(as: .gif))
  }

  @Test func smallerFramesAreExtended() throws {
    let frames = try frames()
    let animation = Animation(frames, pause: 1, background: gray)
    let last = animation.frames[3]
    #expect(last.size == frames[0].size)
    #expect(last.cropped(x: 0, y: 0, width: 90, height: 71) == frames[3])
    #expect(last.pixels.suffix(3) == [0xF7, 0xF6, 0xF3])
  }

  @Test func fewColorsAreKept() {
    var image = Image(width: 16, height: 16, channels: 3)
    for index in 0..<256 {
      image.pixels[3 * index] = UInt8(index)
      image.pixels[3 * index + 1] = UInt8(255 - index)
      image.pixels[3 * index + 2] = UInt8(index / 2)
    }
    let (palette, indices) = ColorQuantizer.quantized(image)
    let back = indices.flatMap { palette[(3 * Int($0))..<(3 * Int($0) + 3)] }
    #expect(back == image.pixels)
  }

  /// Frames, times and pixels as Pillow reads them.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["GRAFT_PYTHON"] != nil, "GRAFT_PYTHON is not set"))
  func pillowReadsThem() throws {
    let folder = try TemporaryFolder()
    let animation = Animation(try frames(), pause: 0.37, background: gray)
    for format in Animation.Format.allCases {
      try ImageFile.write(animation, as: format, to: "\(folder.path)/a.\(format.rawValue)")
    }
    for (index, frame) in animation.frames.enumerated() {
      try ImageFile.writePNG(frame, to: "\(folder.path)/\(index).png")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      ProcessInfo.processInfo.environment["GRAFT_PYTHON"] ?? "python3", "-c",
      """
      from PIL import Image, ImageChops, ImageStat
      for name in ("a.apng", "a.gif"):
          image = Image.open(name)
          assert image.n_frames == 4 and image.is_animated, image.n_frames
          assert image.info["loop"] == 0, image.info
          for index in range(4):
              image.seek(index)
              assert image.info["duration"] == 370, image.info
              still = Image.open(f"{index}.png").convert("RGB")
              apart = ImageChops.difference(image.convert("RGB"), still)
              own = still.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
              most = sum(ImageStat.Stat(ImageChops.difference(own.convert("RGB"), still)).mean)
              if name == "a.apng":
                  most = 0
              assert sum(ImageStat.Stat(apart).mean) <= 1.25 * most, (name, index)
      """,
    ]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }
}
