import Testing

@testable import GraftWorkbench

@Suite struct ReceiptTests {
  @Test(arguments: [
    ("val.accuracy 0.921, weights 1a2b", "val.accuracy 0.921, weights 1a2b", true, true),
    ("val.accuracy 0.921, weights 1a2b", "val.accuracy 0.921, weights 9f00", false, true),
    ("val.accuracy 0.921", "val.accuracy 0.916", false, true),
    ("val.accuracy 0.921", "val.accuracy 0.915", false, false),
    ("val.accuracy 0.921", "test.accuracy 0.921", false, false),
    ("val.accuracy 0.921", "weights 1a2b", false, false),
    ("val.accuracy 0.921, weights 1a2b", "val.accuracy 0.921", false, false),
    ("12 images, 2 classes", "13 images, 2 classes", false, false),
    ("12 images, 2 classes, 9c41", "12 images, 2 classes, 9c42", false, false),
    // Times are for the reader.
    ("val.accuracy 0.921, 1m12s", "val.accuracy 0.921", true, true),
    ("0m12s, weights 1a2b, 2h05m, 0.4s", "weights 1a2b, 3s", true, true),
    ("weights 1a2b, 5x", "weights 1a2b", false, false),
    ("val.accuracy 1.000", "", false, false),
  ])
  func agreement(_ left: String, _ right: String, isExact: Bool, isNear: Bool) {
    for (left, right) in [(left, right), (right, left)] {
      #expect(Receipt(left).agrees(with: Receipt(right), tolerance: nil) == isExact)
      #expect(Receipt(left).agrees(with: Receipt(right), tolerance: 0.005) == isNear)
    }
  }

  @Test func receiptsAreFoundBehindTheirLines() {
    let source = parsed("seed 3 #= a\nnote \"#= no\" # #= no\naugment flip( #= b\n p=1)\n#=c")
    #expect(source.faults.isEmpty)
    #expect(source.receipts.map(\.text) == ["a", "b", "c"])
    #expect(source.receipts.map(\.span.line) == [1, 3, 5])
  }
}
