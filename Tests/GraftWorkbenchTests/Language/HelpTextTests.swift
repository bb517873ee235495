import Testing

@testable import GraftWorkbench

@Suite struct HelpTextTests {
  @Test func overviewFitsAndNamesEveryVerb() {
    let text = HelpText().overview()
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    for verb in CommandTable.specifications.map(\.verb) { #expect(text.contains(verb)) }
    #expect(HelpText.firstSession.count == 5)
  }

  @Test func pageOfSeed() {
    #expect(
      HelpText().page(about: "seed") == """
        seed - set the seed for split, weights, order and pixels

        usage
          seed [NUMBER]

        parameters
          NUMBER  the seed; 0 at the start
                  whole number from 0

        examples
          seed 7
          seed 0
          seed

        see also: data, train
        """)
  }

  @Test(arguments: CommandTable.specifications.map(\.verb)) func tableIsComplete(_ verb: String)
    throws
  {
    let specification = try #require(CommandTable.specification(of: verb))
    #expect(specification.examples.count >= 3)
    #expect(!specification.seeAlso.isEmpty)
    for other in specification.seeAlso { #expect(CommandTable.specification(of: other) != nil) }
    for parameter in specification.parameters {
      if let text = parameter.defaultText {
        #expect(throws: Never.self) { try parameter.kind.parse(text) }
      }
      #expect(HelpText().page(about: "\(verb).\(parameter.name)") != nil)
    }
    let page = try #require(HelpText().page(about: verb))
    #expect(page.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(page)")
    #expect(Set(specification.parameters.map(\.name)).count == specification.parameters.count)
  }

  @Test func opsHavePages() throws {
    let bench = try TestBench()
    #expect(bench.type("help rotate") == 0)
    #expect(bench.capture.output.contains("augment rotate(degrees=15, p=1)"))
    #expect(bench.type("help rotat") == 2)
    #expect(bench.capture.errors.contains("did you mean `rotate`?"))
    bench.capture.clear()
    #expect(bench.type("train ?") == 0)
    #expect(bench.capture.output.hasPrefix("train - "))
  }

  @Test func aproposSearches() throws {
    let bench = try TestBench()
    #expect(bench.type("apropos learning rate") == 0)
    #expect(bench.capture.output.contains("train.lr"))
  }

  /// Whatever can be chosen by name has a page, and is found by its words.
  @Test func registriesAreTopics() throws {
    #expect(RegistryTopics.all.map(\.title).count == 8)
    for registry in RegistryTopics.all {
      let list = try #require(HelpText().page(about: registry.title))
      for entry in registry.entries {
        let words = list.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        #expect(words.contains("\(entry.name) \(entry.summary)"), "\(entry.name)")
        let page = try #require(HelpText(vocabulary: Vocabulary()).page(about: entry.name))
        #expect(!page.isEmpty)
        let found = HelpText.search([entry.name], in: Vocabulary()).map(\.topic)
        #expect(found.contains(entry.name))
      }
    }
    let cosine = try #require(HelpText().page(about: "cosine"))
    #expect(cosine.contains("cosine, a head") && cosine.contains("cosine, a schedule"))
    #expect(cosine.contains("head cosine") && cosine.contains("dropout"))
  }
}
