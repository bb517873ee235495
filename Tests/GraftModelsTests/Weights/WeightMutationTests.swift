import Foundation
import GraftBase
import Synchronization
import Testing

@testable import GraftModels

/// Damaged weight files end in tensors or in one clear sentence, never in a trap, and take little memory.
///
/// `GRAFT_MUTANTS` is the number for each kind of file, 200 unless it is set. With it, none may take more
/// than two seconds, and the memory of the process is watched: nothing else may run in it then.
@Suite(.serialized) struct WeightMutationTests {
  private static let wanted =
    ProcessInfo.processInfo.environment["GRAFT_MUTANTS"].flatMap(Int.init)
  private static let count = wanted ?? 200
  private static let isSlow = wanted != nil

  /// A copy with up to three changes: bits, cuts, insertions, repetitions, and extreme numbers of four
  /// or eight bytes anywhere.
  private static func mutant(of bytes: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var result = bytes
    for _ in 0..<random.integer(in: 1...3) where !result.isEmpty {
      let place = random.integer(in: 0...(result.count - 1))
      let end = min(result.count, place + random.integer(in: 1...40))
      switch random.integer(in: 0...5) {
      case 0: result[place] ^= 1 << UInt8(random.integer(in: 0...7))
      case 1: result.removeSubrange(place..<end)
      case 2: result.insert(UInt8(truncatingIfNeeded: random.bits()), at: place)
      case 3: result.insert(contentsOf: Array(result[place..<end]), at: place)
      case 4 where random.integer(in: 0...3) == 0: result.removeLast(result.count - place)
      default:
        let numbers: [UInt64] = [0, 1, 1 << 31 - 1, 1 << 32 - 1, 1 << 63 - 1, .max]
        let number = numbers[random.integer(in: 0...5)]
        for offset in 0..<(random.integer(in: 0...1) == 0 ? 4 : 8)
        where place + offset < result.count {
          result[place + offset] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(offset)))
        }
      }
    }
    return result
  }

  @Test(arguments: [
    "torch/types_zip.pth", "torch/types_legacy.pth", "torch/checkpoint_zip.pth",
    "torch/checkpoint_legacy.pth", "safetensors_python.safetensors", "onnx/types.onnx",
  ]) func answersWithTensorsOrASentence(_ name: String) throws {
    let watchdog = Self.isSlow ? Watchdog(seconds: 2) : nil
    defer { watchdog?.stop() }
    let bytes = try RegularFile(path: fixture(name)).readAll(limit: 1 << 20)
    var (accepted, refused) = (0, 0)
    let memory = Self.peakMemory
    for number in 0..<Self.count {
      var random = RandomStream(seed: 5, purpose: .drawing, epoch: bytes.count, sample: number)
      let source = ByteSource(bytes: Self.mutant(of: bytes, &random), name: name)
      watchdog?.begin(number)
      do {
        // Without checksums, so that damage gets past them to what comes after.
        let file = try WeightFile(source, verifyingChecksums: number.isMultiple(of: 2))
        _ = (file.warnings, file.recognizedEncoder == nil)
        let total = file.tensors.values.reduce(0) { $0 + $1.bytes.count }
        #expect(total <= 4 * source.size)
        accepted += 1
      } catch let error as GraftError {
        #expect(!error.message.isEmpty && error.message.utf8.count < 2000)
        #expect(error.code == .input && error.message.contains(name), "\(error.message)")
        refused += 1
      }
    }
    #expect(refused > accepted / 4 && accepted + refused == Self.count)
    guard Self.isSlow else { return }
    let grown = Self.peakMemory - memory
    print("\(name): \(Self.count) mutants, \(refused) refused, memory grew by \(grown.bytesText)")
    #expect(grown < Self.memoryBound, "memory grew by \(grown.bytesText)")
  }

  /// Files of a few kilobytes may not take more, whatever sizes they claim: mostly the shapes of the
  /// encoders that weights are recognized by.
  private static let memoryBound = 64 << 20

  /// The most memory that this process has had, in bytes.
  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}

/// Ends the process where reading one mutant takes too long.
private final class Watchdog: Sendable {
  /// The mutant that is being read, since when; nil when none is any more.
  private let current = Mutex<(number: Int, start: ContinuousClock.Instant)?>((0, .now))

  init(seconds: Int) {
    Thread.detachNewThread { [self] in
      while let (number, start) = current.withLock({ $0 }) {
        Thread.sleep(forTimeInterval: 0.1)
        guard start.duration(to: .now) > .seconds(seconds) else { continue }
        Issue.record("mutant \(number) took more than \(seconds) s")
        exit(EXIT_FAILURE)
      }
    }
  }

  func begin(_ number: Int) { current.withLock { $0 = (number, .now) } }
  func stop() { current.withLock { $0 = nil } }
}
