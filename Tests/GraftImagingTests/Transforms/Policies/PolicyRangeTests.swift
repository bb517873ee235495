import GraftBase
import Testing

@testable import GraftImaging

@Suite struct PolicyRangeTests {
  private func steps(
    _ name: String, _ arguments: [(String?, String)] = [], _ count: Int = 3
  ) throws -> [PolicyOperation: [Double]] {
    let call = TransformCall(
      name: name, arguments: arguments.map { .init(label: $0.0, value: .word($0.1)) })
    let rows = try Pipeline([call]).strengthRows(count)
    guard case .transform(let policy as any PolicyTransform) = try Pipeline([call]).steps[0].action
    else { throw GraftError(.failed, "\(name) is no policy") }
    #expect(rows.map(\.name) == policy.ranges.map(\.operation.rawValue))
    let size = ImageSize(width: 40, height: 30)
    return Dictionary(
      uniqueKeysWithValues: policy.ranges.map { range in
        (range.operation, range.steps(count, size: size, filter: .nearest).map(\.amount))
      })
  }

  /// The ends are torchvision's `_augmentation_space`: 31 bins, at 9 for RandAugment and at 30 for
  /// TrivialAugmentWide.
  @Test func endsAreTorchvisions() throws {
    let rand = try steps("randaugment", [("m", "9")])
    #expect(rand.count == 14)
    #expect(rand[.shearX].map { abs($0[2] - 0.09) < 1e-12 && $0[0] == -$0[2] } == true)
    #expect(rand[.translateX] == [-5, 0, 5])
    #expect(rand[.translateY] == [-4, 0, 4])
    #expect(rand[.rotate]?.first == -9 && rand[.rotate]?.last == 9)
    #expect(rand[.brightness].map { abs($0[2] - 0.27) < 1e-12 } == true)
    #expect(rand[.posterize] == [8, 7])
    #expect(rand[.solarize]?.last == 178.5)
    #expect(rand[.identity] == [0] && rand[.equalize] == [0])
    let wide = try steps("trivialaugment")
    #expect(wide[.shearY] == [-0.99, 0, 0.99])
    #expect(wide[.translateX] == [-32, 0, 32])
    #expect(wide[.rotate] == [-135, 0, 135])
    #expect(wide[.posterize] == [8, 5, 2])
    #expect(wide[.solarize] == [255, 127.5, 0])
  }

  /// What AutoAugment draws stays inside its ranges, and reaches their ends.
  @Test func drawsStayInside() throws {
    for (name, arguments) in [
      ("autoaugment", []), ("autoaugment", [(nil, "svhn")]), ("autoaugment", [(nil, "v0r")]),
      ("autoaugment", [(nil, "3a")]), ("randaugment", [(nil, "rand-m7-inc1")]),
      ("randaugment", [("rules", "tpu")]),
    ] as [(String, [(String?, String)])] {
      let amounts = try steps(name, arguments, 2)
      let call = TransformCall(
        name: name, arguments: arguments.map { .init(label: $0.0, value: .word($0.1)) })
      guard case .transform(let policy) = try Pipeline([call]).steps[0].action else { continue }
      let context = TransformContext(outputSize: ImageSize(width: 40, height: 30))
      for sample in 0..<300 {
        var random = RandomStream(seed: 3, purpose: .augmentation, sample: sample)
        let size = ImageSize(width: 40, height: 30)
        let drawn = policy.sample(size: size, context: context, random: &random)
        for step in (drawn as? PolicyDraw)?.steps ?? [] {
          let ends = try #require(amounts[step.operation], "\(name): \(step.operation)")
          #expect(
            step.amount >= (ends.min() ?? 0) - 1e-9 && step.amount <= (ends.max() ?? 0) + 1e-9,
            "\(call): \(step.text), \(ends)")
        }
      }
    }
  }
}
