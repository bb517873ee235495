import Testing

@testable import GraftWorkbench

@Suite struct ReferencePageTests {
  @Test func theKeptPageIsCurrent() throws {
    let isCurrent = try SourceTexts.text("docs/reference.md") == ReferencePage.text()
    #expect(
      isCurrent,
      "docs/reference.md is out of date: .build/debug/graft help --reference > docs/reference.md")
  }

  @Test func everythingIsIn() {
    let page = ReferencePage.text()
    for specification in CommandTable.specifications {
      #expect(page.contains("\n### \(specification.verb)\n"))
      for example in specification.examples { #expect(page.contains("\n\(example)\n")) }
      for parameter in specification.parameters {
        let name = parameter.isPositional ? parameter.form : parameter.name
        #expect(page.contains("| `\(name)` |"))
      }
    }
    for entry in Vocabulary().transforms {
      #expect(page.contains("\n### \(entry.name)\n"))
      for argument in entry.allArguments { #expect(page.contains("| `\(argument.name)` |")) }
    }
    let entries = RegistryTopics.all.flatMap(\.entries)
    #expect(entries.count > 100)
    for entry in entries {
      #expect(page.contains("\n| \(entry.name) | "), "\(entry.name)")
      for argument in entry.arguments { #expect(page.contains("| `\(argument.name)` |")) }
    }
  }
}
