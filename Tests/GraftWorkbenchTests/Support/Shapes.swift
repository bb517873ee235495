import Foundation
import GraftImaging

/// Folders of small images, one color a class, each image its own shade.
enum Shapes {
  /// Writes two classes; returns how many images there are.
  static func write(to folder: String, perClass count: Int) throws -> Int {
    for (name, channel) in [("green", 1), ("red", 0)] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      for index in 0..<count {
        var pixels = [UInt8](repeating: UInt8(20 * index), count: 3 * 20 * 20)
        for place in stride(from: channel, to: pixels.count, by: 3) {
          pixels[place] = UInt8(200 + index)
        }
        let image = Image(width: 20, height: 20, channels: 3, pixels: pixels)
        try ImageFile.writePNG(image, to: "\(folder)/\(name)/\(index).png")
      }
    }
    return 2 * count
  }
}
