import GraftBase

/// Turns calls into checked steps.
struct PipelineReader {
  private(set) var steps: [PipelineStep] = []
  private(set) var mixes: [Mixing.Choice] = []
  private(set) var isFast = false
  /// The calls as given, numbers in their shortest form.
  private(set) var calls: [TransformCall] = []
  /// Where in the pipeline these steps stand: empty, or a path such as `some#0/`.
  private let path: String
  private var occurrences: [String: Int] = [:]

  /// Groups inside groups deeper than this are refused.
  private static let largestDepth = 8

  init(path: String = "") { self.path = path }

  mutating func read(_ call: TransformCall) throws(TransformCallError) {
    guard let operation = Pipeline.operations.first(where: { $0.answers(to: call.name) }) else {
      throw TransformCallError(path: [], error: Self.unknown(call.name))
    }
    var call = call
    call.name = operation.name
    switch operation {
    case is FastMode.Type: try readFastMode(call)
    case let type as any Transform.Type: try readTransform(call, type)
    case let type as any BatchMix.Type: try readMix(call, type)
    default: try readGroup(call, operation)
    }
  }

  private static func unknown(_ name: String) -> GraftError {
    let operations = Pipeline.operations
    let synonyms = operations.filter { $0.synonyms.contains(name.lowercased()) }.map { $0.name }
    let nearest = synonyms.first ?? NearestName.of(name, among: operations.map { $0.name })
    return GraftError(
      .usage, "no operation is called `\(name)`",
      help: nearest.map { "did you mean `\($0)`?" } ?? "`help augment` lists the operations")
  }

  /// The path of the next operation of this slot name, which also counts it.
  private mutating func nextPath(_ name: String) -> String {
    let occurrence = occurrences[name, default: 0]
    occurrences[name] = occurrence + 1
    return "\(path)\(name)#\(occurrence)"
  }
}

// MARK: - Single operations

extension PipelineReader {
  private mutating func readFastMode(_ call: TransformCall) throws(TransformCallError) {
    guard path.isEmpty, !isFast, call.arguments.isEmpty else {
      throw TransformCallError(
        path: [],
        error: GraftError(
          .usage, "`fast` stands once, alone, in the outermost line",
          help: "for example: augment fast crop(0.6..1) rotate(15) shear(5)"))
    }
    isFast = true
    calls.append(call)
  }

  private mutating func readTransform(
    _ call: TransformCall, _ type: any Transform.Type
  ) throws(TransformCallError) {
    let reader = try Self.readArguments(call, type)
    let transform: any Transform
    do {
      transform = try type.init(reader.values)
    } catch {
      throw Self.located(error)
    }
    steps.append(
      PipelineStep(
        name: call.name, arguments: reader.values, probability: reader.probability,
        slot: PipelineStep.slot(path: nextPath(type.slotName)), action: .transform(transform)))
    calls.append(TransformCall(name: call.name, arguments: reader.normalized))
  }

  private mutating func readMix(
    _ call: TransformCall, _ type: any BatchMix.Type
  ) throws(TransformCallError) {
    guard path.isEmpty else {
      throw TransformCallError(
        path: [],
        error: GraftError(
          .usage, "`\(call.name)` works on whole batches and cannot be a choice for one image",
          help: "write it on its own in the line; with both, one is drawn per batch"))
    }
    guard !mixes.contains(where: { $0.name == call.name }) else {
      throw TransformCallError(
        path: [], error: GraftError(.usage, "`\(call.name)` is given twice", help: "give it once"))
    }
    let reader = try Self.readArguments(call, type)
    let mix: any BatchMix
    do { mix = try type.init(reader.values) } catch { throw Self.located(error) }
    let choice = Mixing.Choice(
      name: call.name, arguments: reader.values, probability: reader.probability, mix: mix)
    if let other = mixes.first(where: { $0.mode != choice.mode }) {
      throw TransformCallError(
        path: [],
        error: GraftError(
          .usage,
          "`\(choice.name)` mixes by \(choice.mode.rawValue) and `\(other.name)` by "
            + "\(other.mode.rawValue), but one of them is drawn each time",
          help: "give both the same mode"))
    }
    mixes.append(choice)
    calls.append(TransformCall(name: call.name, arguments: reader.normalized))
  }

  private static func readArguments(
    _ call: TransformCall, _ operation: any PipelineOperation.Type
  ) throws(TransformCallError) -> ArgumentReader {
    var reader = ArgumentReader(operation)
    for (index, argument) in call.arguments.enumerated() {
      do { try reader.read(argument) } catch {
        throw TransformCallError(path: [index], error: error)
      }
    }
    do { try reader.fillDefaults() } catch { throw located(error) }
    return reader
  }

  /// A fault of a whole call.
  private static func located(_ error: any Error) -> TransformCallError {
    let fault = error as? GraftError ?? GraftError(.usage, "\(error)")
    return TransformCallError(path: [], error: fault)
  }
}

// MARK: - Groups

extension PipelineReader {
  private mutating func readGroup(
    _ call: TransformCall, _ group: any PipelineOperation.Type
  ) throws(TransformCallError) {
    var arguments = ArgumentReader(group)
    let groupPath = nextPath(group.slotName)
    guard groupPath.count(where: { $0 == "/" }) < Self.largestDepth else {
      throw TransformCallError(
        path: [],
        error: GraftError(.usage, "groups are nested more than \(Self.largestDepth) deep"))
    }
    var members = PipelineReader(path: groupPath + "/")
    var normalized: [TransformCall.Argument] = []
    for (index, argument) in call.arguments.enumerated() {
      do throws(TransformCallError) {
        if let member = Self.member(argument) {
          try members.read(member)
          normalized.append(
            .init(label: nil, value: members.calls.last.map(Self.value) ?? argument.value))
        } else {
          do { try arguments.read(argument) } catch {
            throw TransformCallError(path: [], error: error)
          }
          normalized += arguments.normalized.suffix(1)
        }
      } catch {
        throw error.inside(index)
      }
    }
    do { try arguments.fillDefaults() } catch { throw Self.located(error) }
    let isChoosingSome = group == ChooseSome.self
    let count = isChoosingSome ? arguments.values[ChooseSome.count] : 1
    guard members.steps.count >= max(count, 1) else {
      throw TransformCallError(
        path: [],
        error: GraftError(
          .usage,
          "`\(call.name)` has \(members.steps.count) operations, fewer than the \(count) to choose",
          help: "for example \(group.examples[0])"))
    }
    steps.append(
      PipelineStep(
        name: call.name, arguments: arguments.values, probability: arguments.probability,
        slot: PipelineStep.slot(path: groupPath), action: .choose(count, from: members.steps)))
    calls.append(TransformCall(name: call.name, arguments: normalized))
  }

  /// The operation that an argument of a group names; nil for its numbers.
  private static func member(_ argument: TransformCall.Argument) -> TransformCall? {
    guard argument.label == nil else { return nil }
    switch argument.value {
    case .call(let call): return call
    case .word(let word): return NumberText.fraction(word) == nil ? TransformCall(name: word) : nil
    case .list: return nil
    }
  }

  private static func value(_ call: TransformCall) -> TransformCall.Value {
    call.arguments.isEmpty ? .word(call.name) : .call(call)
  }
}
