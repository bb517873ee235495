import GraftImaging
import Testing

@testable import GraftWorkbench

@Suite struct ValueTests {
  private func arguments(_ text: String) throws -> CheckedArguments {
    let binder = Executor(try TestBench().session).bind(
      try TestBench().recipe(text), mode: .recipe)
    if let fault = binder.faults.first { throw fault }
    return try #require(binder.steps.first).arguments
  }

  @Test func typesAndDefaults() throws {
    let train = try arguments("train lr=1e-5..1e-3 warmup=10% augment=[flip, rotate(15, p=0.5)]")
    #expect(train[TrainingParameters.epochs] == 5)
    #expect(!train.isGiven(TrainingParameters.epochs))
    #expect(train[TrainingParameters.rate] == .rates(1e-5...1e-3))
    #expect(train[TrainingParameters.warmup] == 0.1)
    #expect(train[TrainingParameters.decay] == 0.01)
    #expect(train[TrainingParameters.patience] == nil)
    #expect(train[TrainingParameters.augment].map(\.name) == ["flip", "rotate"])
    #expect(train[TrainingParameters.augment][1].arguments[1].label == "p")
    #expect(try arguments("train lr=1e-4")[TrainingParameters.rate] == .rates(1e-4...1e-4))
    #expect(try arguments("resume epochs=+5")[ResumeCommand.epochs] == .more(5))
    #expect(try arguments("resume epochs=5")[ResumeCommand.epochs] == .total(5))
    let grid = try arguments("preview 8 grid=4x3")[PreviewCommand.grid]
    #expect(grid?.columns == 4 && grid?.rows == 3)
    #expect(
      try arguments("encoder resnet18 mean=[0.1, 0.2, 1]")[EncoderCommand.mean] == [0.1, 0.2, 1])
  }

  @Test(arguments: ["99999999999999999999", "1e3", "-1", "+", "", "５"])
  func oddWholeNumbersAreRefused(_ text: String) throws {
    #expect(throws: Diagnostic.self) { try arguments("train epochs='\(text)'") }
  }
}
