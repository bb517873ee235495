import ArgumentParser
import GraftEngine
import GraftKernels

/// Measures how many images a second the engine takes through a network.
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graft-bench",
    abstract: "Images a second in inference, with a frozen encoder (A) and training all (B).",
    discussion: "graft-bench resnet20 --batch 128 --size 32 --profile")

  @Argument(help: "The encoder, such as resnet20, resnet18 or mobilenet_v2.")
  var encoder: String
  @Option(help: "Images a step.")
  var batch = 32
  @Option(help: "The side of the images in pixels.")
  var size = 224
  @Option(help: "Timed steps; the median counts, one more warms up.")
  var steps = 6
  @Option(help: "Threads to compute with.")
  var threads = 2
  @Option(help: "Only this variant: inference, A, B or 'B, fixed statistics'.")
  var variant: String?
  @Option(help: "fp32 or bf16.")
  var precision = "fp32"
  @Flag(help: "Also print the time of each kind of operation.")
  var profile = false

  func validate() throws {
    guard batch > 0, steps > 0, (1...1024).contains(threads), (16...4096).contains(size) else {
      throw ValidationError("batch, steps, threads and size must be positive and of a usual size")
    }
  }

  func run() throws {
    guard let precision = Precision(rawValue: precision) else {
      throw ValidationError("the precision is fp32 or bf16")
    }
    let pool = ThreadPool(threads: threads)
    for variant in Measurement.Variant.allCases
    where self.variant == nil || self.variant == variant.rawValue {
      let measurement = try Measurement(
        encoder: encoder, batch: batch, size: size, variant: variant,
        precision: precision, pool: pool)
      print(measurement.run(steps: steps))
      if profile { print(measurement.plan.profile()) }
    }
  }
}

Benchmark.main()
