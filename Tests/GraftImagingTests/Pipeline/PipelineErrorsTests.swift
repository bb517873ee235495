import GraftBase
import Testing

@testable import GraftImaging

/// Each fault of an `augment` line: what is said, and where the caret goes.
@Suite struct PipelineErrorsTests {
  struct Fault: Sendable {
    let line: String
    let path: [Int]
    let message: String
    let help: String?

    init(_ line: String, _ path: [Int], _ message: String, _ help: String?) {
      (self.line, self.path, self.message, self.help) = (line, path, message, help)
    }
  }

  private static let faults = [
    Fault("flip rotat(15)", [1], "no operation is called `rotat`", "did you mean `rotate`?"),
    Fault("hflip", [0], "no operation is called `hflip`", "did you mean `flip`?"),
    Fault(
      "ColorJitter(0.2)", [0], "no operation is called `ColorJitter`", "did you mean `jitter`?"),
    Fault(
      "xyzzyplugh", [0], "no operation is called `xyzzyplugh`",
      "`help augment` lists the operations"),
    Fault(
      "rotate(degree=3)", [0, 0], "`rotate` has no parameter `degree`", "did you mean `degrees`?"),
    Fault(
      "flip(q=3)", [0, 0], "`flip` has no parameter `q`", "parameters: p"),
    Fault(
      "rotate(400)", [0, 0],
      "`degrees` of `rotate` cannot be `400`; expected number 0..360, or range LO..HI in "
        + "-360..360", "usual is degrees=15"),
    Fault(
      "rotate(15, p=2)", [0, 1], "`p` of `rotate` cannot be `2`; expected number 0..1",
      "usual is p=1"),
    Fault(
      "crop(scale=1..0.6)", [0, 0],
      "`scale` of `crop` cannot be `1..0.6`, which ends below its start",
      "did you mean `0.6..1`?"),
    Fault(
      "crop(scale=0..1)", [0, 0],
      "`scale` of `crop` cannot be `0..1`; expected number or range LO..HI in 0.001..1",
      "usual is scale=0.6..1"),
    Fault(
      "crop(pad=4, scale=0.5..1)", [0], "`crop` has both `scale` and `pad`",
      "scale= cuts and resizes, pad= shifts without resizing: give one of them"),
    Fault(
      "posterize(9)", [0, 0],
      "`bits` of `posterize` cannot be `9`; expected whole number or range LO..HI in 1..8",
      "usual is bits=4"),
    Fault(
      "randaugment(n=two)", [0, 0],
      "`n` of `randaugment` cannot be `two`; expected whole number 1..14",
      "usual is n=2"),
    Fault(
      "rotate(nan)", [0, 0],
      "`degrees` of `rotate` cannot be `nan`; expected number 0..360, or range LO..HI in -360..360",
      "usual is degrees=15"),
    Fault(
      "rotate(10, filter=bilinar)", [0, 1], "`filter` of `rotate` cannot be `bilinar`",
      "did you mean `bilinear`?"),
    Fault("rotate(10, degrees=3)", [0, 1], "`rotate` has `degrees` twice", "give it once"),
    Fault(
      "flip(0.5)", [0, 0], "`flip` has no parameter left for `0.5`",
      "flip(p=0.5) sets the probability"),
    Fault("affine", [0], "`affine` needs `degrees`", "for example affine(degrees=10)"),
    Fault(
      "jitter", [0], "`jitter` changes nothing: all its parameters are 0",
      "for example jitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)"),
    Fault(
      "flip one(blur, rotate(5, degree=3))", [1, 1, 1], "`rotate` has no parameter `degree`",
      "did you mean `degrees`?"),
    Fault("one(blur, fliq)", [0, 1], "no operation is called `fliq`", "did you mean `flip`?"),
    Fault(
      "some(3, blur, flip)", [0], "`some` has 2 operations, fewer than the 3 to choose",
      "for example some(2, rotate(15), blur, equalize)"),
    Fault("some(blur, flip)", [0], "`some` needs `n`", "for example some(n=2)"),
    Fault(
      "one(flip, mixup(0.2))", [0, 1],
      "`mixup` works on whole batches and cannot be a choice for one image",
      "write it on its own in the line; with both, one is drawn per batch"),
    Fault("mixup(0.2) mixup(0.4)", [1], "`mixup` is given twice", "give it once"),
    Fault(
      "rotate(flip(p=1))", [0, 0], "`rotate` takes numbers and words, found `flip(p=1)`",
      "parameters: degrees, expand, filter, border, fill, p"),
  ]

  @Test(arguments: faults)
  func faultIsNamedAndPlaced(fault: Fault) {
    do {
      _ = try Pipeline(line: fault.line)
      Issue.record("\(fault.line) was accepted")
    } catch {
      #expect(error.error.message == fault.message)
      #expect(error.error.help == fault.help)
      #expect(error.error.code == .usage)
      #expect(error.path == fault.path)
    }
  }

  /// Groups in groups end in an error, not in a stack without end.
  @Test func deepNestingIsRefused() {
    var call = TransformCall(name: "flip")
    for _ in 0..<500 {
      call = TransformCall(name: "one", arguments: [.init(label: nil, value: .call(call))])
    }
    #expect(throws: TransformCallError.self) { try Pipeline([call]) }
  }

  /// Whatever text arrives is taken or refused with a message, never a trap.
  @Test func arbitraryTextIsTakenOrRefused() {
    let words = [
      "", "-", "..", "1..", "..1", "1...2", "1e999", "-1e999", "1e308..1e309", "0x10",
      "99999999999999999999",
      "%", "5%%", "yes", "none", "−5", "inf", "NaN", "1e-400", "[1]", "é",
    ]
    for operation in Pipeline.operations {
      let labels = operation.arguments.map { Optional($0.name) } + [nil, "p", "zzz"]
      for label in labels {
        for word in words {
          let call = TransformCall(
            name: operation.name, arguments: [.init(label: label, value: .word(word))])
          do {
            _ = try Pipeline([call])
            #expect(label != "zzz", "\(call)")
          } catch {
            #expect(error.error.code == .usage && !error.error.message.isEmpty, "\(call)")
          }
        }
      }
    }
  }
}
