import GraftBase
import Testing

@Suite struct ArgumentTests {
  private enum Mode: String, WordChoice { case zero, mirror }

  private static let count = Argument("count", .integer(1...9), default: 3, "how many")
  private static let scale = Argument(
    "scale", .range(0...2, single: .factor), defaultText: "0.4", "factor")
  private static let mode = Argument("mode", .word, default: Mode.mirror, "beyond the edge")
  private static let limit = Argument("limit", .number(0...1), otherwise: "no limit", "at most")
  private static let name = Argument(required: "name", .text, "of it", usual: "rose")
  private static let parts = Argument(list: "parts", .ratio, "shares")

  private static func values(_ given: [(any AnyArgument, String)] = []) throws -> ArgumentValues {
    var values = ArgumentValues()
    for (argument, text) in given {
      values.set([try argument.declaration.kind.parse(text)], for: argument, isGiven: true)
    }
    let all: [any AnyArgument] = [count, scale, mode, limit, name, parts]
    for argument in all where !values.isGiven(argument) { values.setDefault(of: argument) }
    return values
  }

  @Test func defaultsAreTyped() throws {
    let values = try Self.values()
    #expect(values[Self.count] == 3)
    #expect(values[Self.scale] == 0.6...1.4)
    #expect(values[Self.mode] == .mirror)
    #expect(values[Self.limit] == nil)
    #expect(values[Self.parts] == [])
    #expect(!values.isGiven(Self.count))
  }

  @Test func givenValuesAreTyped() throws {
    let values = try Self.values([
      (Self.count, "7"), (Self.scale, "1..2"), (Self.mode, "zero"), (Self.limit, "50%"),
      (Self.name, "tulip"), (Self.parts, "80/20"),
    ])
    #expect(values[Self.count] == 7)
    #expect(values[Self.scale] == 1...2)
    #expect(values[Self.mode] == .zero)
    #expect(values[Self.limit] == 0.5)
    #expect(values[Self.name] == "tulip")
    #expect(values[Self.parts] == [0.8, 0.2])
    #expect(values.isGiven(Self.limit))
  }

  @Test func declarationsTellHelpEverything() {
    #expect(Self.count.declaration.detail == "whole number 1..9; default 3")
    #expect(Self.limit.declaration.detail == "number 0..1; default no limit")
    #expect(Self.name.declaration.detail == "text; must be given")
    #expect(Self.mode.declaration.detail == "zero | mirror; default mirror")
    #expect(Self.name.positional.declaration.form == "NAME")
    #expect(Self.count.declaration.form == "count=")
  }

  /// Kind, text and result, as `help` and errors word it.
  private static let refusals: [(ArgumentKind, String, String)] = [
    (.integer(1...9), "x", "`a` cannot be `x`; expected whole number 1..9"),
    (.integer(1...9), "10", "`a` cannot be `10`; expected whole number 1..9"),
    (.integer(1...9), "1.5", "`a` cannot be `1.5`; expected whole number 1..9"),
    (.number(0...1), "nan", "`a` cannot be `nan`; expected number 0..1"),
    (.number(0...1), "2", "`a` cannot be `2`; expected number 0..1"),
    (.percent, "120%", "`a` cannot be `120%`; expected percentage 0%..100%"),
    (.duration, "5x", "`a` cannot be `5x`; expected duration such as 90s or 5m"),
    (
      .range(-180...180, single: .symmetric), "-5",
      "`a` cannot be `-5`; expected number 0..180, or range LO..HI in -180..180"
    ),
    (
      .range(0...1, single: .exactly), "0.5..2",
      "`a` cannot be `0.5..2`; expected number or range LO..HI in 0..1"
    ),
    (.range(0...1, single: nil), "0.5", "`a` cannot be `0.5`; expected range LO..HI in 0..1"),
    (.range(0...1, single: nil), "1..0", "`a` cannot be `1..0`, which ends below its start"),
    (
      .integerRange(1...9), "1.5..2",
      "`a` cannot be `1.5..2`; expected whole number or range LO..HI in 1..9"
    ),
    (.flag, "maybe", "`a` cannot be `maybe`; expected yes or no"),
    (.choice(["bilinear", "bicubic"]), "bilinar", "`a` cannot be `bilinar`"),
    (.window(1...5), "9x3", "`a` cannot be `9x3`; expected whole number 1..5, or ROWSxCOLUMNS"),
    (.grid, "4", "`a` cannot be `4`; expected grid such as 4x4"),
    (.ratio, "80", "`a` cannot be `80`; expected ratio such as 80/10/10"),
    (.text(prefix: "at="), "x", "`a` cannot be `x`; expected word that starts with at="),
    (.pipeline, "flip", "`a` cannot be `flip`; expected ops such as flip rotate(15)"),
  ]

  @Test(arguments: refusals) func refusalsSayWhatIsLegal(
    _ kind: ArgumentKind, _ text: String, _ message: String
  ) {
    do throws(ArgumentFault) {
      let value = try kind.parse(text)
      Issue.record("\(text) became \(value)")
    } catch {
      #expect(error.message(for: "a") == message)
    }
  }

  @Test func helpSuggests() {
    func help(_ argument: some AnyArgument, _ text: String) -> String? {
      do throws(ArgumentFault) {
        _ = try argument.declaration.kind.parse(text)
        return nil
      } catch {
        return error.help(for: argument.declaration)
      }
    }
    #expect(help(Self.mode, "miror") == "did you mean `mirror`?")
    #expect(help(Self.mode, "x") == "one of: zero, mirror")
    #expect(help(Self.count, "0") == "usual is count=3")
    #expect(help(Self.scale, "2..1") == "did you mean `1..2`?")
    #expect(help(Self.limit, "x") == nil)
  }

  @Test func shapesAndShortForms() {
    #expect(ArgumentKind.integer(1...9).fits("12"))
    #expect(!ArgumentKind.integer(1...9).fits("1.5"))
    #expect(ArgumentKind.range(0...1, single: nil).fits("1..0"))
    #expect(!ArgumentKind.choice(["a"]).fits("b"))
    #expect(ArgumentKind.number(0...1).shortened("050%") == "0.5")
    #expect(ArgumentKind.range(0...1, single: .exactly).shortened("0.50..1e0") == "0.5..1")
    #expect(ArgumentKind.flag.shortened("on") == "yes")
    #expect(ArgumentKind.either([.integer(1...9), .choice(["a"])]).fits("a"))
  }
}
