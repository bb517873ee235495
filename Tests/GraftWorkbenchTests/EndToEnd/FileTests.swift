import Foundation
import GraftBase
import GraftData
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Files that are read, left out, written and spared.
  @Suite struct FileTests {
    private static func trained() throws -> Workplace {
      let place = try Workplace()
      #expect(place.type(Workplace.ingredients + "\ntrain epochs=1 as=A") == 0, "\(place.errors)")
      return place
    }

    private static func image(_ shade: Int) -> Image {
      Image(
        width: 9, height: 7, channels: 3,
        pixels: (0..<9 * 7 * 3).map { UInt8(($0 * 37 + shade * 29) % 256) })
    }

    private static func fill(_ place: Workplace, _ folder: String, _ names: [[UInt8]]) throws {
      try FileManager.default.createDirectory(
        atPath: place.path(folder), withIntermediateDirectories: true)
      for (number, name) in names.enumerated() {
        let isJPEG = !String(decoding: name, as: UTF8.self).hasSuffix(".png")
        let bytes =
          isJPEG
          ? try JPEGEncoder.encode(image(number), quality: 90)
          : try PNGEncoder.encode(image(number))
        let path = Array((place.path(folder) + "/").utf8) + name + [0]
        let descriptor = open(path.map { CChar(bitPattern: $0) }, O_WRONLY | O_CREAT, 0o644)
        try AtomicFile.writeAll([bytes[...]], to: descriptor, path: folder)
        close(descriptor)
      }
    }

    @Test func predictTakesWhatDataTakes() throws {
      let place = try Self.trained()
      let names = ["a.jfif", "b.jpe", "c.png", "d.jpg"].map { Array($0.utf8) }
      try Self.fill(place, "new", names + [Array("e".utf8) + [0xE9] + Array(".png".utf8)])
      try "text".write(toFile: place.path("new/notes.txt"), atomically: true, encoding: .utf8)
      try FileManager.default.createDirectory(
        atPath: place.path("new/x.jpg"), withIntermediateDirectories: true)
      let start = place.output.utf8.count
      #expect(place.type("predict new to=deep/er/labels.csv") == 0, "\(place.errors)")
      #expect(place.errors.contains("2 entries ignored: notes.txt (not an image file), x.jpg"))
      let shown = String(decoding: place.output.utf8.dropFirst(start), as: UTF8.self)
      let paths = shown.split(separator: "\n").compactMap { $0.split(separator: "\t").first }
      #expect(
        paths.prefix(5) == ["new/a.jfif", "new/b.jpe", "new/c.png", "new/d.jpg", "new/e\\xe9.png"])
      let table = try String(contentsOfFile: place.path("deep/er/labels.csv"), encoding: .utf8)
      #expect(table.split(separator: "\n").count == 6)
    }

    @Test func predictionsDoNotDependOnThreads() throws {
      let place = try Self.trained()
      try Self.fill(place, "many", (100..<240).map { Array("\($0).png".utf8) })
      var tables: [String] = []
      for threads in [1, 3] {
        #expect(place.type("set threads=\(threads)\npredict many to=t\(threads).csv") == 0)
        tables.append(
          try String(contentsOfFile: place.path("t\(threads).csv"), encoding: .utf8))
      }
      #expect(tables[0] == tables[1])
      let paths = tables[0].split(separator: "\n").dropFirst().map { $0.prefix(12) }
      #expect(paths == (100..<240).map { "many/\($0).png" })
    }

    @Test func nothingThatIsReadIsReplaced() throws {
      let place = try Self.trained()
      try Self.fill(place, "new", [Array("a.png".utf8)])
      let before = try Data(contentsOf: URL(fileURLWithPath: place.path("new/a.png")))
      for line in [
        "predict new/a.png to=new/a.png", "predict new to=new/a.png",
        "preview new/a.png to=new/a.png", "data new to=new/a.png",
      ] {
        #expect(place.type(line) != 0, "\(line)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("new/a.png"))) == before)
      }
      #expect(place.errors.contains("would replace an input of this command"))
      try "text".write(toFile: place.path("plain"), atomically: true, encoding: .utf8)
      for line in ["save", "export", "preview 4", "predict new/a.png", "data demo:shapes"] {
        let option = line.hasPrefix("save") || line.hasPrefix("export") ? "" : "to="
        let suffix = line == "export" ? "onnx" : line.hasPrefix("preview") ? "png" : "safetensors"
        #expect(place.type("\(line) \(option)plain/file.\(suffix)") == 2, "\(line)")
      }
      #expect(place.errors.components(separatedBy: "plain is not a folder").count == 6)
    }

    @Test func masksOfOneNameAreRefused() throws {
      let place = try Workplace()
      let lines = "encoder unet_retina weights=random size=16\nhead fcn\ndata masked\npolicy B"
      for number in 0..<4 {
        var mask = Image(width: 16, height: 16, channels: 1)
        for index in 0..<(100 + number) { mask.pixels[index] = 255 }
        for (kind, image) in [("images", Self.image(number).tiled), ("masks", mask)] {
          let folder = place.path("masked/\(kind)")
          try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
          try ImageFile.writePNG(image, to: "\(folder)/\(number).png")
        }
      }
      let names = "paper\nmark\n"
      try names.write(toFile: place.path("masked/classes.txt"), atomically: true, encoding: .utf8)
      #expect(place.type(lines + "\ntrain epochs=1 batch=2 as=D") == 0, "\(place.errors)")
      #expect(place.type("data masked to=masked/classes.txt") == 2)
      #expect(place.errors.contains("would replace a file of the data set"), "\(place.errors)")
      #expect(
        try String(contentsOfFile: place.path("masked/classes.txt"), encoding: .utf8) == names)
      try Self.fill(place, "m1", [Array("x.png".utf8), Array("x.jpg".utf8)])
      try Self.fill(place, "m2", [Array("x.png".utf8)])
      #expect(place.type("predict m1/x.png m2/x.png to=both") == 2)
      #expect(place.errors.contains("m1/x.png and m2/x.png would both be written to x.png"))
      #expect(place.type("predict m1 to=both") == 2)
      #expect(place.errors.contains("m1/x.jpg and m1/x.png would both be written to x.png"))
      #expect(FilePath.isFolder(place.path("both")) == nil)
      #expect(place.type("predict m1 to=m1") == 2)
      #expect(place.type("predict m2 to=masked/more") == 2)
      #expect(place.type("predict m2/x.png to=m2") == 2)
      #expect(place.type("predict m2/x.png to=out") == 0, "\(place.errors)")
      #expect(FilePath.isFolder(place.path("out/x-overlay.png")) == false)
      // What Graft wrote may be written anew; what it did not write stays.
      #expect(place.type("predict m2/x.png to=out") == 0, "\(place.errors)")
      try ImageFile.writePNG(Self.image(1), to: place.path("out/x.png"))
      #expect(place.type("predict m2/x.png to=out") == 0, "\(place.errors)")
      let own = try PNGEncoder.encode(Self.image(1))
      try AtomicFile.write([own[...]], to: place.path("out/x.png"))
      #expect(place.type("predict m2/x.png to=out") == 2)
      #expect(place.errors.contains("masks would replace x.png in"), "\(place.errors)")
      #expect(try RegularFile(path: place.path("out/x.png")).readAll(limit: 1 << 20) == own)
    }

    @Test func leftOutFilesAndMissingSplitsAreTold() throws {
      let place = try Self.trained()
      #expect(place.type("evaluate on=test") == 1)
      #expect(place.errors.contains("of 40, 10 are for val, 30 are for train"), "\(place.errors)")
      #expect(place.errors.contains("evaluate on=val or on=train"))
      try Self.fill(place, "one/circle", (0..<5).map { Array("\($0).png".utf8) })
      try "text".write(toFile: place.path("one/circle/n.txt"), atomically: true, encoding: .utf8)
      #expect(place.type("data one\ncheck data\ndata bad to=bad.csv") == 0, "\(place.errors)")
      #expect(
        try String(contentsOfFile: place.path("bad.csv"), encoding: .utf8)
          == "path,reason\ncircle/n.txt,not an image file\n")
      #expect(place.type("train epochs=1") == 4)
      #expect(place.errors.contains("one has images of 1 class, \"circle\""))
      #expect(place.type("data bad split=80/20") == 2)
    }
  }
}

extension Image {
  /// The same pixels over and over on 16×16.
  fileprivate var tiled: Image {
    var result = Image(width: 16, height: 16, channels: 3)
    for place in result.pixels.indices { result.pixels[place] = pixels[place % pixels.count] }
    return result
  }
}
