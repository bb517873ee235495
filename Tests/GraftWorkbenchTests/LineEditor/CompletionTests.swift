import Testing

@testable import GraftWorkbench

@Suite struct CompletionTests {
  private func complete(_ line: String, cursor: Int? = nil) throws -> CompletionResult {
    let bench = try TestBench()
    bench.session.vocabulary.setNames(["A", "C"], of: .run)
    let engine = CompletionEngine(
      vocabulary: bench.session.vocabulary, variables: ["rate"], currentOps: ["flip"],
      parameterNames: {
        ["layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.1.conv1.weight"]
      },
      folder: "/home",
      listing: { folder in
        folder == "/home"
          ? [
            .init(name: "flowers", isFolder: true), .init(name: "my roses", isFolder: true),
            .init(name: "net.safetensors", isFolder: false),
            .init(name: "net.pth", isFolder: false), .init(name: "net.graft", isFolder: false),
            .init(name: "rose.jpg", isFolder: false), .init(name: "a b.jpg", isFolder: false),
          ] : folder == "/home/flowers/" ? [.init(name: "red", isFolder: true)] : []
      })
    return engine.completions(for: line, cursor: cursor)
  }

  private func texts(_ line: String) throws -> [String] { try complete(line).items.map(\.text) }

  @Test func verbsThenKeysThenValues() throws {
    #expect(try texts("tr") == ["train"])
    #expect(
      try complete("train ep")
        == CompletionResult(
          start: 6, items: [Completion("epochs=", isFinished: false)], hint: nil))
    #expect(try texts("train epochs=5 ep") == [])
    #expect(
      try complete("train optimizer=ada").items.map(\.text)
        == ["adamw", "adadelta", "adam", "adagrad"])
    #expect(try complete("train optimizer=ada").start == 16)
    #expect(try texts("tr sch") == ["schedule="])
  }

  @Test func statementsAndCursor() throws {
    #expect(try texts("seed 3 ; tr") == ["train"])
    #expect(try texts("note \"a;b\" ; ev") == ["evaluate"])
    #expect(try complete("tr epochs=5", cursor: 2).items.map(\.text) == ["train"])
  }

  @Test func filesByKind() throws {
    #expect(try texts("data fl") == ["flowers/"])
    #expect(try texts("data flowers/") == ["flowers/red/"])
    #expect(try texts("data m") == ["\"my roses/", "multilabel="])
    #expect(try texts("data \"my") == ["my roses/"])
    #expect(try texts("encoder n") == ["net(", "net.safetensors", "net.pth"])
    #expect(try texts("load n") == ["net.safetensors"])
    #expect(try texts("save n") == ["net.safetensors", "net.graft"])
    #expect(try texts("include n") == ["net.graft"])
    #expect(Set(try texts("data de")) == ["demo:shapes", "demo:fractals"])
    #expect(Set(try texts("predict r")) == ["range=", "rose.jpg"])
    #expect(try texts("predict a") == ["\"a b.jpg\""])
    #expect(try texts("data r") == ["range="])
  }

  @Test func layersOfAFormula() throws {
    #expect(try texts("encoder net(\"[[co") == ["conv("])
    #expect(try complete("encoder net(\"[[co").start == 15)
    #expect(try texts("encoder net(\"conv(32, ker") == ["kernel="])
    #expect(try texts("encoder net(\"conv(32, pad=v") == ["valid"])
    #expect(try texts("encoder net(\"conv(32) re") == ["relu", "relu6"])
    #expect(try texts("encoder net(\"conv\", opt") == ["optional="])
    #expect(try complete("encoder net(\"conv(9").hint?.hasPrefix("conv(width, kernel=3") == true)
  }

  @Test func namesOpsAndVariables() throws {
    #expect(try texts("encoder resnet") == ["resnet18", "resnet50"])
    #expect(try texts("use ") == ["A", "C"])
    #expect(try texts("augment ro") == ["rotate"])
    #expect(try texts("augment flip rotate(") == ["degrees=", "p="])
    #expect(try texts("augment rotate(degrees=3, ") == ["p="])
    #expect(try texts("train augment=[flip, r") == ["rotate"])
    #expect(try texts("train lr=$") == ["$rate"])
    #expect(try texts("help train.ep") == ["train.epochs"])
  }

  @Test func opsAreAddedAndTakenOut() throws {
    #expect(try texts("augment +ro") == ["+rotate"])
    #expect(try texts("augment -") == ["-flip"])
    #expect(try texts("train augment=[+f") == ["+flip"])
  }

  @Test func layersBehindADot() throws {
    #expect(try texts("freeze layer1.") == ["layer1.*", "layer1.0.", "layer1.1."])
    #expect(
      try texts("freeze layer1.0.") == ["layer1.0.*", "layer1.0.conv1.", "layer1.0.bn1."])
    #expect(
      try complete("freeze layer1.0.c").items == [Completion("layer1.0.conv1.", isFinished: false)])
    #expect(
      try complete("freeze layer1.0.conv1.w").items == [Completion("layer1.0.conv1.weight")])
  }

  @Test func whatFitsThePlace() throws {
    #expect(try texts("train lr=${r") == ["${rate}"])
    #expect(try texts("encoder resnet18 until=la") == ["layer1", "layer2", "layer3", "layer4"])
    #expect(try texts("drop A ") == ["C"])
    #expect(try texts("set color ") == ["auto", "always", "never"])
    #expect(try texts("head mlp ").contains("hidden="))
    #expect(!(try texts("head linear ").contains("hidden=")))
  }

  /// At every place of every command something is offered, or it is said what belongs there.
  @Test func everyPlaceOfEveryCommandIsKnown() throws {
    for specification in CommandTable.specifications where specification.verb != "!" {
      for parameter in specification.parameters {
        let line =
          parameter.isPositional
          ? "\(specification.verb) " : "\(specification.verb) \(parameter.name)="
        let found = try complete(line)
        #expect(!found.items.isEmpty || found.hint != nil, "\(line)")
        guard !parameter.isPositional else { continue }
        let keys = try texts("\(specification.verb) \(parameter.name)=x \(parameter.name)")
        #expect(!keys.contains(parameter.name + "="), "\(line)")
      }
    }
  }

  @Test func nothingToOfferGivesAHint() throws {
    #expect(try complete("train epochs=").hint == "epochs: whole number 1..100000; default 5")
    #expect(try complete("nonsense x").items.isEmpty)
  }

  @Test func neverCrashes() throws {
    var random = SplitMix(state: 3)
    let noise = Array("train augment=[](),;'\"$= \\é/x.")
    for _ in 0..<2_000 {
      let line = String((0..<random.below(20)).map { _ in noise[random.below(noise.count)] })
      let found = try complete(line, cursor: random.below(line.count + 1))
      #expect(found.start <= line.count)
    }
  }
}
