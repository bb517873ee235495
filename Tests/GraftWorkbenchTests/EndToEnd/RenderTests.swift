import Foundation
import GraftBase
import GraftData
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  @Suite struct RenderTests {
    private static func place(
      _ more: String = "", watch: @escaping (String, Interrupts) -> Void = { _, _ in }
    ) throws -> Workplace {
      let place = try Workplace(watch: watch)
      _ = try Shapes.write(to: place.path("flowers"), perClass: 4)
      #expect(
        place.type(
          "encoder resnet20 weights=random size=16\ndata flowers/\n"
            + "augment flip rotate(30) noise(0.1)\n" + more) == 0, "\(place.errors)")
      return place
    }

    private func bytes(_ place: Workplace, _ name: String) throws -> [UInt8] {
      try RegularFile(path: place.path(name)).readAll(limit: 1 << 20)
    }

    private func manifest(_ place: Workplace, _ folder: String) throws -> RenderManifest {
      try #require(try RenderManifest(reading: place.path(folder + "/manifest.jsonl")))
    }

    /// All files below a folder, with their bytes.
    private func contents(_ place: Workplace, _ folder: String) throws -> [String: [UInt8]] {
      let names = try #require(FileManager.default.enumerator(atPath: place.path(folder)))
        .compactMap { $0 as? String }.filter {
          FilePath.isFolder(place.path("\(folder)/\($0)")) == false
        }
      return try Dictionary(
        uniqueKeysWithValues: names.map { ($0, try bytes(place, "\(folder)/\($0)")) })
    }

    @Test func copiesAreNamedListedAndDrawnAgain() throws {
      for format in ["png", "jpeg quality=80"] {
        let place = try Self.place()
        #expect(place.type("render to=out/ copies=3 format=\(format)") == 0, "\(place.errors)")
        let manifest = try manifest(place, "out")
        #expect(manifest.entries.count == 8 * 3)
        let suffix = format == "png" ? "png" : "jpg"
        #expect(manifest.entries.map(\.file).contains("green/2-3.\(suffix)"))
        #expect(try contents(place, "out").count == 8 * 3 + 1)
        let data = try place.session.requireData()
        for entry in manifest.entries {
          #expect(data.samples[entry.sample].path == entry.source)
          #expect(try manifest.bytes(of: entry, in: data) == [bytes(place, "out/" + entry.file)])
          #expect(entry.labels == [data.classes[data.samples[entry.sample].label]: 1])
          #expect(entry.epoch == entry.copy - 1 && entry.pipeline == "flip rotate(30) noise(0.1)")
        }
      }
    }

    /// Copy 2 is what `train` sees in epoch 2.
    @Test func aCopyIsWhatTrainingSees() throws {
      let place = try Self.place()
      #expect(place.type("render to=out/ copies=2 on=train") == 0, "\(place.errors)")
      let session = place.session
      let data = try session.requireData()
      let view = try session.epochView(
        session.workbench.pipeline, of: data, epoch: 1, views: 0,
        preprocessing: try session.requireEncoder().preprocessing)
      let seen = try view.images(at: Array(view.samples.indices))
      for entry in try manifest(place, "out").entries where entry.copy == 2 {
        let image = try #require(seen.first { $0.key == entry.key })
        #expect(try ImageFile.read(place.path("out/" + entry.file)) == image.image)
      }
      #expect(try manifest(place, "out").entries.count == 2 * data.partition(.train).count)
    }

    @Test func nothingIsOverwrittenUnasked() throws {
      let place = try Self.place()
      #expect(place.type("render to=out/") == 0)
      let before = try contents(place, "out")
      place.capture.clear()
      #expect(place.type("render to=out/ copies=2") == 1)
      #expect(place.errors.contains("out/ has 8 of the 16 files already"), "\(place.errors)")
      #expect(place.type("augment flip\nrender to=out/ existing=keep") == 1)
      #expect(place.errors.contains("were drawn differently: augment flip rotate(30) noise(0.1)"))
      #expect(try contents(place, "out") == before)
      #expect(place.type("render to=out/ existing=replace") == 0, "\(place.errors)")
      #expect(try contents(place, "out") != before)
      #expect(place.type("render flowers/ to=flowers/more/") == 2)
      #expect(place.errors.contains("would become part of the data"))
      #expect(place.type("render to=flowers/") == 2)
    }

    @Test func keepDrawsWhatIsMissingAndLeavesStrangers() throws {
      let place = try Self.place()
      #expect(place.type("render to=out/ copies=2") == 0)
      let before = try contents(place, "out")
      let files = FileManager.default
      try files.removeItem(atPath: place.path("out/red/1-2.png"))
      // One that was written when the list was not, and one of somebody else's.
      let list = String(decoding: try #require(before["manifest.jsonl"]), as: UTF8.self)
      let lines = list.split(separator: "\n").filter {
        !$0.contains("green/0-1.png") && !$0.contains("green/3-1.png")
      }
      let cut = lines.joined(separator: "\n") + "\n{\"copy\":1,\"epo"
      try cut.write(toFile: place.path("out/manifest.jsonl"), atomically: true, encoding: .utf8)
      try ImageFile.writePNG(Image(width: 3, height: 3), to: place.path("out/green/3-1.png"))
      #expect(place.type("render to=out/ copies=2 existing=keep") == 0, "\(place.errors)")
      #expect(place.errors.contains("green/3-1.png is another image, left alone"))
      var after = try contents(place, "out")
      let listed = try manifest(place, "out").entries.map(\.file)
      #expect(Set(listed).count == listed.count && listed.count == 15)
      for name in ["manifest.jsonl", "green/3-1.png"] { after[name] = before[name] }
      #expect(after == before)
      // A line that is damaged in the middle is told, and nothing is guessed from the rest.
      let damaged = lines[0] + "\n{\"copy\":1,\"epo\n" + lines.dropFirst().joined(separator: "\n")
      try damaged.write(
        toFile: place.path("out/manifest.jsonl"), atomically: true, encoding: .utf8)
      #expect(place.type("render to=out/ copies=2 existing=keep") == 4)
      #expect(place.errors.contains("line 2 of"), "\(place.errors)")
    }

    @Test func ctrlCLeavesWholeFilesAndAList() throws {
      let place = try Self.place()
      place.session.interrupts.press()
      let session = place.session
      let data = try session.requireData()
      let header = RenderManifest.Header(
        data: data.name, fingerprint: data.fingerprint.hex, pipeline: "flip",
        calls: [TransformCall(name: "flip")], seed: 0, preprocessing: .init(.cifar),
        format: .init(name: "png"))
      let rendering = try Rendering(
        data, indices: Array(data.samples.indices), copies: 40, header: header,
        folder: place.path("out"), existing: .stop, pool: session.pool)
      nonisolated(unsafe) var isStopped = false
      let outcome = try rendering.run(shouldStop: { isStopped }) { _ in isStopped = true }
      #expect(outcome.isInterrupted && outcome.written >= 64 && outcome.written < 320)
      let listed = try manifest(place, "out").entries
      #expect(listed.count == outcome.written)
      #expect(try contents(place, "out").count == outcome.written + 1)
      for entry in listed { _ = try ImageFile.read(place.path("out/" + entry.file)) }
      let rest = try Rendering(
        data, indices: Array(data.samples.indices), copies: 40, header: header,
        folder: place.path("out"), existing: .keep, pool: session.pool
      ).run(shouldStop: { false }) { _ in }
      #expect(rest.kept == outcome.written && rest.kept + rest.written == 320)
    }

    @Test func badFilesAreSkippedAndSaid() throws {
      let place = try Self.place()
      try "no image".write(
        toFile: place.path("flowers/red/2.png"), atomically: true, encoding: .utf8)
      #expect(place.type("render flowers/ to=out/") == 0, "\(place.errors)")
      #expect(place.errors.contains("red/2.png") && place.output.contains("wrote 7 images to out"))
      #expect(try manifest(place, "out").entries.count == 7)
    }

    @Test func aFullDiskIsOneSentence() throws {
      let place = try Self.place()
      let folder = place.path("out")
      // A folder where the file should be cannot be replaced by it, as a full disk cannot be
      // written.
      try FileManager.default.createDirectory(
        atPath: folder + "/red/1-1.png/x", withIntermediateDirectories: true)
      #expect(place.type("render to=out/ existing=replace") == 1)
      let errors = place.errors.split(separator: "\n").filter { $0.contains("is a folder") }
      #expect(errors.count == 1, "\(place.errors)")
      let listed = try manifest(place, "out").entries
      for entry in listed { _ = try ImageFile.read("\(folder)/\(entry.file)") }
    }

    @Test func whatAKillLeftIsRemoved() throws {
      let place = try Self.place()
      try FileManager.default.createDirectory(
        atPath: place.path("out/red"), withIntermediateDirectories: true)
      for name in [".manifest.jsonl.\(Int32.max).0.partial", "red/.1-1.png.\(Int32.max).0.partial"]
      {
        try "half".write(toFile: place.path("out/" + name), atomically: true, encoding: .utf8)
      }
      #expect(place.type("render to=out/") == 0, "\(place.errors)")
      #expect(try contents(place, "out").keys.allSatisfy { !$0.hasSuffix(".partial") })
    }

    // MARK: Masks

    /// Images whose pixel values are also their classes, so that an image and its mask
    /// show whether they were moved alike.
    private static func maskedPlace() throws -> Workplace {
      let place = try Workplace()
      for number in 0..<4 {
        var mask = Image(width: 30, height: 24, channels: 1)
        for pixel in 0..<30 * 24 where (pixel % 30 + pixel / 30 * number) % 11 < 5 {
          mask.pixels[pixel] = pixel % 30 < 16 ? 1 : 2
        }
        var image = mask
        for pixel in image.pixels.indices { image.pixels[pixel] = 60 + 70 * mask.pixels[pixel] }
        for (kind, content) in [("images", image), ("masks", mask)] {
          let path = place.path("discs/train/\(kind)")
          try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
          try ImageFile.writePNG(content, to: "\(path)/\(number).png")
        }
      }
      #expect(
        place.type(
          "encoder unet_retina weights=random size=16\nhead fcn\ndata discs\n"
            + "augment flip rotate(30) translate(0.2)") == 0, "\(place.errors)")
      return place
    }

    @Test func masksGoWithTheirImages() throws {
      let place = try Self.maskedPlace()
      #expect(place.type("render to=out/ copies=3") == 0, "\(place.errors)")
      let before = try contents(place, "out")
      #expect(before.count == 2 * 12 + 2)
      let data = try place.session.requireData()
      let manifest = try manifest(place, "out")
      var unknown = 0
      for entry in manifest.entries {
        #expect(entry.labels.isEmpty && entry.file.hasPrefix("images/"))
        let mask = try #require(entry.mask)
        #expect(mask == entry.file.replacingOccurrences(of: "images/", with: "masks/"))
        #expect(
          try manifest.bytes(of: entry, in: data) == [
            bytes(place, "out/" + entry.file), bytes(place, "out/" + mask),
          ])
        // Nearest neighbors throughout: where a class is known, the image has its value.
        let image = try ImageFile.read(place.path("out/" + entry.file), keepsGray: true)
        let classes = try ImageFile.read(place.path("out/" + mask), keepsGray: true)
        #expect(image.size == classes.size && classes.channels == 1)
        let step = image.channels
        for (pixel, value) in classes.pixels.enumerated() {
          unknown += value == 255 ? 1 : 0
          #expect(value == 255 || image.pixels[pixel * step] == 60 + 70 * value)
        }
      }
      #expect(unknown > 0)
      // What was written is a data set of the same classes.
      #expect(place.type("data out/") == 0, "\(place.errors)")
      let copies = try place.session.requireData()
      #expect(copies.classes == data.classes && copies.samples.count == 12)
    }

    @Test func aMaskThatIsMissingIsDrawnAgain() throws {
      let place = try Self.maskedPlace()
      #expect(place.type("render to=out/ copies=2") == 0, "\(place.errors)")
      let before = try contents(place, "out")
      try FileManager.default.removeItem(atPath: place.path("out/masks/2-1.png"))
      place.capture.clear()
      #expect(place.type("render to=out/ copies=2") == 1)
      #expect(place.errors.contains("out/ has 8 of the 8 files already"), "\(place.errors)")
      #expect(place.type("render to=out/ copies=2 existing=keep") == 0, "\(place.errors)")
      #expect(place.output.contains("wrote 1 images, 7 existed"), "\(place.output)")
      var after = try contents(place, "out")
      after["manifest.jsonl"] = before["manifest.jsonl"]
      #expect(after == before)
      try "cat\ndog\n".write(
        toFile: place.path("out/classes.txt"), atomically: true, encoding: .utf8)
      #expect(place.type("render to=out/ copies=2 existing=keep") == 1)
      #expect(place.errors.contains("names other classes"), "\(place.errors)")
    }

    @Test func itIsRecordedAndReplays() throws {
      let place = try Self.place()
      #expect(place.type("render to=out/ copies=2") == 0)
      let before = try contents(place, "out")
      try FileManager.default.removeItem(atPath: place.path("out"))
      let again = try Workplace(folder: place.folder)
      #expect(again.replay(place.recipe) == 0, "\(place.recipe)\n\(again.errors)")
      #expect(try contents(again, "out") == before)
    }

    @Test func mixingIsLeftOutAloud() throws {
      let place = try Self.place("augment flip mixup(0.2)")
      #expect(place.type("render to=out/") == 0)
      #expect(place.errors.contains("mixing is ignored"))
      #expect(try manifest(place, "out").header.pipeline == "flip")
      #expect(place.type("render to=other/ quality=3") == 2)
    }

    @Test func namesNeverCollide() throws {
      let place = try Workplace()
      let names = [
        "train/cat/1.png", "train/cat/1.jpg", "train/dog/1.png", "val/cat/1.png", "val/dog/1.png",
      ]
      for (index, name) in names.enumerated() {
        let path = place.path("pets/" + name)
        try FileManager.default.createDirectory(
          atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
        try ImageFile.writePNG(
          Image(width: 8, height: 8, fill: UInt8(index * 40)), to: path)
      }
      #expect(place.type("render pets/ to=out/ augment=flip") == 0, "\(place.errors)")
      let files = try manifest(place, "out").entries.map(\.file).sorted()
      #expect(
        files == ["cat/1-1.png", "cat/1_2-1.png", "cat/1_3-1.png", "dog/1-1.png", "dog/1_2-1.png"])
    }
  }
}
