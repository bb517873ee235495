import GraftBase

/// One command that is ready to run.
package struct BoundCommand: Sendable {
  package var command: any Command
  package var arguments: CheckedArguments
  /// As it is recorded: the verb in full, loop variables and `let` values put in, knobs kept.
  package var recordedSyntax: CommandSyntax
  /// The knobs it reads, with the values they have here.
  package var knobs: [(declaration: KnobDeclaration, value: ValueSyntax)] = []

  /// The values of the loops around it, as `x=b`; nil outside of loops.
  var loop: String?

  package var specification: CommandSpecification { arguments.specification }
  package var span: SourceSpan { arguments.syntax.span }

  /// The same step with patterns that wait for the plan's own files as they match now.
  func matchingOpenPatterns() throws -> BoundCommand {
    guard arguments.hasOpenPatterns else { return self }
    var step = self
    step.arguments = try arguments.matchingOpenPatterns()
    step.command = try type(of: command).init(step.arguments)
    return step
  }
}

/// Turns statements into checked steps.
///
/// It unrolls loops, reads included files, binds knobs and checks all arguments; nothing runs
/// before the whole plan is checked.
package struct Binder {
  /// The origin of the text, which decides what it may do.
  package enum Mode: Sendable { case prompt, recipe, initFile }

  /// Commands in one plan, at most; a loop that multiplies beyond this is a mistake.
  private static let stepLimit = 20_000

  package let mode: Mode
  package internal(set) var steps: [BoundCommand] = []
  /// The names and values before each step.
  var environments: [Environment] = []
  /// Steps that `undo` took out, with the names and values after them.
  var takenBack: [(step: BoundCommand, environment: Environment)] = []
  package internal(set) var faults: [Diagnostic] = []
  package internal(set) var environment: Environment
  var vocabulary: Vocabulary
  let rootFolder: String?
  let aliases: [String: String]
  /// The folder below which all output goes, for replays that may change nothing.
  let outputRoot: String?
  var plannedOutputs = PlannedOutputs()
  /// Where commands are missing that were refused, by the place of the step that follows.
  private(set) var gaps: [(place: Int, verb: String)] = []
  /// The files being read, outermost first.
  var openFiles: [String] = []
  /// Settings for knobs by scope, innermost last.
  var settings: [SettingScope]
  /// The names and values before the command that is being bound.
  private var environmentBefore = Environment()
  /// The variables of the loops around the command that is being bound, with their values.
  private var loopValues: [String] = []
  /// Inside `run`, whose names stay its own and whose knobs are recorded as values.
  var isolationDepth = 0

  struct SettingScope {
    var settings: [KnobSetting]
    var used: Set<String> = []
    var declared: [String] = []
  }

  package init(
    mode: Mode, environment: Environment, vocabulary: Vocabulary, rootFolder: String? = nil,
    aliases: [String: String] = [:], settings: [KnobSetting] = [], outputRoot: String? = nil
  ) {
    self.mode = mode
    self.environment = environment
    self.vocabulary = vocabulary
    self.rootFolder = rootFolder
    self.aliases = aliases
    self.outputRoot = outputRoot
    self.settings = [SettingScope(settings: settings)]
  }

  /// Plans a whole source; afterwards `faults` lists everything wrong with it.
  package mutating func bind(_ file: SourceFile) {
    openFiles.append(FilePath.absolute(file.name, base: file.folder))
    bind(parsed: Parser.parse(file))
    openFiles.removeLast()
    reportUnusedSettings(at: nil)
  }

  mutating func bind(parsed: ParsedSource) {
    faults += parsed.faults
    bind(parsed.statements)
  }

  private mutating func bind(_ statements: [Statement]) {
    for statement in statements where faults.last?.kind != .tooLarge {
      do {
        switch statement {
        case .command(let command):
          do { try bind(command) } catch {
            gaps.append((steps.count, command.verb))
            throw error
          }
        case .loop(let loop): try bind(loop)
        }
      } catch let list as FaultList {
        faults += list.faults
      } catch {
        faults.append(Diagnostic(error, at: nil))
      }
    }
  }

  private mutating func bind(_ loop: LoopSyntax) throws {
    guard mode != .initFile else { throw notInInitFile("for", loop.variableSpan) }
    let shadowed = environment[loop.variable]
    for value in loop.values {
      let substituted = try environment.substituted(value)
      let elements: [ValueSyntax] =
        if case .list(let values) = substituted.form { values } else { [substituted] }
      for element in elements {
        environment[loop.variable] = Environment.Binding(role: .loop, value: element)
        loopValues.append("\(loop.variable)=\(Printer.text(element))")
        let start = faults.count
        bind(loop.body)
        tellLoop(ofFaultsFrom: start)
        loopValues.removeLast()
      }
    }
    environment[loop.variable] = shadowed
  }

  private var loopText: String? {
    loopValues.isEmpty ? nil : loopValues.joined(separator: ", ")
  }

  /// Names the values of the loop to new faults, and leaves out those that earlier values had too.
  private mutating func tellLoop(ofFaultsFrom start: Int) {
    let new = faults[start...].map { fault in
      var fault = fault
      fault.loop = fault.loop ?? loopText
      return fault
    }
    faults.removeSubrange(start...)
    var known = Set(faults.map(\.identity))
    faults += new.filter { known.insert($0.identity).inserted }
  }

  private mutating func bind(_ written: CommandSyntax) throws {
    guard steps.count < Self.stepLimit else {
      throw Diagnostic(
        .tooLarge, "the recipe unrolls to more than \(Self.stepLimit) commands",
        at: written.verbSpan, help: "loops inside loops multiply; use fewer values")
    }
    environmentBefore = environment
    let named = try resolvingVerb(of: expandingAlias(written))
    guard let type = CommandTable.type(for: named.verb) else { return }
    let specification = type.specification
    try checkIsAllowed(specification, named)
    if type is any BindingCommand.Type {
      let command = try makeCommand(type, named)
      try (command as? any BindingCommand)?.bind(in: &self, named)
      return
    }
    let overridden = try overridingRunArguments(of: named, specification)
    let substituted = try substituting(overridden, keepingKnobs: false)
    let arguments = try check(substituted, specification)
    try registerNames(of: arguments)
    try append(type.init(arguments), arguments, recorded: overridden)
  }

  /// Adds a step; `recorded` is the command before its variables were replaced.
  mutating func append(
    _ command: any Command, _ arguments: CheckedArguments, recorded: CommandSyntax
  ) throws {
    let isIsolated = isolationDepth > 0
    var step = BoundCommand(
      command: command, arguments: arguments,
      recordedSyntax: try substituting(recorded, keepingKnobs: !isIsolated))
    let variables = step.recordedSyntax.arguments.flatMap(\.value.variables)
    for name in environment.names where variables.contains(name) {
      if let binding = environment[name], let knob = binding.knob {
        step.knobs.append((knob, binding.value))
      }
    }
    step.loop = loopText
    steps.append(step)
    environments.append(environmentBefore)
    if step.specification.isRecorded { takenBack = [] }
  }

  private func makeCommand(
    _ type: any Command.Type, _ syntax: CommandSyntax
  ) throws -> any Command {
    // Names being declared are not variables yet, but the values on the right may contain some.
    let substituted = try substituting(syntax, keepingKnobs: false)
    return try type.init(try check(substituted, type.specification))
  }

  private func check(
    _ syntax: CommandSyntax, _ specification: CommandSpecification
  ) throws -> CheckedArguments {
    try ArgumentChecker(
      specification: specification, vocabulary: vocabulary, rootFolder: rootFolder,
      plannedOutputs: plannedOutputs, outputRoot: outputRoot
    ).check(syntax).get()
  }

  private func substituting(
    _ syntax: CommandSyntax, keepingKnobs: Bool
  ) throws -> CommandSyntax {
    var result = syntax
    result.arguments = try syntax.arguments.map {
      try environment.substituted($0, keepingKnobs: keepingKnobs)
    }
    return result
  }

  /// The name that a run will have once a new one takes its name.
  private mutating func addEarlierRun(of name: String) {
    let names = vocabulary.names(.run)
    var age = 1
    while names.contains(EarlierRun.name(name, age)) { age += 1 }
    for set in [NameSet.run, .storedRun] { vocabulary.add(EarlierRun.name(name, age), to: set) }
  }

  /// Lets later commands of the plan use the names and files that this one will make.
  private mutating func registerNames(of arguments: CheckedArguments) throws {
    for parameter in arguments.specification.parameters {
      if case .newName(let set) = parameter.kind {
        for case .text(let name) in arguments.all(parameter) {
          if set == .run, vocabulary.names(.run).contains(name) { addEarlierRun(of: name) }
          vocabulary.add(name, to: set)
          if set == .run { vocabulary.add(name, to: .storedRun) }
        }
      }
      if parameter.kind.pathKinds.contains(where: \.isOutput) {
        plannedOutputs.insert(arguments.paths(of: parameter))
      }
    }
    // Without `as=` the name is decided while running, so names of runs cannot be checked any more.
    let namesRuns = arguments.specification.parameters.contains {
      if case .newName(.run) = $0.kind { !arguments.isGiven($0) } else { false }
    }
    let isLoading = arguments.specification.verb == "load"
    if namesRuns || isLoading {
      for set in [NameSet.run, .storedRun] { vocabulary.setNames([], of: set) }
    }
    if arguments.specification.verb == "encoder" { vocabulary.setNames([], of: .layer) }
    if isLoading || arguments.specification.verb == "data" {
      vocabulary.setNames([], of: .className)
    }
  }
}
