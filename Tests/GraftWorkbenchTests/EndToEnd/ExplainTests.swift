import Foundation
import GraftImaging
import GraftModels
import GraftTraining
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `explain`, `activations`, `filters`, `excite` and `check explain`.
  @Suite struct ExplainTests {
    private static func trained(_ format: Console.Format = .text) throws -> Workplace {
      let place = try Workplace(format: format)
      place.type(Workplace.ingredients)
      #expect(place.type("train policy=B lr=1e-2 epochs=1 as=A") == 0, "\(place.errors)")
      place.capture.clear()
      return place
    }

    @Test func everyMethodIsDrawnAndTold() throws {
      let place = try Self.trained()
      let methods = ExplanationMethods.all.map { $0.name }.joined(separator: ",")
      #expect(
        place.type(
          "explain 2 method=[\(methods)] samples=2 steps=4 to=all.png\n"
            + "explain 2 method=[\(methods)] samples=2 steps=4 to=all.csv") == 0, "\(place.errors)")
      let sheet = try ImageFile.read(place.path("all.png"))
      #expect(sheet.width > 8 * 100 && sheet.height > 2 * 90)
      let rows = try String(contentsOfFile: place.path("all.csv"), encoding: .utf8)
        .split(separator: "\n")
      #expect(rows[0] == "image,class,method,row,column,value")
      for method in ExplanationMethods.all {
        #expect(rows.contains { $0.contains(",\(method.name),") })
      }
      #expect(place.output.contains("predicted") && place.output.contains("squares of"))
      #expect(place.recipe.contains("to=all.csv"), "what writes a file is recorded")
    }

    @Test func theExplainedClassIsTheOneThatWasAsked() throws {
      let place = try Self.trained()
      let other = try #require(place.session.workbench.data?.classes.last)
      #expect(place.type("explain 1 class=\(other) to=other.csv") == 0, "\(place.errors)")
      let text = try String(contentsOfFile: place.path("other.csv"), encoding: .utf8)
      #expect(text.contains(",\(other),gradcam,"))
      #expect(place.output.contains(other))
    }

    @Test func mapsFiltersAndUnitsHaveTheirNumbers() throws {
      let place = try Self.trained()
      #expect(
        place.type(
          """
          activations 1 to=maps.csv
          activations 1 layer=layer1 units=[0,3] to=maps.png
          filters to=filters.csv
          filters layer1 maps=4 to=filters.png
          excite layer2 units=[0,1] each=2 project=yes to=units.csv
          excite head maximize=yes each=1 to=classes.png
          """) == 0, "\(place.errors)")
      func rows(_ name: String) throws -> [Substring] {
        try String(contentsOfFile: place.path(name), encoding: .utf8).split(separator: "\n")
      }
      #expect(try rows("maps.csv").count == 1 + 4 * 8, "stem and three layer groups")
      #expect(try rows("filters.csv").count == 1 + 16)
      #expect(try rows("units.csv").count == 1 + 2 * 2)
      let values = try rows("units.csv").dropFirst().map { $0.split(separator: ",")[3] }
        .compactMap { Double($0) }
      #expect(values[0] >= values[1] && values[2] >= values[3], "the strongest first")
      for name in ["maps.png", "filters.png", "classes.png"] {
        #expect(try ImageFile.read(place.path(name)).width > 200)
      }
    }

    /// Layers can be looked at before anything is trained, whatever head is chosen.
    @Test func layersOfAnEncoderAreShownWithoutARun() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(
        place.type(
          "filters to=filters.csv\nactivations 1 to=maps.csv\nexcite layer1 to=units.csv") == 0,
        "\(place.errors)")
      #expect(place.type("explain 1 to=x.csv") != 0, "an untrained head explains nothing")
      #expect(place.errors.contains("there is no run yet"))
    }

    /// The filters of the first convolution are its weights.
    @Test func theFirstLayersFiltersAreItsWeights() throws {
      let place = try Self.trained()
      let run = try #require(place.session.workbench.run(named: "A"))
      let layer = try LayerChoice.first(of: run.model)
      let probe = try ScoreProbe(layer.network, pool: place.session.pool)
      let gradient = try probe.gradient(
        of: [Float](repeating: 0, count: layer.network.imageCount), at: layer.value,
        seed: layer.seed.atCenter(5), rule: .everything
      ).gradient
      let weights = try #require(run.model.parameters.first).torchValues()
      let box = layer.box(y: layer.seed.size.y / 2, x: layer.seed.size.x / 2)
      #expect(box.width == 3 && box.height == 3)
      for channel in 0..<3 {
        for y in 0..<3 {
          for x in 0..<3 {
            let pixel = (box.y + y) * layer.network.side + box.x + x
            let weight = weights[((5 * 3 + channel) * 3 + y) * 3 + x]
            #expect(abs(gradient[3 * pixel + channel] - weight) < 1e-6)
          }
        }
      }
    }

    @Test func checkExplainMeasuresBesideARandomOrder() throws {
      let place = try Self.trained()
      #expect(
        place.type(
          "check explain method=[gradcam,saliency] images=2 to=curves.svg\n"
            + "check explain method=gradcam images=1 to=curves.csv") == 0, "\(place.errors)")
      for word in ["gradcam", "saliency", "random order", "after new weights"] {
        #expect(place.output.contains(word))
      }
      let table = try String(contentsOfFile: place.path("curves.csv"), encoding: .utf8)
      #expect(table.split(separator: "\n").count == 22)
      #expect(table.hasPrefix("share,deletion gradcam,insertion gradcam"))
    }

    @Test(arguments: [
      ("explain 2 steps=5 to=x.png", "`steps` is for integrated"),
      ("explain 2 class=purpel to=x.png", "has no class `purpel`"),
      ("explain 2 layer=layer9 to=x.png", "has no layer 'layer9'"),
      ("explain 2 to=x.svg", "images are written as .png"),
      ("explain 2 3 to=x.png", "give one number of images"),
      ("activations units=[1] to=x.png", "`units` are those of one layer"),
      ("activations layer=layer1 units=[999] to=x.png", "has no unit 999"),
      ("filters head maps=3 units=[1] to=x.png", "`maps` is how many"),
      ("excite layer1 on=test to=x.png", "no test images"),
      ("explain 2 method=occlusion window=99 to=x.png", "window=99 is larger"),
      ("explain size=64 to=x.png", "add dense=yes"),
      ("check explain on=val", "no parameter `on`"),
    ])
    func whatCannotBeShownIsSaid(_ line: String, _ message: String) throws {
      let place = try Self.trained()
      #expect(place.type(line) != 0)
      #expect(place.errors.contains(message), "\(place.errors)")
      #expect(!FileManager.default.fileExists(atPath: place.path("x.png")))
    }
  }
}
