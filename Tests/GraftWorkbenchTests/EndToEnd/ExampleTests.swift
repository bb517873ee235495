import Foundation
import GraftImaging
import GraftModels
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Every example that help prints runs in a session that has what it names.
  @Suite struct ExampleTests {
    /// A session with what examples name: folders of images, recipes, runs A, B and C.
    private static func prepared(_ format: Console.Format = .text) throws -> Workplace {
      let outside = try TemporaryFolder.make()
      let place = try Workplace(
        format: format, folder: outside + "/inside", stateFolder: outside + "/state")
      for name in ["flowers", "roses", "new"] {
        _ = try Shapes.write(to: place.path(name), perClass: 3)
      }
      _ = try Shapes.write(to: place.path("street"), perClass: 2)
      for name in FileManager.default.subpaths(atPath: place.path("street")) ?? []
      where name.hasSuffix(".png") {
        try "0 0.5 0.5 0.5 0.5".write(
          toFile: place.path("street/\(name.dropLast(4)).txt"), atomically: true, encoding: .utf8)
      }
      try fillTables(in: place)
      for name in ["rose.jpg", "new/0.png"] {
        try FileManager.default.copyItem(
          atPath: place.path("new/red/0.png"), toPath: place.path(name))
      }
      try FileManager.default.createDirectory(
        atPath: place.path("runs"), withIntermediateDirectories: true)
      for name in ["flowers.graft", "common.graft"] {
        // As if Graft had written them: `save` may replace them.
        try RecipeText.sealed(recipe).write(
          toFile: place.path(name), atomically: true, encoding: .utf8)
      }
      try "include inside/flowers.graft".write(
        toFile: place.path("../base.graft"), atomically: true, encoding: .utf8)
      let status = place.type(
        """
        encoder resnet20 weights=random size=16
        data flowers/ split=34/33/33
        augment flip as=mild
        train epochs=1 as=A
        train epochs=1 as=B
        train epochs=2 stop=1 as=C
        save flowers.safetensors
        save runs/best.safetensors
        """)
      #expect(status == 0, "\(place.errors)")
      try Safetensors.write(
        SafetensorsFile(tensors: [
          SafetensorsTensor(
            name: "input", shape: [2, 3, 16, 16], floats: [Float](repeating: 0.5, count: 1536)),
          SafetensorsTensor(name: "target", shape: [2], integers: [0, 1]),
        ]), to: place.path("tensors.safetensors"))
      place.capture.clear()
      return place
    }

    /// A copy of a session's files, runs on disk and choices, which shares its models.
    private static func copy(
      of template: Workplace, format: Console.Format = .text
    ) throws -> Workplace {
      let outside = try TemporaryFolder.make()
      try FileManager.default.removeItem(atPath: outside)
      try FileManager.default.copyItem(
        atPath: FilePath.folder(of: template.folder), toPath: outside)
      let place = try Workplace(
        format: format, folder: outside + "/inside", stateFolder: outside + "/state")
      place.session.isInteractive = true
      try SessionSnapshot(template.session).restore(place.session)
      return place
    }

    /// A table of labels, and images with masks of two colors.
    private static func fillTables(in place: Workplace) throws {
      _ = try Shapes.write(to: place.path("microscope"), perClass: 3)
      let images = (FileManager.default.subpaths(atPath: place.path("flowers")) ?? [])
        .filter { $0.hasSuffix(".png") }.sorted()
      let rows = images.map { "flowers/\($0),\($0.prefix(3))" }
      try (["file,label"] + rows).joined(separator: "\n")
        .write(toFile: place.path("labels.csv"), atomically: true, encoding: .isoLatin1)
      try (["path,label"] + images.prefix(1).map { "\($0),red" }).joined(separator: "\n")
        .write(toFile: place.path("doubtful.csv"), atomically: true, encoding: .utf8)
      // The same images with several labels each, beside the table and in a folder of their own.
      _ = try Shapes.write(to: place.path("photos"), perClass: 3)
      func tags(_ separator: String) -> [String] {
        images.enumerated().map { number, path in
          let others = number % 2 == 0 ? "\(separator)round" : ""
          return "\(path.prefix(3))\(others)"
        }
      }
      for (file, folder, separator) in [("tags.csv", "", ";"), ("planet.csv", "photos/", " ")] {
        let rows = zip(images, tags(separator)).map { "\(folder)\($0),\($1)" }
        try (["file,label"] + rows).joined(separator: "\n")
          .write(toFile: place.path(file), atomically: true, encoding: .utf8)
      }
      for folder in ["images", "masks"] {
        try FileManager.default.createDirectory(
          atPath: place.path("streets/\(folder)"), withIntermediateDirectories: true)
      }
      for number in 0..<6 {
        let colors = (0..<64).map { $0 % 9 > number ? [128, 64, 128] : [0, 0, 192] as [UInt8] }
        let mask = Image(width: 8, height: 8, channels: 3, pixels: colors.flatMap { $0 })
        try ImageFile.writePNG(mask, to: place.path("streets/masks/\(number).png"))
        try ImageFile.writePNG(
          Image(width: 8, height: 8, fill: UInt8(40 * number)),
          to: place.path("streets/images/\(number).png"))
      }
      try "name,r,g,b\nroad,128,64,128\ncar,0,0,192\n".write(
        toFile: place.path("colors.csv"), atomically: true, encoding: .utf8)
    }

    private static let recipe = """
      param data: path = flowers/
      param lr = 1e-3
      encoder resnet20 weights=random size=16
      data $data split=34/33/33
      train epochs=1 lr=$lr policy=C as=C
      """

    /// Those that start a shell or wait for standard input; the built program runs them in `ShellTests`.
    private static let elsewhere: Set<String> = ["!ls -l", "!du -sh .", "!date", "predict -"]

    /// Weights of encoders that examples name, all zero.
    private static func makeWeights(for names: [String], in place: Workplace) throws {
      let folder = place.path("pretrained")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for name in names {
        let shapes = try Encoders.named(name).parameterShapes
        let tensors = shapes.keys.sorted().compactMap { key in
          shapes[key].map {
            SafetensorsTensor(
              name: ByteString(key), shape: $0.dimensions,
              floats: [Float](repeating: 0, count: $0.elementCount))
          }
        }
        try Safetensors.write(
          SafetensorsFile(tensors: tensors), to: "\(folder)/\(name).safetensors")
      }
      place.session.pretrained = PretrainedWeights(
        environment: [:], program: "",
        folders: [place.folder, SourceTexts.repository.path(percentEncoded: false)])
    }

    /// Verbs after whose example the next one would miss something.
    private static let spending: Set<String> = ["drop", "resume", "undo", "redo"]

    /// As people see them, for the slow suite; below they run with `--json`.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["GRAFT_TEXT_EXAMPLES"] != nil))
    func examplesOfEveryCommand() throws {
      let template = try Self.prepared()
      for specification in CommandTable.specifications {
        try Self.run(specification.examples, of: specification.verb, template)
      }
    }

    /// With `--json`, every line that examples print is as `docs/json.schema.json` says.
    @Test func examplesPrintWhatTheSchemaDeclares() throws {
      let template = try Self.prepared()
      var lines = Set<Substring>()
      for specification in CommandTable.specifications {
        let output = try Self.run(
          specification.examples, of: specification.verb, template, format: .json)
        lines.formUnion(output.split(separator: "\n"))
      }
      let place = try Self.copy(of: template, format: .json)
      place.type(Self.linesBesidesExamples)
      lines.formUnion(place.output.split(separator: "\n"))
      let validator = try SchemaValidator(Data(SourceTexts.text("docs/json.schema.json").utf8))
      var seen: Set<String> = []
      for line in lines {
        let faults = try validator.faults(ofLine: line)
        #expect(faults.isEmpty, "\(line.prefix(400)): \(faults)")
        if let name = line.prefixMatch(of: /{"event":"(\w+)"/)?.1 { seen.insert(String(name)) }
      }
      let unseen = Set(JSONEvent.all.map(\.name)).subtracting(seen)
      let errors = place.output.split(separator: "\n").filter { $0.contains(#""event":"error""#) }
      #expect(unseen == Self.eventsOfTheShell, "\(unseen.sorted()): \(errors)")
      try PythonSchemaCheck.check(lines.sorted())
    }

    /// Those that only the outer command line prints; `ShellTests` and `VerificationTests` have them.
    private static let eventsOfTheShell: Set<String> = [
      "graft", "man", "reference", "events", "schema", "completions", "plan", "receipt", "verify",
    ]

    private static let linesBesidesExamples = """
      let rate = 1e-3 ; show names
      show version
      expect A.accuracy >= 0
      expect A.accuracy > 1
      predict labels.csv rose.jpg
      set precision=bf16
      set precision=fp32
      freeze stem ; policy B
      encoder unet_retina weights=random size=16
      head fcn
      data streets/ legend=colors.csv
      train epochs=1 as=D
      evaluate
      runs
      predict streets/images/0.png
      """

    /// Runs them one after the other; returns what they printed.
    @discardableResult
    private static func run(
      _ examples: [String], of verb: String, _ template: Workplace, format: Console.Format = .text
    ) throws -> String {
      #expect(!examples.isEmpty)
      var place = try copy(of: template, format: format)
      var printed = ""
      if verb == "encoder" { try makeWeights(for: ["resnet18", "mobilenet_v2"], in: place) }
      for example in examples where !elsewhere.contains(example) {
        if spending.contains(verb) { place = try prepared(format) }
        if verb == "freeze" { place.type("policy B") }
        // More classes and images, of which some are predicted wrongly.
        if verb == "fewshot" { place.type("data demo:shapes limit=250") }
        if verb == "calibrate", example.contains("threshold=") {
          place.type("data flowers/ split=34/33/33 ; drop A ; train epochs=1 as=A")
        } else if verb == "calibrate" {
          place.type("data demo:shapes limit=80 ; drop A ; train epochs=4 policy=B as=A")
        }
        // Mirror images of one color are the images themselves, which `check augment` refuses.
        if verb == "check" { place.type("augment brightness(0.5..0.8)") }
        place.capture.clear()
        // That a long step starts is enough.
        var line = example.replacing(
          /epochs=\d+/, with: verb == "preview" ? "epochs=2" : "epochs=1"
        )
        .replacing(/budget=\d+s/, with: "budget=1s")
        .replacing("demo:shapes", with: "demo:shapes limit=40")
        if verb == "fewshot", !line.contains("episodes") { line += " episodes=20" }
        let status = place.type(line)
        if verb == "expect" && status == 3 {
          #expect((place.errors + place.output).contains("expected "))
        } else {
          #expect(status == 0, "\(example): \(place.errors)")
        }
        printed += place.output
      }
      return printed
    }

    @Test func examplesOfEveryOp() throws {
      let place = try Self.prepared()
      for entry in place.session.vocabulary.transforms {
        for example in entry.examples {
          let status = place.type("augment \(example) ; preview 1 to=op.png")
          #expect(status == 0, "\(example): \(place.errors)")
        }
        #expect(place.type("help \(entry.name)") == 0)
      }
    }

    @Test func examplesOfFormulasAndLoops() throws {
      let place = try Self.prepared()
      for example in HelpText.networkExamples {
        #expect(place.type(example + " ; summary") == 0, "\(example): \(place.errors)")
      }
      try Self.makeWeights(for: ["resnet18"], in: place)
      let page = HelpText.loopPage
      let start = try #require(page.range(of: "examples\n"))
      let end = try #require(page.range(of: "\n\nsee also"))
      let loops = String(page[start.upperBound..<end.lowerBound])
        .replacing("epochs=5", with: "epochs=1")
      #expect(place.type("encoder resnet20 weights=random size=16") == 0)
      let recipe = "data flowers/ split=34/33/33\nencoder resnet20 weights=random size=16\n"
      #expect(place.replay(recipe + loops) == 0, "\(place.errors)")
      #expect(place.session.workbench.runs.count == 3 + 2)
    }

    @Test func theFirstSessionOfHelpRuns() throws {
      let place = try Self.prepared()
      for (line, _) in HelpText.firstSession where !line.hasPrefix("encoder") {
        let status = place.type(
          line.replacing("epochs=5", with: "epochs=1")
            .replacing("demo:shapes", with: "demo:shapes limit=60"))
        #expect(status == 0, "\(line): \(place.errors)")
      }
    }

    @Test func helpShowsTheCurrentValueOfASetting() throws {
      let place = try Self.prepared()
      #expect(place.type("help train.policy\nhelp seed") == 0)
      #expect(
        place.output == """
          train.policy - policy for this run
            type     A | B | C | gradual
            default  the current policy
            now      A lr=0.002
            example  train epochs=20 policy=C lr=1e-5..1e-3 patience=3 as=C
            example  train policy=B lr=auto
          seed - set the seed for split, weights, order and pixels

          usage
            seed [NUMBER]

          parameters
            NUMBER  the seed; 0 at the start
                    whole number from 0; now 0

          examples
            seed 7
            seed 0
            seed

          see also: data, train

          """)
    }
  }
}
