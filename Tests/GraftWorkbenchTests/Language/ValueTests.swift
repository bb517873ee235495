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
    #expect(train.integer("epochs") == 5)
    #expect(!train.isGiven("epochs"))
    #expect(train.range("lr") == 1e-5...1e-3)
    #expect(train.number("warmup") == 0.1)
    #expect(train.number("decay") == 0.01)
    #expect(train.integer("patience") == nil)
    #expect(train.calls("augment").map(\.name) == ["flip", "rotate"])
    #expect(train.calls("augment")[1].arguments[1].label == "p")
    #expect(try arguments("train lr=1e-4").range("lr") == 1e-4...1e-4)
    #expect(try arguments("resume epochs=+5").value("epochs") == .increment(5))
    #expect(try arguments("resume epochs=5").value("epochs") == .integer(5))
    #expect(try arguments("preview 8 grid=4x3").value("grid") == .grid(columns: 4, rows: 3))
    #expect(try arguments("encoder resnet18 mean=[0.1, 0.2, 1]").numbers("mean") == [0.1, 0.2, 1])
  }

  @Test(arguments: ["99999999999999999999", "1e3", "-1", "+", "", "５"])
  func oddWholeNumbersAreRefused(_ text: String) throws {
    #expect(throws: Diagnostic.self) { try arguments("train epochs='\(text)'") }
  }
}
