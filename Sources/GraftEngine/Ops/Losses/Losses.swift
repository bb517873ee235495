import GraftBase

/// What training can minimize: one file, and one line in `Losses.all`.
///
/// Most losses of images with one class are `RowLoss`es and most of pixels `PixelLoss`es, which need no operation of
/// their own. The tests of all losses pick new ones up.
package protocol Loss: Sendable {
  /// The word of `train loss=`; a loss of images and one of pixels may share it.
  var name: String { get }
  /// A few words for help.
  var summary: String { get }
  var task: PredictionTask { get }
  /// Copies of each sample that the loss compares in a batch of training.
  var copiesOfEachSample: Int { get }
  /// Whether classes may be weighted.
  var takesClassWeights: Bool { get }

  /// The operation from logits and labels to one loss per image; weights of classes are in the
  /// labels of images, and in the operation for those of pixels.
  func makeOp(classWeights: [Float]?) -> any Op
}

extension Loss {
  package var copiesOfEachSample: Int { 1 }
  package var takesClassWeights: Bool { true }
}

/// The losses; the first of a task is the one that is minimized unless another is asked for.
package enum Losses {
  package static let all: [any Loss] = [
    CrossEntropyLoss(),
    HingeLoss(isMean: true),
    HingeLoss(isMean: false),
    BinaryLoss(),
    FocalLoss(),
    GeneralizedCrossEntropyLoss(),
    ConsistencyLoss(),
    MultiLabelLoss(),
    PixelCrossEntropyLoss(),
    DiceLoss(),
    CrossEntropyAndDiceLoss(),
  ]

  package static func all(for task: PredictionTask) -> [any Loss] {
    all.filter { $0.task == task }
  }

  package static func usual(for task: PredictionTask) -> any Loss {
    guard let loss = all(for: task).first else { preconditionFailure("a task without losses") }
    return loss
  }

  package static func named(_ name: String, for task: PredictionTask) -> (any Loss)? {
    all(for: task).first { $0.name == name }
  }

  /// All words, each once.
  package static let names: [String] = all.reduce(into: []) { names, loss in
    if !names.contains(loss.name) { names.append(loss.name) }
  }
}
