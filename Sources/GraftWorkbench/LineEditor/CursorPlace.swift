/// Where in the grammar the cursor stands, found by one pass over the line before it.
struct CursorPlace {
  /// The verb of the statement, once it is finished.
  var verb: String?
  /// The unfinished text at the cursor and where it starts; quotes and `key=` are not part of it.
  var fragment = ""
  var start = 0
  /// The open quote the cursor stands in.
  var quote: Character?
  /// The `key` of the `key=` the cursor follows.
  var label: String?
  /// The op whose brackets the cursor stands in.
  var call: String?
  var callLabels: [String] = []
  var usedLabels: [String] = []
  /// The finished words without a label, from the first; those in brackets are left out.
  var words: [String] = []
  var positionalCount: Int { words.count }
  var bracketDepth: Int { brackets.count }

  private var brackets: [(name: String?, label: String?, callLabels: [String])] = []
  private var hasToken = false

  init(_ characters: ArraySlice<Character>) {
    for (index, character) in characters.enumerated() {
      if let open = quote {
        if character == open { quote = nil } else { fragment.append(character) }
        continue
      }
      switch character {
      case "\"", "'":
        quote = character
        hasToken = true
        fragment = ""
        start = index + 1
      case ";", "\n":
        self = CursorPlace([])
        start = index + 1
      case "(":
        brackets.append((fragment, label, callLabels))
        callLabels = []
        beginFragment(at: index + 1)
      case "[":
        brackets.append((nil, label, callLabels))
        beginFragment(at: index + 1, keepingLabel: true)
      case ")", "]":
        let closed = brackets.popLast()
        label = closed?.label
        callLabels = closed?.callLabels ?? []
        fragment = ""
        start = index + 1
        hasToken = true
      case ",":
        beginFragment(at: index + 1, keepingLabel: brackets.last?.name == nil)
      case "=" where label == nil && !fragment.isEmpty:
        if brackets.isEmpty { usedLabels.append(fragment) } else { callLabels.append(fragment) }
        label = fragment
        fragment = ""
        start = index + 1
        hasToken = true
      case _ where character.isWhitespace:
        if brackets.isEmpty { endToken() }
        beginFragment(at: index + 1, keepingLabel: !brackets.isEmpty)
      default:
        fragment.append(character)
        hasToken = true
      }
    }
    call = brackets.last { $0.name != nil }?.name
    if brackets.last?.name == nil { call = nil }
  }

  private mutating func beginFragment(at index: Int, keepingLabel: Bool = false) {
    fragment = ""
    start = index
    if !keepingLabel { label = nil }
  }

  private mutating func endToken() {
    guard hasToken else { return }
    if verb == nil { verb = fragment } else if label == nil { words.append(fragment) }
    hasToken = false
  }
}
