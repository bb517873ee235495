import GraftBase
import GraftImaging
import GraftKernels
import Testing

@testable import GraftTraining

@Suite struct SegmentationScoresTests {
  private func scores(
    _ classes: Int, _ images: [(logits: [Float], labels: [Float])]
  ) -> SegmentationScores {
    var scores = SegmentationScores(classes: (0..<classes).map { "c\($0)" })
    for (index, image) in images.enumerated() {
      var (logits, labels) = image
      logits.withUnsafeMutableBufferPointer { logits in
        labels.withUnsafeMutableBufferPointer { labels in
          guard let x = logits.baseAddress, let t = labels.baseAddress else { return }
          scores.add(
            sample: index, logits: Slice(x, count: logits.count),
            labels: Slice(t, count: labels.count), loss: Float(index))
        }
      }
    }
    return scores
  }

  @Test func countsArePixels() {
    // Predictions 0 1 1 0 2, the last but one of nothing known.
    let logits: [Float] = [3, 1, 0, 0, 2, 1, 0, 5, 0, 1, 0, 0, 0, 0, 1]
    let result = scores(3, [(logits, [0, 1, 0, 255, 2])])
    #expect(result.accuracy == Proportion(3, of: 4))
    #expect(result.scores.map(\.overlap) == [0.5, 0.5, 1])
    #expect(result.scores.map(\.dice) == [2.0 / 3, 2.0 / 3, 1])
    #expect(abs(result.meanOverlap - 2.0 / 3) < 1e-12)
    #expect(result.areaUnderCurve == nil && result.count == 1)
  }

  @Test func absentClassesDoNotCount() {
    let result = scores(3, [([1, 0, 0, 1, 0, 0], [0, 0])])
    #expect(result.meanOverlap == 1)
    #expect(scores(2, []).accuracy.total == 0 && scores(2, []).meanLoss == 0)
  }

  @Test func areaUnderTheCurveIsTheShareOfOrderedPairs() throws {
    var random = RandomStream(seed: 1, purpose: .drawing)
    var (logits, labels): ([Float], [Float]) = ([], [])
    for _ in 0..<400 {
      let label = random.gate(0.3) ? 1 : 0
      logits += [0, Float((random.uniform(-2...2) + Double(label)).rounded() / 2)]
      labels.append(Float(label))
    }
    let result = scores(2, [(logits, labels)])
    var (pairs, ordered) = (0.0, 0.0)
    for i in 0..<400 where labels[i] == 1 {
      for j in 0..<400 where labels[j] == 0 {
        pairs += 1
        let (a, b) = (logits[2 * i + 1], logits[2 * j + 1])
        ordered += a > b ? 1 : a == b ? 0.5 : 0
      }
    }
    #expect(abs(try #require(result.areaUnderCurve) - ordered / pairs) < 1e-9)
  }

  @Test func largeImageAreCutIntoPartsWhoseCoresCoverThem() {
    let size = ImageSize(width: 1700, height: 900)
    let parts = ImagePart.parts(of: size)
    #expect(parts.count == 6)
    #expect(parts.reduce(0) { $0 + $1.core.width * $1.core.height } == 1700 * 900)
    for part in parts {
      #expect(part.window.isInside(size))
      #expect(part.core.x >= part.window.x && part.core.y >= part.window.y)
    }
    #expect(ImagePart.parts(of: ImageSize(width: 1000, height: 1000)).count == 1)
  }
}
