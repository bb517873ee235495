import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `render` of images without classes, with their boxes.
  @Suite struct RenderImagesTests {
    /// An image that is white inside a box and black elsewhere.
    private static func image(_ box: ImageBox, width: Int = 60, height: Int = 40) -> Image {
      var image = Image(width: width, height: height)
      for y in box.rows {
        for x in box.columns {
          for channel in 0..<3 { image.pixels[(y * width + x) * 3 + channel] = 255 }
        }
      }
      return image
    }

    private static func write(_ text: String, _ place: Workplace, _ name: String) throws {
      let path = place.path(name)
      try FileManager.default.createDirectory(
        atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func write(_ image: Image, _ place: Workplace, _ name: String) throws {
      let path = place.path(name)
      try FileManager.default.createDirectory(
        atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
      try ImageFile.writePNG(image, to: path)
    }

    /// Four images in two folders, the box of each where it is white.
    private static func yolo(threads: Int = 2) throws -> Workplace {
      let place = try Workplace(threads: threads)
      for number in 0..<4 {
        let box = ImageBox(x: 6 * number, y: 10, width: 24, height: 12)
        let folder = number < 3 ? "train" : "val"
        try write(image(box), place, "street/images/\(folder)/\(number).png")
        let center = (Double(box.x) + 12) / 60
        try write(
          "1 \(center) 0.4 0.4 0.3\n", place, "street/labels/\(folder)/\(number).txt")
      }
      try write(image(ImageBox(x: 0, y: 0, width: 1, height: 1)), place, "street/images/val/no.png")
      try write("names: [cat, dog]\npath: /x\n", place, "street/data.yaml")
      return place
    }

    @Test func checkAugmentDrawsBoxes() throws {
      let place = try Self.yolo()
      #expect(
        place.type("augment crop(0.2..0.4) ; check augment street samples=30 to=out/boxes.png") != 2
      )
      let sheet = try ImageFile.read(place.path("out/boxes.png"))
      #expect(place.output.contains("wrote out/boxes.png"))
      // Frames have colors; the images are black and white.
      let colored = stride(from: 0, to: sheet.pixels.count, by: 3).count {
        let channels = sheet.pixels[$0..<$0 + 3]
        return (channels.max() ?? 0) - (channels.min() ?? 0) > 100
      }
      #expect(colored > 200)
      try "seed 1".write(toFile: place.path("x.graft"), atomically: true, encoding: .utf8)
      #expect(place.type("check recipe x.graft to=x.png") == 2)
      #expect(place.errors.contains("`to` is for `check augment`"))
    }

    private static func bytes(_ place: Workplace, _ name: String) throws -> [UInt8] {
      try RegularFile(path: place.path(name)).readAll(limit: 1 << 24)
    }

    private static func contents(_ place: Workplace, _ folder: String) throws -> [String: [UInt8]] {
      let names = (FileManager.default.subpaths(atPath: place.path(folder)) ?? []).filter {
        FilePath.isFolder(place.path("\(folder)/\($0)")) == false
      }
      return try Dictionary(
        uniqueKeysWithValues: names.map { ($0, try bytes(place, "\(folder)/\($0)")) })
    }

    /// Where an image is white.
    private static func extent(_ image: Image) -> [Int]? {
      let places = (0..<image.width * image.height).filter {
        image.pixels[$0 * image.channels] > 127
      }
      guard !places.isEmpty else { return nil }
      let (columns, rows) = (places.map { $0 % image.width }, places.map { $0 / image.width })
      return [
        columns.min() ?? 0, rows.min() ?? 0, (columns.max() ?? 0) + 1, (rows.max() ?? 0) + 1,
      ]
    }

    @Test func boxesGoWhereTheirObjectsGo() throws {
      let place = try Self.yolo()
      let line =
        "render street/ to=out/ copies=5 augment=[flip, vflip, crop(0.5..1), translate(0.2)]"
      #expect(place.type(line) == 0, "\(place.errors)")
      #expect(place.output.contains("wrote 25 images to out"), "\(place.output)")
      #expect(place.output.contains("each has its image's size; "), "\(place.output)")
      #expect(place.output.contains("boxes by yolo"), "\(place.output)")
      let files = try Self.contents(place, "out")
      #expect(files["labels/val/no-1.txt"] == nil && files["images/val/no-1.png"] != nil)
      #expect(files["classes.txt"] == Array("cat\ndog\n".utf8))
      let data = try #require(files["data.yaml"].map { String(decoding: $0, as: UTF8.self) })
      #expect(data == "names: [cat, dog]\npath: .\n")
      let copies = try ImageList(folder: BytePath(place.path("out"))).places
      var seen = 0
      for copy in copies where !copy.path.contains("no-") {
        let image = try ImageFile.read(copy.file)
        #expect(image.size == ImageSize(width: 60, height: 40))
        let label = copy.path.replacing("images/", with: "labels/").replacing(".png", with: ".txt")
        let words = String(decoding: try #require(files[label]), as: UTF8.self)
          .split(separator: " ")
        guard let extent = Self.extent(image), words.count == 5 else {
          #expect(words.isEmpty)
          continue
        }
        seen += 1
        let values = try words.dropFirst().map {
          try #require(Double($0.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        #expect(words[0] == "1")
        let sides = [
          (values[0] - values[2] / 2) * 60, (values[1] - values[3] / 2) * 40,
          (values[0] + values[2] / 2) * 60, (values[1] + values[3] / 2) * 40,
        ]
        for (side, edge) in zip(sides, extent) { #expect(abs(side - Double(edge)) <= 1.01) }
      }
      #expect(seen >= 18)
    }

    @Test func theSameBytesAtAnyThreadCountAndFromTheManifest() throws {
      var all: [[String: [UInt8]]] = []
      for threads in [1, 2, 4] {
        let place = try Self.yolo(threads: threads)
        #expect(
          place.type("render street to=out copies=4 augment=[rotate(20), elastic] minarea=0.2")
            == 0,
          "\(place.errors)")
        all.append(try Self.contents(place, "out"))
        guard threads == 1 else { continue }
        let manifest = try #require(
          try RenderManifest(reading: place.path("out/manifest.jsonl")))
        #expect(manifest.header.boxes?.minimumShare == 0.2)
        let source = try RenderSource([place.path("street")], boxes: nil, in: place.session)
        for entry in manifest.entries {
          let again = try manifest.drawn(entry, in: source.data, boxes: source.boxes)
          #expect(again.entry == entry)
          #expect(try again.bytes == entry.files.map { try Self.bytes(place, "out/" + $0) })
        }
      }
      #expect(all[0] == all[1] && all[1] == all[2])
    }

    @Test func cocoIsOneFileThatKeepCompletes() throws {
      let place = try Workplace()
      for name in ["a", "b"] {
        try Self.write(
          Self.image(ImageBox(x: 10, y: 10, width: 20, height: 10)), place, "set/\(name).png")
      }
      let coco = #"""
        {"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
         "categories": [{"id": 3, "name": "cat"}],
         "annotations": [{"id": 5, "image_id": 1, "category_id": 3, "bbox": [10, 10, 20, 10]}]}
        """#
      try Self.write(coco, place, "set/_annotations.coco.json")
      #expect(place.type("render set to=out copies=2 augment=flip(p=1)") == 0, "\(place.errors)")
      let before = try Self.contents(place, "out")
      let json = try #require(before["_annotations.coco.json"])
      let text = String(decoding: json, as: UTF8.self)
      #expect(
        text.contains(#""bbox":[30,10,20,10],"category_id":3,"id":5,"image_id":1"#), "\(text)")
      #expect(text.contains(#""file_name":"a-2.png","height":40,"id":11,"width":60"#))
      try FileManager.default.removeItem(atPath: place.path("out/a-1.png"))
      try FileManager.default.removeItem(atPath: place.path("out/_annotations.coco.json"))
      #expect(
        place.type("render set to=out copies=2 augment=flip(p=1) existing=keep") == 0,
        "\(place.errors)")
      var after = try Self.contents(place, "out")
      after["manifest.jsonl"] = before["manifest.jsonl"]
      #expect(after == before)
      #expect(place.type("render set to=out copies=2 augment=flip(p=1) minarea=0.5") == 1)
      #expect(
        place.type("render set to=out copies=2 augment=flip(p=1) minarea=0.5 existing=keep") == 1)
      #expect(place.errors.contains("minarea=0"), "\(place.errors)")
    }

    @Test func singleFilesAndFlatFoldersNeedNoClasses() throws {
      let place = try Workplace()
      try Self.write(Image(width: 31, height: 17, fill: 9), place, "a.png")
      try Self.write(Image(width: 12, height: 50, fill: 7), place, "sub/b.png")
      #expect(
        place.type("render a.png sub/b.png to=out copies=3 augment=[brightness(0.2)]") == 0,
        "\(place.errors)")
      var names = try Self.contents(place, "out").keys.sorted()
      #expect(
        names == [
          "a-1.png", "a-2.png", "a-3.png", "b-1.png", "b-2.png", "b-3.png", "manifest.jsonl",
        ])
      #expect(
        try ImageFile.read(place.path("out/b-1.png")).size == ImageSize(width: 12, height: 50))
      #expect(place.type("render sub to=flat size=16 augment=flip") == 0, "\(place.errors)")
      #expect(place.output.contains("each is 16×16"), "\(place.output)")
      #expect(
        try ImageFile.read(place.path("flat/b-1.png")).size == ImageSize(width: 16, height: 16))
      // A tree stays a tree.
      try Self.write(Image(width: 9, height: 9), place, "tree/x/y/b.png")
      #expect(place.type("render tree to=copied augment=flip") == 0, "\(place.errors)")
      names = try Self.contents(place, "copied").keys.sorted()
      #expect(names == ["manifest.jsonl", "x/y/b-1.png"])
    }

    @Test func whatCannotBeIsRefusedByASentence() throws {
      let place = try Self.yolo()
      try Self.write(Image(width: 9, height: 9), place, "a.png")
      try Self.write("no image", place, "b.png")
      try FileManager.default.createDirectory(
        atPath: place.path("empty"), withIntermediateDirectories: true)
      let cases: [(line: String, status: Int32, message: String)] = [
        ("render a.png to=o augment=mixup", 2, "`mixup` mixes images and labels"),
        ("render a.png street to=o augment=flip", 2, "street is no image file"),
        ("render a.png to=o augment=flip on=train", 2, "on=train asks for a split"),
        ("render a.png to=o augment=flip boxes=yolo", 4, "there are no boxes of yolo"),
        ("render a.png to=o augment=flip minarea=0.5", 2, "`minarea` is for images with boxes"),
        ("render b.png to=o augment=flip", 4, "b.png"),
        ("render gone.png to=o augment=flip", 4, "gone.png"),
        ("render empty to=o augment=flip", 4, "there are no images in empty"),
        ("render street to=street/more augment=flip", 2, "would become part of the data"),
        ("render street to=o augment=flip boxes=coco", 4, "there are no boxes of coco"),
      ]
      for (line, status, message) in cases {
        place.capture.clear()
        #expect(place.type(line) == status, "\(line): \(place.errors)")
        #expect(place.errors.contains(message), "\(line): \(place.errors)")
        #expect(FilePath.isFolder(place.path("o")) == nil, "\(line) wrote something")
      }
      // A copy never replaces what it is made from.
      try Self.write(Image(width: 9, height: 9), place, "a-1.png")
      #expect(place.type("render a.png a-1.png to=. augment=flip existing=replace") == 2)
      #expect(place.errors.contains("would replace an image that is read"), "\(place.errors)")
      // Annotations of somebody else are not replaced either.
      try Self.write("cat\n", place, "mine/classes.txt")
      #expect(place.type("render street to=mine augment=flip existing=keep") == 1)
      #expect(place.errors.contains("has a data.yaml") || place.errors.contains("classes.txt"))
      #expect(place.type("render street to=o augment=flip boxes=none") == 0, "\(place.errors)")
      #expect(try !Self.contents(place, "o").keys.contains { $0.hasSuffix(".txt") })
    }

    @Test func previewDrawsTheBoxesBesideAnImage() throws {
      let place = try Self.yolo()
      let image = "street/images/train/1.png"
      #expect(place.type("preview \(image) augment=flip to=with.png") == 0, "\(place.errors)")
      try FileManager.default.removeItem(atPath: place.path("street/labels/train/1.txt"))
      #expect(place.type("preview \(image) augment=flip to=without.png") == 0, "\(place.errors)")
      let (with, without) = (
        try ImageFile.read(place.path("with.png")), try ImageFile.read(place.path("without.png"))
      )
      #expect(with.size == without.size && with != without)
      try Self.write("0 1 2", place, "street/labels/train/1.txt")
      #expect(place.type("preview \(image) augment=flip to=damaged.png") == 0)
      #expect(place.errors.contains("1.txt, line 1"), "\(place.errors)")
      #expect(try ImageFile.read(place.path("damaged.png")) == without)
    }
  }
}
