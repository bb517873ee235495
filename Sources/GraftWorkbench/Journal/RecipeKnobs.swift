/// The `param` lines of a distilled recipe: knobs that its lines read, and one for each path of an input,
/// so that the recipe runs on moved data.
struct RecipeKnobs {
  struct Line {
    let name: String
    let text: String
    /// What is known of the file or folder that it stands for.
    var receipt: String?
  }

  private(set) var lines: [Line] = []
  /// Names in the order in which they were declared.
  private let order: [String]
  private let folder: String?
  private var kept: [RecordedKnob] = []
  /// Names of the knobs that stand for paths, by the bytes of the path.
  private var lifted: [[UInt8]: String] = [:]

  init(declaredBy statements: [RecordedStatement], folder: String?) {
    order = statements.filter { $0.verb == "param" }.compactMap { statement in
      let first = statement.command.syntax.arguments.first
      let name = first?.label ?? first?.value.literal
      return name?.split(separator: ":").first.map(String.init)
    }
    self.folder = folder
  }

  /// Declares what these statements read, with the last values.
  mutating func keepThose(of statements: [RecordedStatement]) {
    for knob in statements.flatMap(\.knobs) {
      guard let index = kept.firstIndex(where: { $0.declaration.name == knob.declaration.name })
      else {
        kept.append(knob)
        continue
      }
      if !kept[index].isSame(as: knob) || kept[index].path == nil { kept[index] = knob }
    }
    let places = kept.map { order.firstIndex(of: $0.declaration.name) ?? .max }
    kept = kept.indices.sorted { (places[$0], $0) < (places[$1], $1) }.map { kept[$0] }
    lines = kept.map { knob in
      let value = knob.path.map { value in
        value.literal.map { value.replacingText(shown($0)) } ?? value
      }
      return Line(
        name: knob.declaration.name, text: knob.declaration.command(value: value ?? knob.value))
    }
  }

  /// Whether the knobs that a statement reads still have the values that it read.
  func haveValues(of statement: RecordedStatement) -> Bool {
    statement.knobs.allSatisfy { knob in kept.contains { $0.isSame(as: knob) } }
  }

  /// The knob that stands for a path, declared on first use.
  mutating func lifted(_ path: RecordedPath, verb: String) -> String {
    let bytes = Array(path.path.utf8)
    if let name = lifted[bytes] { return name }
    let base = Self.name(of: path, verb: verb)
    var name = base
    var number = 2
    while lines.contains(where: { $0.name == name }) {
      name = "\(base)\(number)"
      number += 1
    }
    lifted[bytes] = name
    lines.append(
      Line(
        name: name, text: "param \(name): path = " + Printer.text(literal: shown(path.path))))
    return name
  }

  /// Puts a receipt beside a knob; false where there is one already.
  mutating func take(receipt: String, of name: String) -> Bool {
    guard let index = lines.firstIndex(where: { $0.name == name }), lines[index].receipt == nil
    else { return false }
    lines[index].receipt = receipt
    return true
  }

  /// What a path is called: a noun of the language, or the argument where its name says what it is.
  private static func name(of path: RecordedPath, verb: String) -> String {
    guard path.parameter.isPositional else {
      return path.parameter.name == "on" ? "images" : path.parameter.name
    }
    switch verb {
    case "predict", "preview", "render": return "images"
    case "load": return "model"
    case "forward": return "tensors"
    default: return verb
    }
  }

  private func shown(_ path: String) -> String {
    if FilePath.isBuiltIn(path) { return path }
    let text = folder.map { FilePath.relative(path, to: $0) } ?? path.lastPathComponent
    return FilePath.isFolder(path) == true && !FilePath.endsWithSlash(text) ? text + "/" : text
  }
}
