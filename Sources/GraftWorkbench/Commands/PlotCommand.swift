import GraftBase
import GraftPlots

/// `plot`: draws what runs, comparisons and images are like.
package struct PlotCommand: Command {
  private static let kind = Argument(
    required: "what", .choice(PlotKinds.all.map { $0.name }), "what to draw", usual: "loss"
  ).positional
  private static let runs = Argument(
    list: "runs", .runs, otherwise: "the current run", "runs to draw, such as [A,C]")
  private static let networks = Argument(
    list: "of", .networkNames, otherwise: "that of the run, or the chosen encoder",
    "networks whose layers are drawn, such as vgg16")
  private static let on = Argument(
    "on", .word, default: DataPart.val, "split of the data that a run is measured on")
  private static let method = Argument(
    "method", .word, default: EmbeddingPlot.Method.pca,
    "how `embedding` brings features into the plane: principal components, or t-SNE")
  private static let output = Argument(
    "to", .path(.output), "file to write: .png, .svg, .pdf, or .csv for the numbers")
  private static let size: Argument<String?> = Argument(
    "size", .text, otherwise: "what suits the plot",
    "width by height in pixels, such as 1200x800")
  private static let theme = Argument(
    "theme", .word, default: PlotTheme.Choice.light, "colors for a light or a dark page")

  package static let specification = CommandSpecification(
    "plot", "draw curves, tables and comparisons of runs", group: .look,
    parameters: [kind, runs, networks, on, method, output, size, theme],
    examples: [
      "plot loss runs=A to=loss.png", "plot accuracy runs=[A,B] to=accuracy.svg",
      "plot confusion on=val theme=dark to=confusion.png",
      "plot comparison runs=[A,B] size=1200x700 to=comparison.pdf", "plot counts to=counts.csv",
      "plot embedding method=tsne to=embedding.png",
      "plot layers of=squeezenet1_1 to=layers.png",
      "plot field of=[squeezenet1_1,resnet18] to=field.svg",
    ],
    seeAlso: ["runs", "compare", "evaluate", "preview"], isRecorded: true,
    discussion: PlotKinds.all.map { "\($0.name) shows the \($0.summary)." }.joined(separator: " ")
      + """
       Without to= the plot is drawn in the terminal: as an image where it has images, else in text. The \
      suffix of to= decides what is written; .csv has the numbers that are shown, with all their digits.
      """)

  private let arguments: CheckedArguments
  private let kind: any PlotKind.Type
  private let request: PlotRequest
  private let destination: PlotOutput
  private let format: Plot.Format?

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard let kind = PlotKinds.kind(arguments[Self.kind]) else {
      preconditionFailure("a choice that is none")
    }
    self.kind = kind
    request = PlotRequest(
      runs: arguments[Self.runs], networks: arguments[Self.networks], part: arguments[Self.on],
      namesPart: arguments.isGiven(Self.on), method: arguments[Self.method])
    format = try arguments.plotFormat(at: Self.output)
    destination = PlotOutput(
      size: try Self.size(arguments), theme: arguments[Self.theme].theme)
    try checkCombination()
  }

  private func checkCombination() throws {
    if kind.runs == .none, arguments.isGiven(Self.runs) {
      throw arguments.fault(
        .notAllowedHere, at: Self.runs, "`plot \(kind.name)` is not about runs",
        help: "leave out runs=")
    }
    if kind.runs == .one, request.runs.count > 1 {
      throw arguments.fault(
        .notAllowedHere, at: Self.runs, "`plot \(kind.name)` draws one run",
        help: "draw the others by lines of their own")
    }
    try checkNetworks()
    if !kind.measures, arguments.isGiven(Self.on) {
      throw arguments.fault(
        .notAllowedHere, at: Self.on, "`plot \(kind.name)` measures nothing", help: "leave out on=")
    }
    if !kind.takesMethod, arguments.isGiven(Self.method) {
      throw arguments.fault(
        .notAllowedHere, at: Self.method,
        "`method` is for `plot embedding`, and `plot \(kind.name)` is made in one way",
        help: "leave out method=")
    }
  }

  private func checkNetworks() throws {
    guard arguments.isGiven(Self.networks) else { return }
    if kind.networks == .none {
      throw arguments.fault(
        .notAllowedHere, at: Self.networks,
        "`plot \(kind.name)` is not about networks without a run", help: "leave out of=")
    }
    if kind.networks == .one, request.networks.count > 1 {
      throw arguments.fault(
        .notAllowedHere, at: Self.networks, "`plot \(kind.name)` draws one network",
        help: "draw the others by lines of their own")
    }
    if arguments.isGiven(Self.runs) {
      throw arguments.fault(
        .notAllowedHere, at: Self.networks, "the network is that of the run, or one that is named",
        help: "leave out of= or runs=")
    }
  }

  /// `1200x800`.
  private static func size(_ arguments: CheckedArguments) throws -> PlotSize? {
    guard let text = arguments[Self.size] else { return nil }
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    let (widths, heights) = (PlotSize.widthRange, PlotSize.heightRange)
    guard parts.count == 2, let width = parts[0], let height = parts[1], widths.contains(width),
      heights.contains(height), width * height <= 32_000_000
    else {
      throw arguments.fault(
        .outOfRange, at: Self.size,
        "`\(text.escapingControlCharacters)` is not the size of a plot: width by height in pixels, "
          + "from \(widths.lowerBound)x\(heights.lowerBound) to "
          + "\(widths.upperBound)x\(heights.upperBound) and 32 million in all",
        help: "for example: size=1200x800")
    }
    return PlotSize(width: width, height: height)
  }

  package func rehearse(in trial: Session) throws {
    if let path = arguments[Self.output] { _ = try trial.output(path) }
    try kind.check(request, in: trial)
  }

  package func run(in session: Session) throws {
    let place = try arguments[Self.output].map { try session.output($0) }
    try kind.check(request, in: session)
    let plot = try kind.plot(request, in: session)
    let size = destination.size ?? plot.size
    guard let place, let format else {
      guard session.console.format == .text else {
        return session.console.event(.plot, session.fields(of: plot, at: nil, size: nil))
      }
      return try session.show(plot, destination)
    }
    let path = try place.prepared()
    try destination.write(plot, format, to: path)
    let isPicture = format != .csv
    session.console.result(
      "wrote \(FilePath.relative(path, to: session.folder))"
        + (isPicture ? ", \(size.width)×\(size.height)" : ""),
      event: .plot, session.fields(of: plot, at: path, size: isPicture ? size : nil))
  }

  /// Only a plot that writes a file belongs to a recipe.
  package func lineage(in session: Session) -> Lineage? {
    guard arguments.isGiven(Self.output) else { return nil }
    return kind.needs(request, in: session).map { Lineage(needs: $0, isOutcome: true) }
  }
}

extension CheckedArguments {
  /// The format that the suffix of an output asks for; nil without an output.
  func plotFormat(at output: Argument<String?>) throws -> Plot.Format? {
    guard let path = self[output] else { return nil }
    guard let format = Plot.Format(path: path) else {
      throw fault(
        .unknownValue, at: output, "plots are written as .png, .svg, .pdf or .csv",
        help: "for example: to=loss.png")
    }
    return format
  }
}

extension PlotTheme {
  /// What `theme=` may say.
  enum Choice: String, WordChoice {
    case light, dark

    var theme: PlotTheme { self == .light ? .light : .dark }
  }
}

extension ArgumentType where Value == [EncoderSource] {
  /// Encoders and formulas, whose weights do not matter.
  fileprivate static var networkNames: Self {
    Self(.list(of: .either([.name(.encoder), .network])))
  }
}

extension ArgumentType where Value == [String] {
  /// Runs of the session.
  static var runs: Self { Self(.list(of: .name(.run))) }
}
