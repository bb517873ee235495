import GraftBase
import GraftModels

extension HelpText {
  /// `help net`: how a network is written, with every layer of the registry.
  func networkPage() -> String {
    var layers = TextTable(rows: NetLayers.all.map { [$0.usage, $0.summary] }, indent: 2)
    layers.alignments = [.left, .left]
    layers.flexibilities = [0: .wraps(atLeast: 24), 1: .wraps(atLeast: 24)]
    var options: [String: ArgumentDeclaration] = [:]
    for parameter in NetLayers.all.flatMap(\.arguments) where options[parameter.name] == nil {
      options[parameter.name] = parameter
    }
    var table = TextTable(
      rows: options.keys.sorted().compactMap { options[$0] }.map {
        [$0.name, $0.summary, $0.kind.title]
      }, indent: 2)
    table.alignments = [.left, .left, .left]
    table.flexibilities = Self.threeColumns
    return [
      "net - a network by its formula, as an encoder",
      heading("usage") + "  encoder net(\"FORMULA\" [, N=… M=… K=… optional=yes|no])",
      Self.networkDiscussion.wrapped(to: width).joined(separator: "\n"),
      heading("layers") + layers.rendered(width: width),
      heading("arguments of layers") + table.rendered(width: width),
      heading("examples") + Self.networkExamples.map { "  \($0)" }.joined(separator: "\n"),
      "see also: encoder, summary",
    ].joined(separator: "\n\n")
  }

  /// A paragraph.
  static let networkDiscussion = """
    Layers are written in order; [ … ]*3 repeats, arrows and capitals are optional. Numbers
    are matched in order, words where they fit, the rest by name: conv(32, 5, valid, bias=no).
    `input(28, 1)` in front sets side and channels of the images; default 32 and 3. `conv1:
    conv(20)` names a layer; others are numbered from 0 as in torch's Sequential, where flatten,
    which comes before the first fc by itself, has a number too. An fc that ends the formula is
    the classifier: the head replaces it, with one output per class.
    N, M and K of CS231n notation, and whether parts that end in `?` are used, follow the formula.
    Values 0..1 of images are normalized by mean 0.5 and deviation 0.25; mean= and std= change it.
    """

  static let networkExamples = [
    "encoder net(\"[[conv(32) relu]*2 pool]*3 [fc(256) relu]*1\")",
    "encoder net(\"[[CONV->RELU]*N->POOL?]*M->[FC->RELU]*K->FC\", N=2, M=3, K=1)",
    "encoder net(\"input(28, 1) conv1: conv(20, 5) pool fc1: fc(500) relu fc(10)\")",
  ]
}
