import Foundation
import GraftBase
import Testing

@testable import GraftTraining
@testable import GraftWorkbench

extension EndToEnd {
  /// Runs whose layers, images or length change: gradual unfreezing, `size=`, `depth=`, `budget=`.
  @Suite struct PhasesTests {
    private static let gradual = "train policy=gradual epochs=6 lr=0.01 batch=16 augment=flip"

    /// Gradual unfreezing is a series of ordinary trainings, each on the weights of the one before.
    @Test func gradualUnfreezingIsASeriesOfTrainings() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type(Self.gradual + " as=G") == 0, "\(place.errors)")
      for (phase, frozen) in [95, 65, 35, 5].enumerated() {
        #expect(
          place.output.contains("G: phase \(phase + 1): 0 of \(frozen) frozen tensors changed; all")
        )
      }
      #expect(place.output.contains("G: phase 5: nothing was frozen; all"))
      let series = try Workplace()
      series.type(Workplace.ingredients)
      let stages = ["stem", "layer1", "layer2", "layer3"]
      for index in 0..<5 {
        let lines = """
          policy C lr=\(index == 0 ? 0.01 : 0.005) decay=0.385
          \(stages.dropLast(index).map { "freeze \($0)" }.joined(separator: "\n"))
          train epochs=\(index == 4 ? 2 : 1) batch=16 augment=flip as=P\(index) \
          \(index > 0 ? "from=P\(index - 1)" : "")
          """
        #expect(series.type(lines) == 0, "\(series.errors)")
      }
      #expect(try series.hash("P4") == place.hash("G"))
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("G") == place.hash("G"))
    }

    @Test(arguments: [1, 2, 3, 7, 10])
    func aStopInAnyPhaseResumes(_ stop: Int) throws {
      let line = Self.gradual + " size=16..24 keep=best ema=0.5"
      let whole = try StoppingTests.uninterrupted(line + " as=G", run: "G")
      let place = try Workplace()
      place.type(Workplace.ingredients + "\n" + line + " as=G stop=\(stop)")
      #expect(place.type("resume") == 0, "\(place.errors)")
      #expect(try place.hash("G") == whole)
    }

    @Test func imagesGrowAndAreValidatedAtFullSize() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      let train = "train policy=B epochs=4 batch=16 augment=none"
      #expect(place.type("\(train) size=16..24 as=S\n\(train) as=P") == 0, "\(place.errors)")
      #expect(try place.hash("S") != place.hash("P"))
      #expect(
        place.errors.contains("S: training images grow: 16 px for 2 epochs, 20 px, 24 px\n"),
        "\(place.errors)")
      #expect(try place.session.requireRun("S").model.input.side == 24)
      // A single size is that of the encoder for this run.
      #expect(place.type("\(train) size=24 as=T") == 0, "\(place.errors)")
      #expect(try place.session.requireRun("T").model.input.side == 24)
      let other = try Workplace()
      other.type("encoder resnet20 weights=random size=24\ndata demo:shapes limit=40")
      #expect(other.type("\(train) as=T") == 0)
      #expect(try other.hash("T") == place.hash("T"))
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("S") == place.hash("S"))
    }

    @Test func aNetworkOfOneSizeRefusesOthers() throws {
      let place = try Workplace()
      place.type("encoder net(\"[conv(8) relu pool]*2 fc(16) relu\")\ndata demo:shapes limit=40")
      #expect(place.type("train policy=B epochs=3 size=24..32") == 2)
      #expect(place.errors.contains("cannot take images of 24 px"), "\(place.errors)")
      #expect(place.session.workbench.runs.isEmpty)
    }

    @Test func aBudgetIsRecordedAsWhatItChose() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type("train policy=B batch=16 budget=1s as=B") == 0, "\(place.errors)")
      #expect(place.errors.contains("budget: "), "\(place.errors)")
      #expect(!place.recipe.contains("budget"))
      let epochs = try place.session.requireRun("B").prepared?.phases[0].settings.epochs
      #expect(place.recipe.contains("epochs=\(epochs ?? 0) depth="), "\(place.recipe)")
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("B") == place.hash("B"))
      #expect(again.recipe == place.recipe)
    }

    @Test func whatABudgetCannotDoIsSaid() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type("train policy=gradual budget=1m") == 2)
      #expect(place.errors.contains("budget= cannot choose the epochs of several phases"))
      #expect(place.type("train policy=B epochs=100000 budget=1s") == 1)
      #expect(place.errors.contains("is too short: 100000 epochs take about"), "\(place.errors)")
      #expect(place.type("train policy=A depth=3") == 2)
      #expect(place.errors.contains("depth=3 is more than policy A trains: 1 group"))
      #expect(place.session.workbench.runs.isEmpty)
    }

    /// A run whose head is frozen cannot be of variant A.
    @Test func aVariantThatCannotBeTrainedIsLeftOut() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients + "\npolicy B\nfreeze head")
      #expect(place.type("train epochs=2 batch=16 augment=none stop=1 as=B") == 0)
      let run = try #require(place.session.requireRun("B").prepared)
      let forecast = try #require(
        try run.forecastOfVariants(
          secondsPerEpoch: 1, resident: 0, cache: nil, pool: place.session.pool))
      #expect(forecast.others.map(\.variant) == [.discriminative])
      let text = Workplace.ingredients + "\npolicy B ; freeze head ; train epochs=1"
      let recipe = SourceFile(name: "frozen.graft", text: text, folder: place.folder)
      #expect(try Executor(Workplace().session).check(recipe) == 0)
    }

    @Test func forecastsAreInProportionToTheWork() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients + "\npolicy B")
      #expect(place.type("train epochs=5 batch=16 augment=none stop=1 as=B") == 0)
      let run = try #require(place.session.requireRun("B").prepared)
      let forecast = try #require(
        try run.forecastOfVariants(
          secondsPerEpoch: 10, resident: 0, cache: place.session.workbench.features,
          pool: place.session.pool))
      #expect(forecast.own.variant == .uniform)
      #expect(forecast.others.map(\.variant) == [.headOnly, .discriminative])
      // Five epochs of updates, and five validations at about a third of an update's work each.
      #expect((50...70).contains(forecast.own.seconds))
      #expect(forecast.others[0].seconds < 10, "one pass forward over the images, then features")
      #expect(forecast.others[1].seconds == forecast.own.seconds)
      #expect(forecast.others[0].bytes < forecast.own.bytes)
    }
  }
}
