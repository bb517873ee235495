import Foundation
import GraftBase
import GraftImaging
import GraftPlots
import Testing

@testable import GraftTraining
@testable import GraftWorkbench

/// Plots pixel for pixel as they were when someone looked at them, with the font pinned.
///
/// `GRAFT_WRITE_GOLDEN=1 swift test --filter GoldenPlotTests` draws them again: look at them before they are
/// committed.
@Suite struct GoldenPlotTests {
  @Test(.enabled(if: PinnedFont.isInstalled, PinnedFont.help))
  func plotsAreThoseThatWereLookedAt() throws {
    for (name, plot, theme) in try GoldenPlots.all {
      let drawn = try plot.canvas(theme: theme).image()
      let path = GoldenPlots.folder + "/\(name).png"
      if ProcessInfo.processInfo.environment["GRAFT_WRITE_GOLDEN"] != nil {
        try ImageFile.writePNG(drawn, to: path)
      }
      let difference = GoldenPlots.largestDifference(drawn, try ImageFile.read(path))
      let copy = NSTemporaryDirectory() + "/\(name).png"
      // Cairo's loops for other processors may round differently; a letter at another place is 255.
      let isEqual = difference <= 8
      if !isEqual { try ImageFile.writePNG(drawn, to: copy) }
      #expect(isEqual, "\(name): pixels differ by \(difference) of 255; what was drawn is \(copy)")
    }
  }
}

/// DejaVu Sans of the package that `scripts/setup` installs: drawings ask for it by name and without hints, so that
/// where it is installed no other font and no setting takes part.
enum PinnedFont {
  private static let folder = "/usr/share/fonts/truetype/dejavu"
  private static let files = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]

  static var isInstalled: Bool {
    files.allSatisfy { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
  }

  static let help: Comment =
    "golden plots are NOT compared: DejaVu Sans is missing; apt-get install fonts-dejavu-core"
}

/// Small plots of numbers that are written here.
enum GoldenPlots {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden").path

  static var all: [(name: String, plot: Plot, theme: PlotTheme)] {
    get throws {
      [
        ("loss", small(try loss), .light), ("confusion", small(confusion), .light),
        ("sweep", small(sweep), .dark), ("parallel", small(parallel), .light),
      ]
    }
  }

  /// Of small files, and still with all parts.
  private static func small(_ plot: Plot) -> Plot {
    var plot = plot
    plot.size = PlotSize(width: 480, height: 340)
    return plot
  }

  /// Two runs, one of which has an epoch without a number and one a single epoch.
  private static var loss: Plot {
    get throws {
      let falling = (1...8).map { 2.4 / Double($0) + 0.1 }
      func run(_ name: String, _ losses: [Double]) -> EpochCurves.Run {
        let records = losses.enumerated().map { index, loss in
          EpochRecord(
            epoch: index + 1, step: 10 * (index + 1), trainLoss: loss,
            trainAccuracy: Proportion(1, of: 2), validationLoss: loss + 0.3,
            validationAccuracy: Proportion(1, of: 2))
        }
        return EpochCurves.Run(
          name: name, records: records, train: losses, validation: losses.map { $0 + 0.3 })
      }
      var broken = falling
      broken[4] = .infinity
      return try EpochCurves(
        kind: "loss", title: "Loss", subtitle: "Numbers that were chosen", valueName: "Mean loss",
        style: .plain, isLargerBetter: false,
        runs: [run("A", broken), run("once", [1.4]), run("B", falling.map { 0.6 * $0 + 0.5 })]
      ).plot
    }
  }

  private static var confusion: Plot {
    ConfusionPlot.plot(
      ConfusionPlot.ClassCounts(
        classes: ["ants", "bees", "a class with a long name", "قطة"],
        counts: [[9, 1, 0, 0], [2, 7, 0, 1], [0, 0, 12, 0], [1, 0, 3, 4]], unit: "images"),
      accuracy: Proportion(32, of: 40), title: "Confusion")
  }

  private static let trials = (0..<8).map { index in
    SweepPlot.Trial(
      run: "sweep_\(index + 1)",
      values: ["\(["1e-4", "1e-3", "1e-2", "1e-1"][index % 4])", "\(0.01 * Double(index))"],
      score: 0.9 - 0.06 * Double(index),
      range: 0.85 - 0.06 * Double(index)...0.94 - 0.06 * Double(index), isFinished: index < 4)
  }

  private static var sweep: Plot {
    SweepPlot.plot(
      keys: ["lr"], trials: trials, metric: "accuracy", isShare: true, caption: "One value")
  }

  private static var parallel: Plot {
    SweepPlot.plot(
      keys: ["lr", "decay"], trials: trials, metric: "accuracy", isShare: true,
      caption: "Two values")
  }

  /// Of two images of one size, over all channels; 255 for others.
  static func largestDifference(_ one: Image, _ other: Image) -> Int {
    guard one.size == other.size, one.pixels.count == other.pixels.count else { return 255 }
    return zip(one.pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
  }
}
