import Foundation
import GraftBase
import GraftImaging
import GraftPlots
import GraftTraining
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `plot`: every kind, in every format, of what a session has.
  @Suite struct PlotTests {
    private static let runs =
      Workplace.ingredients + """

        train policy=A epochs=3 as=A
        train policy=C epochs=2 as=C
        """

    /// A table by column.
    private func table(_ place: Workplace, _ name: String) throws -> [String: [String]] {
      let lines = try String(contentsOfFile: place.path(name), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      let header = try #require(lines.first).map(String.init)
      return Dictionary(
        uniqueKeysWithValues: header.enumerated().map { column, title in
          (title, lines.dropFirst().map { String($0[column]) })
        })
    }

    @Test func everyKindIsDrawnInEveryFormat() throws {
      let place = try Workplace()
      place.type(Self.runs)
      #expect(place.type("findlr steps=20\ncompare A C\nsweep lr=[1e-3,1e-2] epochs=1") == 0)
      for kind in PlotKinds.all {
        for suffix in ["png", "svg", "pdf", "csv"] {
          let name = "\(kind.name).\(suffix)"
          #expect(place.type("plot \(kind.name) to=\(name)") == 0, "\(name): \(place.errors)")
          #expect(place.output.contains("wrote \(name)"))
        }
        let image = try ImageFile.read(place.path(kind.name + ".png"))
        #expect(image.width >= 400 && image.height >= 240)
        let svg = try String(contentsOfFile: place.path(kind.name + ".svg"), encoding: .utf8)
        #expect(svg.contains("<title>") && svg.contains("class=\"panel\"") && !svg.contains("nan"))
        let csv = try table(place, kind.name + ".csv")
        #expect(csv.count > 1 && csv.values.allSatisfy { !$0.isEmpty })
      }
    }

    @Test func numbersAreThoseOfTheRuns() throws {
      let place = try Workplace()
      place.type(Self.runs)
      #expect(place.type("plot loss runs=[A,C] to=l.csv\nplot accuracy runs=A to=a.csv") == 0)
      let runs = try ["A", "C"].map { try place.session.requireRun($0) }
      let loss = try table(place, "l.csv")
      #expect(loss["run"] == ["A", "A", "A", "C", "C"])
      #expect(loss["epoch"] == ["1", "2", "3", "1", "2"])
      let records = runs.flatMap(\.history)
      #expect(loss["train"]?.compactMap { Double($0) } == records.map(\.trainLoss))
      #expect(
        loss["validation"]?.compactMap { Double($0) } == records.compactMap(\.validationLoss))
      let accuracy = try table(place, "a.csv")
      #expect(
        accuracy["validation"]?.compactMap { Double($0) }
          == runs[0].history.compactMap { $0.validationAccuracy?.value })

      #expect(place.type("plot confusion runs=A to=c.csv\nplot classes runs=A to=k.csv") == 0)
      guard case .images(let result)? = runs[0].result?.validation else {
        Issue.record("no validation of images")
        return
      }
      let confusion = try table(place, "c.csv")
      #expect(
        confusion["count"]?.compactMap { Int($0) } == Array(result.confusion.counts.joined()))
      let classes = try table(place, "k.csv")
      #expect(classes["correct"]?.compactMap { Int($0) }.reduce(0, +) == result.accuracy.count)
      #expect(classes["recall"].map { $0 == $0.sorted() } == true)

      #expect(place.type("plot calibration runs=A to=b.csv\nplot counts to=n.csv") == 0)
      let bins = try table(place, "b.csv")
      #expect(bins["images"]?.compactMap { Int($0) }.reduce(0, +) == result.count)
      // The error that `evaluate` tells, from the bins that are drawn.
      let parts = zip(bins["images"] ?? [], zip(bins["confidence"] ?? [], bins["accuracy"] ?? []))
      let error = parts.reduce(0.0) { sum, bin in
        guard let count = Double(bin.0), let confidence = Double(bin.1.0),
          let share = Double(bin.1.1)
        else { return sum }
        return sum + count * abs(confidence - share) / Double(result.count)
      }
      #expect(abs(error - result.calibrationError()) < 1e-6)
      let counts = try table(place, "n.csv")
      #expect(counts["images"]?.compactMap { Int($0) }.reduce(0, +) == 40)
    }

    @Test func ratesAreThoseOfTheSchedule() throws {
      let place = try Workplace()
      place.type(Self.runs)
      #expect(place.type("plot lr runs=C to=r.csv") == 0)
      let rates = try table(place, "r.csv")
      let prepared = try #require(try place.session.requireRun("C").prepared)
      let group = try #require(prepared.phases[0].policy.groups.last)
      let shown = zip(rates["group"] ?? [], rates["lr"] ?? []).filter { $0.0 == group.name }
        .compactMap { Double($0.1) }
      let curve = prepared.phases[0].curve
      #expect(
        shown == (0..<curve.totalSteps).map { group.learningRate * curve.multiplier(at: $0) })
      // Without a run, what `train` would do.
      place.type("policy B lr=3e-3")
      #expect(place.type("plot lr to=p.csv") == 0, "\(place.errors)")
      let planned = try table(place, "p.csv")
      #expect(Set(planned["lr"] ?? []) == ["0.003"])
      #expect(place.session.workbench.runs.map(\.name) == ["A", "C"])
    }

    /// Receptive fields are those that Araujo, Norris and Sim (2019) computed; counts those of the papers.
    @Test func networksAreKnownByTheirNumbers() throws {
      let place = try Workplace()
      #expect(
        place.type("plot field of=[alexnet,vgg16] to=f.csv\nplot layers of=vgg16 to=l.csv") == 0,
        "\(place.errors)")
      let fields = try table(place, "f.csv")
      let rows = Array(zip(fields["network"] ?? [], fields["pixels"] ?? []))
      #expect(rows.last { $0.0 == "alexnet" }?.1 == "195")
      #expect(rows.last { $0.0 == "vgg16" }?.1 == "212")
      let layers = try table(place, "l.csv")
      #expect(layers["layer"]?.count == 16)
      #expect(layers["parameters"]?.compactMap { Int($0) }.reduce(0, +) == 138_357_544)
      // In a recipe, too, that names no encoder.
      #expect(place.recipe.contains("plot layers of=vgg16 to=l.csv"))
    }

    @Test func featuresAreLaidOutByNeighbors() throws {
      let place = try Workplace()
      place.type(Self.runs)
      let lines = "plot embedding method=tsne to=t.csv\nplot embedding method=tsne to=again.csv"
      #expect(place.type(lines) == 0, "\(place.errors)")
      let texts = try ["t.csv", "again.csv"].map {
        try String(contentsOfFile: place.path($0), encoding: .utf8)
      }
      #expect(texts[0] == texts[1])
      let first = try #require(try table(place, "t.csv")["first"]?.compactMap { Double($0) })
      #expect(Set(first).count > 5 && abs(first.reduce(0, +)) < 1e-6)
    }

    @Test func comparingCommandsWriteTheirPictures() throws {
      let place = try Workplace()
      place.type(Self.runs)
      #expect(
        place.type(
          "findlr steps=20 to=f.svg\ncompare A C to=c.svg\nsweep lr=[1e-3,1e-2] decay=[0,0.1] epochs=1 to=s.png"
        ) == 0, "\(place.errors)")
      let curve = try String(contentsOfFile: place.path("f.svg"), encoding: .utf8)
      #expect(curve.contains("suggested") && curve.contains("smoothed loss"))
      let comparison = try String(contentsOfFile: place.path("c.svg"), encoding: .utf8)
      #expect(comparison.contains("Quality against cost") && comparison.contains(">A</text>"))
      #expect(try ImageFile.read(place.path("s.png")).width == 960)
      // The table of `sweep` and of `compare` is what it was.
      #expect(place.type("compare A C to=c.csv") == 0)
      let rows = try String(contentsOfFile: place.path("c.csv"), encoding: .utf8)
      #expect(rows.hasPrefix("image,label,A,C\n"))
      #expect(place.type("compare A C to=c.jpg") == 2)
      #expect(place.errors.contains("plots are written as .png, .svg, .pdf or .csv"))
    }

    @Test func eventsHaveTheNumbers() throws {
      let place = try Workplace(format: .json)
      place.type(Self.runs)
      place.capture.clear()
      #expect(place.type("plot loss\nplot loss size=800x500 to=l.svg\nplot loss to=l.csv") == 0)
      let events = try place.events("plot")
      #expect(events.count == 3 && events.allSatisfy { $0["kind"] as? String == "loss" })
      #expect(events[0]["path"] is NSNull && events[0]["width"] is NSNull)
      #expect(events[1]["path"] as? String == "l.svg" && events[1]["width"] as? Int == 800)
      #expect(events[2]["path"] as? String == "l.csv" && events[2]["width"] is NSNull)
      let columns = try #require(events[0]["columns"] as? [[String: Any]])
      let train = columns.first { $0["name"] as? String == "train" }
      let history = try place.session.requireRun("C").history
      #expect(train?["numbers"] as? [Double] == history.map(\.trainLoss))
    }

    @Test func aTerminalWithoutImagesShowsText() throws {
      let place = try Workplace(columns: 90)
      place.session.settings.image = .blocks
      place.type(Self.runs)
      place.capture.clear()
      #expect(place.type("plot accuracy runs=[A,C]") == 0)
      #expect(place.output.contains("Accuracy\n") && place.output.contains("┤"))
      place.session.settings.image = .none
      #expect(place.type("plot loss") == 0 && place.errors.contains("plot skipped"))
      // A program that reads the output gets no picture.
      let piped = try Workplace()
      piped.type(Self.runs)
      #expect(piped.type("plot loss") == 0 && piped.errors.contains("add to=FILE.png"))
    }

    @Test(arguments: [
      ("plot loss to=l.txt", 2, "plots are written as .png, .svg, .pdf or .csv"),
      ("plot loss size=20x20 to=l.png", 2, "is not the size of a plot"),
      ("plot loss size=wide to=l.png", 2, "is not the size of a plot"),
      ("plot loss runs=[A,Z] to=l.png", 1, "there is no run `Z`"),
      ("plot counts runs=A to=l.png", 2, "is not about runs"),
      ("plot confusion runs=[A,C] to=l.png", 2, "draws one run"),
      ("plot loss on=val to=l.png", 2, "measures nothing"),
      ("plot confusion on=test to=l.png", 1, "has no test images"),
      ("plot findlr to=l.png", 1, "no learning rate has been looked for yet"),
      ("plot comparison to=l.png", 1, "nothing has been compared yet"),
      ("plot sweep to=l.png", 1, "nothing has been swept yet"),
      ("plot loss to=file/l.png", 1, "cannot be created, because"),
      ("plot los to=l.png", 2, "did you mean"),
      ("plot loss method=tsne to=l.png", 2, "`method` is for `plot embedding`"),
      ("plot loss of=vgg16 to=l.png", 2, "is not about networks"),
      ("plot layers of=[alexnet,vgg16] to=l.png", 2, "draws one network"),
      ("plot field of=vgg16 runs=A to=l.png", 2, "leave out of= or runs="),
    ])
    func whatCannotBeDrawnIsSaid(_ line: String, _ status: Int32, _ message: String) throws {
      let place = try Workplace()
      try "".write(toFile: place.path("file"), atomically: true, encoding: .utf8)
      place.type(
        Workplace.ingredients + "\ntrain policy=A epochs=1 as=A\ntrain policy=A epochs=1 as=C")
      let result = place.type(line)
      #expect(result == status || result == 2, "\(result)")
      #expect(place.errors.contains(message), "\(place.errors)")
      #expect(!FileManager.default.fileExists(atPath: place.path("l.png")))
    }

    @Test func aFullDiskIsOneSentence() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      for name in ["full.svg", "full.png", "full.pdf", "full.csv"] {
        try FileManager.default.createSymbolicLink(
          atPath: place.path(name), withDestinationPath: "/dev/full")
        place.capture.clear()
        #expect(place.type("plot counts to=\(name)") == 1)
        #expect(place.errors.contains("No space left on device"), "\(place.errors)")
      }
    }

    @Test(.enabled(if: GraftProcess.isBuilt)) func withoutFontsThereIsASentence() throws {
      let folder = try TemporaryFolder.make()
      try "<fontconfig><cachedir>\(folder)/fonts</cachedir></fontconfig>".write(
        toFile: folder + "/fonts.conf", atomically: true, encoding: .utf8)
      for file in ["c.png", "c.svg"] {
        let outcome = try GraftProcess.run(
          ["-c", "data demo:shapes limit=40 ; plot counts to=\(file)"], folder: folder,
          environment: ["FONTCONFIG_FILE": folder + "/fonts.conf"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("there are no fonts on this machine"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/" + file))
      }
    }

    @Test func aModelFromAFileHasNoCurves() throws {
      let place = try Workplace()
      place.type(Self.runs)
      #expect(place.type("save m.safetensors\nload m.safetensors as=M") == 0, "\(place.errors)")
      #expect(place.type("plot loss runs=M to=l.png") == 1)
      #expect(place.errors.contains("there are no epochs of M to draw"), "\(place.errors)")
      #expect(place.type("plot lr runs=M to=l.png") == 1)
      #expect(place.errors.contains("what M was trained with is not known"))
      #expect(place.type("plot confusion runs=M to=c.png") == 0, "\(place.errors)")
    }

    @Test func plotsThatWriteFilesBelongToTheRecipe() throws {
      let place = try Workplace()
      place.type(Self.runs)
      place.type("compare A C\nplot comparison to=c.svg\nplot loss to=l.svg\nplot loss")
      #expect(place.recipe.contains("plot comparison to=c.svg"))
      #expect(place.recipe.contains("plot loss to=l.svg"))
      #expect(place.recipe.split(separator: "\n").count { $0.hasPrefix("plot loss") } == 1)
      // A recipe is gone through before it runs: nothing that will be there is missed.
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      let files = try [place, again].map {
        try String(contentsOfFile: $0.path("l.svg"), encoding: .utf8)
      }
      #expect(files[0] == files[1])
      let doomed = try Workplace()
      #expect(doomed.replay(Workplace.ingredients + "\nplot comparison to=c.png") == 2)
      #expect(doomed.errors.contains("nothing has been compared yet"))
    }
  }
}
