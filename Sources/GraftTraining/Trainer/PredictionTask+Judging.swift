import GraftBase
import GraftEngine
import GraftKernels

extension PredictionTask {
  /// How many of a batch's labels were predicted correctly, and of how many: of images the heaviest
  /// class of each target, of pixels the label.
  ///
  /// Of any number of labels, each is decided by itself at one half.
  func judged(
    logits: Slice, targets: Slice, classCount: Int
  ) -> (correct: Int, judged: Int) {
    switch self {
    case .classification:
      let count = targets.count / max(1, classCount)
      var correct = 0
      for image in 0..<count
      where logits.maximum(ofRow: image, width: classCount)
        == targets.maximum(ofRow: image, width: classCount)
      {
        correct += 1
      }
      return (correct, count)
    case .multiLabel:
      let count = targets.count
      // A probability of one half is a logit of 0.
      let correct = (0..<count).count {
        (logits.pointer[$0] >= 0) == (targets.pointer[$0] >= 0.5)
      }
      return (correct, count)
    case .segmentation:
      let classes = Int32(classCount)
      return withUnsafeTemporaryAllocation(of: Int64.self, capacity: classCount * classCount) {
        confusion in
        confusion.initialize(repeating: 0)
        graft_dense_count(
          logits.pointer, targets.pointer, targets.count, classes, confusion.baseAddress, nil)
        let hits = (0..<classCount).reduce(0) { $0 + confusion[$1 * classCount + $1] }
        return (Int(hits), Int(confusion.reduce(0, +)))
      }
    }
  }
}
