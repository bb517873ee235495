import Foundation
import Testing

@testable import GraftWorkbench

/// The declarations of `--json`, the pages written from them, and the validator of other tests.
@Suite struct JSONEventTests {
  @Test func theKeptPagesAreCurrent() throws {
    let isPageCurrent = try SourceTexts.text("docs/json.md") == JSONPage.text()
    #expect(isPageCurrent, "out of date: .build/debug/graft help --events > docs/json.md")
    let isSchemaCurrent = try SourceTexts.text("docs/json.schema.json") == JSONSchema.text()
    #expect(
      isSchemaCurrent, "out of date: .build/debug/graft help --schema > docs/json.schema.json")
  }

  @Test func everyEventOfTheSourcesIsDeclaredOnceAndPrinted() throws {
    let sources = try SourceTexts.sources(ofTargets: ["GraftWorkbench"])
    var declared: [String] = []
    var printed: Set<String> = []
    for (file, text) in sources {
      if file.contains("Console/Events/") {
        declared += text.matches(of: /static let (\w+) = (?:JSONEvent|document)\(\s*"/)
          .map { String($0.1) }
      }
      for match in text.matches(of: /event: \.(\w+)|\.event\(\s*\.(\w+)|JSONEvent\.(\w+)\.line/) {
        for name in [match.1, match.2, match.3] { name.map { _ = printed.insert(String($0)) } }
      }
      // `say(text, .help, console)`, and one of two by the role.
      for match in text.matches(of: /say\([^\n]*, \.(\w+), |\? \.(\w+) : \.(\w+),/) {
        for name in [match.1, match.2, match.3] { name.map { _ = printed.insert(String($0)) } }
      }
    }
    let names = JSONEvent.all.map(\.name)
    #expect(Set(names).count == names.count && names.count > 40)
    #expect(Set(declared) == Set(names.map(Self.camelCase)))
    #expect(Set(declared).subtracting(printed) == [])
  }

  private static func camelCase(_ name: String) -> String {
    let parts = name.split(separator: "_")
    return ([String(parts[0])] + parts.dropFirst().map(\.localizedCapitalized)).joined()
  }

  @Test func fieldsHaveSummariesAndNamesOfTheirOwn() {
    for event in JSONEvent.all {
      #expect(event.summary.hasSuffix("."), "\(event.name)")
      #expect(Set(event.fields.map(\.name)).count == event.fields.count, "\(event.name)")
      #expect(event.fields.allSatisfy { !$0.summary.isEmpty && $0.name != "event" })
    }
  }

  @Test(
    arguments: [
      (#"{"event":"seed","seed":7}"#, nil),
      (#"{"event":"seed","seed":7.5}"#, "not of type integer"),
      (#"{"event":"seed","seed":"7"}"#, "not of type integer"),
      (#"{"event":"seed","seed":true}"#, "not of type integer"),
      (#"{"event":"seed"}"#, "`seed` is missing"),
      (#"{"event":"seed","seed":7,"more":1}"#, "`more` is not declared"),
      (#"{"event":"sede","seed":7}"#, "no event `sede`"),
      (#"{"event":"precision","precision":"fp32","bf16_share":null,"pays":null}"#, nil),
      (#"{"event":"precision","precision":null,"bf16_share":1,"pays":1}"#, "not of type string"),
      (#"{"event":"knobs","knobs":[{"name":"a","value":"1"}]}"#, "`summary` is missing"),
      (
        #"{"event":"save","path":"a","file":"/a","kind":"x","weights_hash":null,"step":null,"lines":1,"#
          + #""commands":1}"#, "none of the words"
      ),
    ] as [(String, String?)])
  func theValidatorJudges(_ line: String, _ fault: String?) throws {
    let found = try SchemaValidator(Data(JSONSchema.text().utf8)).faults(ofLine: line)
    #expect(found.isEmpty == (fault == nil), "\(found)")
    if let fault { #expect(found.contains { $0.contains(fault) }, "\(found)") }
  }

  @Test func theValidatorPassesOverNoKeyword() throws {
    let schema = #"{"$defs":{"seed":{"type":"object","minProperties":1}},"oneOf":[]}"#
    #expect(throws: SchemaValidator.UnknownKeyword.self) {
      try SchemaValidator(Data(schema.utf8)).faults(ofLine: #"{"event":"seed"}"#)
    }
  }
}
