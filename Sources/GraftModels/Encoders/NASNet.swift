import GraftBase
import GraftEngine

/// NASNet-A: two kinds of cells found by search, stacked (Zoph et al., 2018), with timm's names.
///
/// Windows that shrink an image are padded as TensorFlow does it.
package struct NASNet: Encoder {
  private let stem: (convolution: Convolution, norm: BatchNorm)
  private let firstCell, secondCell: Cell
  /// Each stage's cells, and the reduction before it.
  private let stages: [(reduction: Cell?, cells: [Cell])]
  private let skipsReduction: Bool
  private let activation: PlainLayer

  /// - Parameters:
  ///   - width: channels of a branch in the first stage.
  ///   - cellCount: normal cells per stage.
  ///   - skipsReduction: whether the cell after a reduction also reads the last cell but one before
  ///     it, not the last.
  package init(
    _ scope: Scope, channels: Int, stem: Int, width: Int, cellCount: Int, skipsReduction: Bool
  ) {
    self.stem = (
      Convolution(
        scope["conv0"]["conv"], from: channels, to: stem, kernel: 3, stride: 2,
        start: .torchDefault),
      BatchNorm(scope["conv0"]["bn"], channels: stem, epsilon: 0.001)
    )
    firstCell = Cell.stem0(scope["cell_stem_0"], stem: stem, width: width / 4)
    secondCell = Cell.stem1(scope["cell_stem_1"], stem: stem, width: width / 2)
    // Channels of what the next cell reads: the last output, and the one before.
    var (last, before) = (2 * width, width)
    stages = (0..<3).map { stage in
      let width = width << stage
      var reduction: Cell?
      if stage > 0 {
        reduction = Cell.reduction(
          scope["reduction_cell_\(stage - 1)"], from: last, and: before, width: width)
        if !skipsReduction { before = last }
        last = 4 * width
      }
      let cells = (0..<cellCount).map { index in
        defer { (last, before) = (6 * width, last) }
        let place = scope["cell_\(6 * stage + index)"]
        return index == 0
          ? Cell.first(place, from: last, and: before, width: width)
          : Cell.normal(place, from: last, and: before, width: width)
      }
      return (reduction, cells)
    }
    self.skipsReduction = skipsReduction
    activation = .relu(scope["act"])
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    let x0 = try stem.norm(stem.convolution(image))
    var before = try firstCell(x0, x0)
    var x = try secondCell(before, x0)
    for stage in stages {
      if let reduction = stage.reduction {
        let reduced = try reduction(x, before)
        if !skipsReduction { before = x }
        x = reduced
      }
      for cell in stage.cells { (before, x) = (x, try cell(x, before)) }
    }
    return try activation(x)
  }
}

extension NASNet {
  package static let specs = [
    spec(
      "nasnet_mobile", parameterCount: 5_289_978, stem: 32, width: 44, cellCount: 4,
      skipsReduction: false, input: .imageNet.sized(224, from: 256)),
    spec(
      "nasnet_large", parameterCount: 88_753_150, stem: 96, width: 168, cellCount: 6,
      skipsReduction: true, input: .imageNet.sized(331, from: 363)),
  ]

  private static func spec(
    _ name: String, parameterCount: Int, stem: Int, width: Int, cellCount: Int,
    skipsReduction: Bool, input: ImageInput
  ) -> EncoderSpec {
    func stage(_ index: Int) -> EncoderSpec.Stage {
      EncoderSpec.Stage(
        "stage\(index + 1)",
        (index > 0 ? ["reduction_cell_\(index - 1)"] : [])
          + (0..<cellCount).map { "cell_\(6 * index + $0)" } + (index == 2 ? ["act"] : []))
    }
    return EncoderSpec(
      name: name, family: "NASNet", summary: "cells found by search, Zoph 2018",
      parameterCount: parameterCount,
      stages: [.init("stem", "conv0", "cell_stem_0", "cell_stem_1")] + (0...2).map(stage),
      featureWidth: 24 * width, input: input.filtered(by: .bicubic).normalizedToUnit(),
      classifierPrefix: ["last_linear"], linearHeadPath: "last_linear", ownClassCount: 1000,
      makeEncoder: {
        NASNet(
          $0, channels: $1, stem: stem, width: width, cellCount: cellCount,
          skipsReduction: skipsReduction)
      },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope, linear: Linear(scope["last_linear"], from: 24 * width, to: classCount))
      })
  }
}
