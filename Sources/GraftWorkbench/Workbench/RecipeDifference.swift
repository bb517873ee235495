import GraftBase

/// Two recipes line by line: what is in one, in the other and in both.
package struct RecipeDifference {
  package enum Mark: String { case left = "-", right = "+", both = " " }

  package struct Line {
    package let mark: Mark
    package let text: String
  }

  package let lines: [Line]

  /// Compares statements, however they were spaced or joined; comments do not count, receipts do.
  package init(_ left: ParsedSource, _ right: ParsedSource) {
    let (left, right) = (Self.lines(of: left), Self.lines(of: right))
    // By bytes: texts that only look alike differ.
    let (before, after) = (left.map { Array($0.utf8) }, right.map { Array($0.utf8) })
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in after.difference(from: before) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var lines: [Line] = []
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
      if removed.contains(i) {
        lines.append(Line(mark: .left, text: left[i]))
        i += 1
      } else if added.contains(j) {
        lines.append(Line(mark: .right, text: right[j]))
        j += 1
      } else {
        lines.append(Line(mark: .both, text: left[i]))
        (i, j) = (i + 1, j + 1)
      }
    }
    self.lines = lines
  }

  package var isEmpty: Bool { lines.allSatisfy { $0.mark == .both } }

  /// The changes with `context` equal lines around them; nil stands for what is left out.
  package func shown(context: Int = 2) -> [Line?] {
    let changed = lines.indices.filter { lines[$0].mark != .both }
    var result: [Line?] = []
    var last = -1
    for index in lines.indices where changed.contains(where: { abs($0 - index) <= context }) {
      if index != last + 1 { result.append(nil) }
      result.append(lines[index])
      last = index
    }
    if !result.isEmpty, last != lines.count - 1 { result.append(nil) }
    return result
  }

  /// One statement per line, with its receipt.
  private static func lines(of source: ParsedSource) -> [String] {
    var receipts = source.receipts[...]
    var result: [String] = []
    for (index, statement) in source.statements.enumerated() {
      var text = Self.text(of: statement)
      let next = source.statements[checked: index + 1].map(start)
      while let receipt = receipts.first,
        next.map({ (receipt.span.line, receipt.span.column) < $0 }) ?? true
      {
        text += "  #= " + receipt.text
        receipts.removeFirst()
      }
      result += text.split(separator: "\n").map(String.init)
    }
    return result
  }

  private static func text(of statement: Statement) -> String {
    if case .command(let command) = statement, command.verb == ParamCommand.specification.verb,
      let knob = try? KnobDeclaration(command)
    {
      return knob.command(value: knob.defaultValue)
    }
    return Printer.text([statement])
  }

  private static func start(of statement: Statement) -> (Int, Int) {
    switch statement {
    case .command(let command): (command.verbSpan.line, command.verbSpan.column)
    case .loop(let loop): (loop.variableSpan.line, 0)
    }
  }
}
