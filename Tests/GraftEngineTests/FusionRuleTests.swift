import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

/// Every rule of fusion applies to its examples, and changes no more than the last digits.
@Suite struct FusionRuleTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let rule: any FusionRule.Type
    let index: Int

    static let all = FusionRules.all.flatMap { rule in
      ((try? rule.examples()) ?? []).indices.map { Case(rule: rule, index: $0) }
    }

    var testDescription: String { "\(rule.name) \(index)" }
  }

  @Test func everyRuleHasExamplesAndANameOfItsOwn() throws {
    for rule in FusionRules.all {
      let count = try rule.examples().count
      #expect(count > 0, "\(rule.name)")
    }
    #expect(Set(FusionRules.all.map { $0.name }).count == FusionRules.all.count)
  }

  @Test(arguments: Case.all) func theRuleApplies(_ test: Case) throws {
    let example = try test.rule.examples()[test.index]
    let outputs = [example.output.id]
    var configuration = example.configuration
    configuration.fuses = false
    var lowered = try LoweredGraph(
      graph: example.graph, outputs: outputs, loss: example.loss.id, inputShapes: [:],
      configuration: configuration)
    let count = lowered.items.count
    let applied = lowered.fuse(keeping: Set(outputs + [example.loss.id]))
    #expect(applied.contains(test.rule.name), "\(applied)")
    // Each rule leaves out an item, but for the sums, which leave their norm a pass.
    #expect(lowered.items.count + applied.count { $0 != NormSumsIntoConvolution.name } == count)
  }

  @Test(arguments: Case.all) func thePlanIsTheInterpreterButForRounding(_ test: Case) throws {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let fused = try run(test.rule.examples()[test.index], pool)
    let plain = try interpret(test.rule.examples()[test.index], pool)
    #expect(Set(fused.keys) == Set(plain.keys))
    for (name, expected) in plain {
      let found = try #require(fused[name])
      let scale = expected.reduce(1e-6) { max($0, abs($1)) }
      let error = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(found.count == expected.count && error <= 1e-5 * scale, "\(name) off by \(error)")
    }
  }

  /// Output, losses, gradients and running statistics, by name.
  private typealias Results = [String: [Float]]

  private func run(_ example: FusionExample, _ pool: ThreadPool) throws -> Results {
    let plan = try Plan(
      graph: example.graph, outputs: [example.output], loss: example.loss, inputShapes: [:],
      configuration: example.configuration, pool: pool)
    fill(example, plan.input("x"))
    plan.forward()
    plan.backward()
    return results(example, plan.value, plan.gradient)
  }

  private func interpret(_ example: FusionExample, _ pool: ThreadPool) throws -> Results {
    let interpreter = try Interpreter(
      graph: example.graph, outputs: [example.output], loss: example.loss, inputShapes: [:],
      configuration: example.configuration, pool: pool)
    fill(example, interpreter.input("x"))
    interpreter.forward()
    interpreter.backward()
    return results(example, interpreter.value, interpreter.gradient)
  }

  private func fill(_ example: FusionExample, _ x: Slice) {
    func values(_ slice: Slice, _ stream: Int, isPositive: Bool) {
      var random = RandomStream(seed: 7, purpose: .initialization, sample: stream)
      for place in 0..<slice.count {
        let value = Float(random.uniform(-1...1))
        slice.pointer[place] = isPositive ? 0.5 + abs(value) : 0.4 * value
      }
    }
    values(x, 0, isPositive: false)
    for (index, parameter) in example.graph.parameters.enumerated() {
      let isPositive = [.normScale, .runningStatistic].contains(parameter.role)
      values(parameter.slice, 1 + index, isPositive: isPositive)
      parameter.markChanged()
    }
  }

  private func results(
    _ example: FusionExample, _ value: (Value) -> Slice, _ gradient: (Parameter) -> Slice?
  ) -> Results {
    var results: Results = [
      "output": Array(value(example.output).buffer), "loss": Array(value(example.loss).buffer),
    ]
    for parameter in example.graph.parameters {
      results["gradient of \(parameter.name)"] = gradient(parameter).map { Array($0.buffer) }
      if !parameter.canTrain { results[parameter.name] = Array(parameter.slice.buffer) }
    }
    return results
  }
}
