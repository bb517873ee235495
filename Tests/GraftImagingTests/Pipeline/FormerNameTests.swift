import GraftBase
import Testing

@testable import GraftImaging

/// An operation that was renamed keeps its recipes and its draws.
@Suite struct FormerNameTests {
  @Test func formerNamesAreReadAndPrintedAsTheNameOfToday() throws {
    let old = try Pipeline(line: "centrecrop(24, p=0.5) one(centrecrop, flip)")
    let new = try Pipeline(line: "centercrop(24, p=0.5) one(centercrop, flip)")
    #expect(old == new)
    #expect("\(old)" == "centercrop(24, p=0.5) one(centercrop, flip)")
    #expect(try old.removing("centrecrop").calls.map(\.name) == ["one"])
  }

  /// The addresses of the draws are those that the first name gave.
  @Test func drawsKeepTheirAddresses() throws {
    let steps = try Pipeline(line: "centercrop(24) centrecrop(24) one(centercrop, flip)").steps
    #expect(steps[0].slot == PipelineStep.slot(path: "centrecrop#0"))
    #expect(steps[1].slot == PipelineStep.slot(path: "centrecrop#1"))
    guard case .choose(_, let members) = steps[2].action else { return #expect(Bool(false)) }
    #expect(members[0].slot == PipelineStep.slot(path: "one#0/centrecrop#0"))
  }

  @Test func formerNamesAreNoOthersNames() {
    let names = Pipeline.operations.flatMap { [$0.name] + $0.synonyms }
    let former = Pipeline.operations.flatMap { $0.formerNames }
    #expect(Set(former).isDisjoint(with: names))
    #expect(Set(former).count == former.count)
  }
}
