import GraftBase
import GraftImaging
import Testing

@Suite struct EditProgramAccountTests {
  private let size = ImageSize(width: 40, height: 30)

  private func edits(_ calls: [TransformCall]) throws -> [Edit] {
    try Pipeline(calls).draw(
      size: size, key: SampleKey(seed: 1, sample: 2),
      context: TransformContext(outputSize: ImageSize(width: 16, height: 16))
    ).flatMap { $0.edits ?? [] }
  }

  /// The operation, certain to be applied.
  private func call(_ name: String, _ word: String? = nil) -> TransformCall {
    let value = word.map { [TransformCall.Argument(label: nil, value: .word($0))] } ?? []
    return TransformCall(name: name, arguments: value + [.init(label: "p", value: .word("1"))])
  }

  @Test func everyEditIsInOnePass() throws {
    let edits = try edits([
      call("crop", "0.5..0.6"), call("brightness", "2..2"), call("equalize"), call("blur", "1..1"),
      call("invert"),
    ])
    let account = EditProgram.account(of: edits, size: size, channels: 3)
    #expect(account.map(\.edits) == [[0], [1, 2], [3], [4]])
    #expect(
      account.map(\.kind) == [.resize, .table(isFixed: false), .other, .table(isFixed: true)])
    #expect(account.allSatisfy { $0.bytesWritten == 16 * 16 * 3 })
    #expect(account[0].bytesRead < size.width * size.height * 3)
    let alone = EditProgram.unfoldedAccount(of: edits, size: size, channels: 3)
    #expect(alone.map(\.edits) == [[0], [1], [2], [3], [4]])
  }

  @Test func aFlipIsPartOfTheResizeBeforeIt() throws {
    let edits = try edits([call("crop", "0.5..0.6"), call("brightness", "2..2"), call("flip")])
    let account = EditProgram.account(of: edits, size: size, channels: 1)
    #expect(account.map(\.edits) == [[0, 2], [1]])
  }

  @Test func joinedWarpsAreOnePassOfAll() throws {
    let edits = try edits([call("invert"), call("rotate", "5..10"), call("shear", "3..4")])
    func owners(isFast: Bool) -> [[Int]] {
      EditProgram.account(of: edits, size: size, channels: 3, isFast: isFast).map(\.edits)
    }
    #expect(owners(isFast: true) == [[0], [1, 2]])
    #expect(owners(isFast: false) == [[0], [1], [2]])
  }

  @Test func whatDoesNothingHasNoPass() throws {
    #expect(EditProgram.account(of: [], size: size, channels: 3).isEmpty)
    let edits = try edits([call("rotate", "0..0"), call("invert")])
    let account = EditProgram.account(of: edits, size: size, channels: 3)
    #expect(account.count == 1 && account[0].edits == [edits.count - 1])
  }

  @Test func drawnNumbersHaveNames() throws {
    let names: [(TransformCall, Set<String>)] = [
      (call("rotate", "5..10"), ["degrees"]), (call("brightness", "0.5"), ["value"]),
      (call("invert"), []), (call("noise", "0.1"), ["sigma"]),
    ]
    for (call, expected) in names {
      let steps = try Pipeline([call]).draw(
        size: size, key: SampleKey(seed: 1, sample: 2),
        context: TransformContext(outputSize: size))
      #expect(Set(steps[0].values.map(\.name)) == expected, "\(call)")
    }
  }
}
