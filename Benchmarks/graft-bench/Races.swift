import Foundation
import GraftAlgebra
import GraftBase
import GraftKernels
import Synchronization

/// Every row of the table; a new one is a line here.
struct Races {
  let threads: Int
  /// Where the photographs are.
  let photographs: URL

  var all: [Race] {
    network("resnet18", batch: 32, trained: 2.5, inferred: 1.4)
      + network("resnet50", batch: 16, trained: 1.7)
      + network("mobilenet_v2", batch: 32, trained: 3.5, inferred: 1)
      + network("resnet20", batch: 128, size: 32, trained: 2.5)
      + bf16("resnet18", batch: 32) + bf16("resnet50", batch: 16)
      + bf16("mobilenet_v2", batch: 32)
      + network("vit_small_patch16_224", batch: 16, trained: 1.3)
      + network("swin_t", batch: 16, trained: 1.3)
      + [
        cachedEpoch("resnet18", batch: 32),
        memory("resnet18", batch: 32, .everything, goal: .ratio(atMost: 0.6)),
        memory("resnet18", batch: 32, .headOnly, goal: nil),
        memory("mobilenet_v2", batch: 32, .everything, goal: nil),
        forecast("resnet18", policy: "B"), forecast("mobilenet_v2", policy: "A"),
        scaling("resnet18", batch: 32),
        stepCosts("resnet18", batch: 8, "allocations") { try StepCosts.allocations(during: $0) },
        stepCosts("resnet18", batch: 8, "page faults") { try StepCosts.pageFaults(during: $0) },
        start, neighbors(width: 512), neighbors(width: 1280),
        augmentation(
          .basic, "crop + flip + normalize", .ratio(atLeast: 3, of: "torchvision")),
        augmentation(
          .randaugment, "RandAugment(2, 9)", .ratio(atLeast: 3, of: "torchvision")),
        augmentation(.heavy, "heavy pipeline", .ratio(atLeast: 3, of: "Albumentations")),
        augmentation(
          .jpeg, "JPEG to tensor", .ratio(atLeast: 1.3, of: "OpenCV")),
        augmentation(
          .jpegFast, "JPEG to tensor, scaled decoding", .ratio(atLeast: 2.5, of: "OpenCV")),
        augmentationScaling(.heavy, "heavy pipeline"),
      ]
      + [(50_176, 64, 64), (12_544, 128, 512), (3136, 256, 1024), (784, 2048, 512)].map(product)
  }

  /// Training all, training the head and inference of one network.
  private func network(
    _ encoder: String, batch: Int, size: Int = 224, trained: Double, inferred: Double? = nil
  ) -> [Race] {
    func entry(_ variant: NetworkWork.Variant, _ goal: Goal?) -> Race.Entry {
      Race.Entry(title: "\(encoder) \(batch) × \(size)², \(variant.title)", goal: goal) {
        let work = try NetworkWork(
          encoder: encoder, batch: batch, size: size, variant: variant,
          pool: ThreadPool(threads: threads))
        return work.rate
      }
    }
    func pytorch(_ variant: String) -> Peer.Job {
      Peer.Job(
        script: "steps", arguments: [encoder, "\(batch)", "\(size)", variant, "\(threads)"])
    }
    return [
      Race(
        name: "\(encoder)-b",
        entries: [
          entry(.everything, .ratio(atLeast: trained)), entry(.everythingFixedStatistics, nil),
        ], peer: pytorch("B")),
      Race(
        name: "\(encoder)-a", entries: [entry(.headOnly, .ratio(atLeast: 2))], peer: pytorch("A")),
      Race(
        name: "\(encoder)-inference",
        entries: [entry(.inference, inferred.map { .ratio(atLeast: $0) })],
        peer: Peer.Job(
          script: "runtimes", arguments: [encoder, "\(batch)", "\(size)", "\(threads)"])),
    ]
  }

  /// The same network in bfloat16, where peers have it too.
  private func bf16(_ encoder: String, batch: Int) -> [Race] {
    func entry(_ variant: NetworkWork.Variant, _ goal: Goal) -> Race.Entry {
      Race.Entry(title: "\(encoder) \(batch) × 224², \(variant.title), bf16", goal: goal) {
        try NetworkWork(
          encoder: encoder, batch: batch, size: 224, variant: variant, precision: .bf16,
          pool: ThreadPool(threads: threads)
        ).rate
      }
    }
    let arguments = [encoder, "\(batch)", "224"]
    return [
      Race(
        name: "\(encoder)-b-bf16", entries: [entry(.everything, .ratio(atLeast: 2.5))],
        peer: Peer.Job(script: "steps", arguments: arguments + ["B", "\(threads)", "bf16"])),
      Race(
        name: "\(encoder)-inference-bf16", entries: [entry(.inference, .ratio(atLeast: 1.2))],
        peer: Peer.Job(script: "runtimes", arguments: arguments + ["\(threads)", "bf16"])),
    ]
  }

  /// An epoch on stored features, after the first, against PyTorch's epoch with a frozen encoder.
  private func cachedEpoch(_ encoder: String, batch: Int) -> Race {
    Race(
      name: "\(encoder)-features",
      entries: [
        Race.Entry(
          title: "\(encoder) \(batch) × 224², A, on stored features", goal: .ratio(atLeast: 100)
        ) {
          try NetworkWork(headOf: encoder, batch: batch, pool: ThreadPool(threads: threads)).rate
        }
      ],
      peer: Peer.Job(
        script: "steps", arguments: [encoder, "\(batch)", "224", "A", "\(threads)"]))
  }

  private func memory(
    _ encoder: String, batch: Int, _ variant: NetworkWork.Variant, goal: Goal?
  ) -> Race {
    Race(
      name: "\(encoder)-\(variant.rawValue.lowercased())-memory", unit: .bytes,
      entries: [
        Race.Entry(title: "\(encoder) \(batch) × 224², \(variant.title), peak memory", goal: goal) {
          { _ in
            try ProcessWork.peakBytes(
              encoder: encoder, batch: batch, size: 224, variant: variant, threads: threads)
          }
        }
      ],
      peer: Peer.Job(
        script: "memory",
        arguments: [encoder, "\(batch)", "224", variant.rawValue, "\(threads)"]),
      repeats: false)
  }

  /// Peak memory of a whole training against what `check` says before it.
  private func forecast(_ encoder: String, policy: String) -> Race {
    let recipe = """
      encoder \(encoder) weights=random size=224
      data demo:shapes
      augment flip
      policy \(policy)
      train epochs=1 batch=32 stop=4
      """
    return Race(
      name: "\(encoder)-forecast", unit: .percent,
      entries: [
        Race.Entry(
          title: "\(encoder) 32 × 224², \(policy), peak memory off its forecast",
          goal: .number(atMost: 5)
        ) { { _ in try ProcessWork.forecastError(recipe, threads: threads) } }
      ], repeats: false)
  }

  private func scaling(_ encoder: String, batch: Int) -> Race {
    Race(
      name: "\(encoder)-threads", unit: .times,
      entries: [
        Race.Entry(
          title: "\(encoder) \(batch) × 224², B, 1 → 2 threads", goal: .number(atLeast: 1.9)
        ) {
          let one = try work(encoder, batch: batch, threads: 1)
          let two = try work(encoder, batch: batch, threads: 2)
          return { seconds in two.rate(seconds: seconds) / one.rate(seconds: seconds) }
        }
      ])
  }

  /// What an update of a trainer needs from the system.
  private func stepCosts(
    _ encoder: String, batch: Int, _ what: String,
    _ count: @escaping (() throws -> Void) throws -> Double
  ) -> Race {
    Race(
      name: "\(encoder)-\(what.replacing(" ", with: "-"))", unit: .count,
      entries: [
        Race.Entry(
          title: "\(encoder) \(batch) × 224², B, \(what)", goal: .number(atMost: 0)
        ) {
          let work = try TrainerWork(
            encoder: encoder, batch: batch, size: 224, policy: .uniform,
            pool: ThreadPool(threads: threads))
          return { _ in try count(work.update) }
        }
      ], repeats: false)
  }

  private func work(_ encoder: String, batch: Int, threads: Int) throws -> NetworkWork {
    try NetworkWork(
      encoder: encoder, batch: batch, size: 224, variant: .everything,
      pool: ThreadPool(threads: threads))
  }

  private var start: Race {
    Race(
      name: "start", unit: .milliseconds,
      entries: [
        Race.Entry(title: "start of the program to its prompt", goal: .number(atMost: 50)) {
          { _ in try ProcessWork.startMilliseconds() }
        }
      ])
  }

  /// One query of `neighbors`, its features known.
  private func neighbors(width: Int) -> Race {
    Race(
      name: "neighbors-\(width)", unit: .milliseconds,
      entries: [
        Race.Entry(
          title: "nearest of 100,000 images, \(width) features", goal: .number(atMost: 100)
        ) {
          let work = try NeighborWork(
            images: 100_000, width: width, pool: ThreadPool(threads: threads))
          return work.milliseconds
        }
      ])
  }

  /// Graft's micro-kernel and OpenBLAS's, which has its loops for AVX-512 here where there are some.
  private func product(pixels: Int, inputs: Int, outputs: Int) -> Race {
    let title = "product of \(pixels) pixels, \(inputs) → \(outputs), 1 thread"
    func work() -> ProductWork { ProductWork(pixels: pixels, inputs: inputs, outputs: outputs) }
    return Race(
      name: "product-\(inputs)-\(outputs)", unit: .gigaflops,
      entries: [
        Race.Entry(title: title) {
          let work = work()
          return work.own
        },
        Race.Entry(title: "\(title), OpenBLAS") {
          let algebra = try LinearAlgebra(
            core: Processor.networks == "AVX-512" ? "SkylakeX" : nil)
          let work = work()
          return { seconds in work.openBLAS(algebra, seconds: seconds) }
        },
      ])
  }

  private func augmentation(_ kind: AugmentationWork.Kind, _ title: String, _ goal: Goal) -> Race {
    Race(
      name: kind.rawValue,
      entries: [
        Race.Entry(title: "\(title), 1 thread", goal: goal) {
          let work = try AugmentationWork(kind, folder: photographs)
          return work.rate
        }
      ], peer: Peer.Job(script: "augmentation", arguments: [kind.rawValue, photographs.path]))
  }

  /// What two threads augment together, against one.
  private func augmentationScaling(_ kind: AugmentationWork.Kind, _ title: String) -> Race {
    Race(
      name: "\(kind.rawValue)-threads", unit: .times,
      entries: [
        Race.Entry(title: "\(title), 1 → 2 threads", goal: .number(atLeast: 1.9)) {
          let works = try (0..<2).map { _ in try AugmentationWork(kind, folder: photographs) }
          let pool = ThreadPool(threads: 2)
          return { seconds in
            let one = try works[0].rate(seconds: seconds)
            let rates = Mutex([0.0, 0.0])
            let failure = Mutex<(any Error)?>(nil)
            pool.forEach(2, lending: works) { index, _, works in
              do {
                let rate = try works[index].rate(seconds: seconds)
                rates.withLock { $0[index] = rate }
              } catch {
                failure.withLock { $0 = error }
              }
            }
            if let error = failure.withLock({ $0 }) { throw error }
            return rates.withLock { $0.reduce(0, +) } / one
          }
        }
      ])
  }
}
