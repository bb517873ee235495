import ArgumentParser
import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftTraining

/// Measures Graft against its goals and against other libraries, or one network in detail.
struct GraftBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graft-bench",
    abstract: "Graft's speed and memory against its goals and against other libraries.",
    discussion: """
      graft-bench                              every row of the goals
      graft-bench --peers PYTHON               the same, with ratios to that Python's libraries
      graft-bench resnet18 --profile           one network in all variants, step by step

      Graft and its peers take turns, so that what disturbs one disturbs all. Numbers are medians \
      of rounds, ratios medians of the rounds' ratios; PyTorch counts in the better of its two \
      memory layouts.
      """)

  @ArgumentParser.Argument(
    help: "An encoder to measure alone, such as resnet18; all goals without it.")
  var encoder: String?
  @Option(help: "Threads to compute with.")
  var threads = 2
  @OptionGroup(title: "All goals")
  var goals: GoalOptions
  @OptionGroup(title: "One encoder")
  var network: NetworkOptions

  func validate() throws {
    guard network.batch > 0, network.steps > 0, (1...1024).contains(threads),
      (16...4096).contains(network.size), goals.rounds > 0, goals.seconds > 0
    else {
      throw ValidationError("batch, steps, threads, size and rounds are outside the usual range")
    }
  }

  func run() throws {
    try Processor.checkLimit(in: ProcessInfo.processInfo.environment)
    if let encoder {
      try network.run(encoder, threads: threads)
    } else {
      try goals.run(threads: threads)
    }
  }
}

/// The table of all goals.
struct GoalOptions: ParsableArguments {
  @Option(help: "The Python whose libraries are measured in turn with Graft.")
  var peers: String?
  @Option(parsing: .upToNextOption, help: "Only rows whose names begin with one of these words.")
  var only: [String] = []
  @Flag(help: "Print the table as Markdown, for docs/benchmarks.md.")
  var markdown = false
  @Option(help: "Keep all numbers in this file.")
  var json: String?
  @Option(help: "A folder of photographs for the augmentation rows; without them, built-in images.")
  var photos: String?
  @Option(help: "Measured rounds, after one to warm up.")
  var rounds = 5
  @Option(help: "Seconds per turn.")
  var seconds = 1.0

  func run(threads: Int) throws {
    let drawn = FileManager.default.temporaryDirectory
      .appending(path: "graft-bench-\(ProcessInfo.processInfo.processIdentifier)")
    defer { try? FileManager.default.removeItem(at: drawn) }
    let races = Races(threads: threads, photographs: photos.map { URL(filePath: $0) } ?? drawn)
    let chosen = races.all.filter { race in
      only.isEmpty || only.contains { race.name.hasPrefix($0) }
    }
    guard !chosen.isEmpty else {
      let names = races.all.map(\.name).joined(separator: " ")
      throw ValidationError("no row begins with \(only.joined(separator: " or ")); rows: \(names)")
    }
    if photos == nil {
      try FileManager.default.createDirectory(at: drawn, withIntermediateDirectories: true)
      try AugmentationWork.drawPhotographs(into: drawn)
    }
    // A peer that dies must not end the benchmark.
    signal(SIGPIPE, SIG_IGN)
    var rows: [Row] = []
    var unmeasured: [String: String] = [:]
    var load = [Machine.load]
    for race in chosen {
      FileHandle.standardError.write(Data("\(race.name)\n".utf8))
      do {
        rows += try race.run(Conditions(python: peers, rounds: rounds, seconds: seconds))
      } catch let error as GraftError {
        // One row that cannot be measured must not cost the others.
        unmeasured[race.name] = error.message
      }
      load.append(Machine.load)
    }
    let report = Report(
      machine: Machine(threads: threads, python: peers, load: load), rows: rows,
      unmeasured: unmeasured)
    print(markdown ? report.markdown : report.text)
    if let json { try report.write(to: json) }
  }
}

/// One network in detail.
struct NetworkOptions: ParsableArguments {
  @Option(help: "Images per step.")
  var batch = 32
  @Option(help: "Width and height of the images in pixels.")
  var size = 224
  @Option(help: "Timed steps, of which the median counts, after one to warm up.")
  var steps = 6
  @Option(help: "Only this variant: inference, A, B, or fixed (B with fixed statistics).")
  var variant: NetworkWork.Variant?
  @Option(help: "Precision of products: fp32 or bf16.")
  var precision = Precision.fp32
  @Flag(help: "Also print the time of each kind of step, by operation and shape, and its rate.")
  var profile = false
  @Flag(help: "Also print malloc calls and page faults per step.")
  var costs = false
  @Flag(help: "Also print the highest resident memory of this process, in bytes.")
  var peak = false

  func run(_ encoder: String, threads: Int) throws {
    let pool = ThreadPool(threads: threads)
    for variant in variant.map({ [$0] }) ?? NetworkWork.Variant.allCases {
      let work = try NetworkWork(
        encoder: encoder, batch: batch, size: size, variant: variant, precision: precision,
        pool: pool)
      print(work.report(steps: steps))
      if profile { print(work.plan.profile()) }
      if costs {
        let allocations = StepCosts.allocations(during: work.step).fixedText(0)
        let faults = StepCosts.pageFaults(during: work.step).fixedText(0)
        print("  a step: \(allocations) allocations, \(faults) page faults")
      }
    }
    if costs {
      for policy in [Policy.headOnly, .uniform] {
        let work = try TrainerWork(
          encoder: encoder, batch: batch, size: size, policy: policy, pool: pool)
        let allocations = try StepCosts.allocations(during: work.update).fixedText(0)
        print("an update of a trainer by \(policy.letter): \(allocations) allocations")
      }
    }
    if peak { print(ResourceMeter.peakBytes) }
  }
}

GraftBench.main()
