import GraftBase
import GraftData
import GraftTraining

// Likely copies by the features of the chosen encoder.
extension DataCheck {
  private static let shownAlike = 20

  /// The neighbors of images with any number of labels, whose labels are not judged.
  ///
  /// Nil without an encoder with trained weights, and for too few or too many images.
  static func neighbors(_ data: DataSet, in session: Session) throws -> FeatureNeighbors? {
    guard data.task == .multiLabel, session.workbench.encoder?.weights != nil,
      FeatureNeighbors.counts.contains(data.samples.count)
    else { return nil }
    let model = try session.makeModel(classes: data.classes)
    let embedding = try session.embedding(
      of: data.undivided, .train, by: model, verb: "features of \(data.name)")
    let width = embedding.width
    var features = [Float](repeating: 0, count: embedding.values.count)
    for (row, sample) in embedding.samples.enumerated() {
      features.replaceSubrange(
        sample * width..<(sample + 1) * width,
        with: embedding.values[row * width..<(row + 1) * width])
    }
    return try FeatureNeighbors(
      features, width: width, count: FeatureOutliers.neighbors, pool: session.pool)
  }

  /// Pairs of images that are not known as copies: neither by content nor, directly or through others, by their
  /// looks.
  static func alike(
    _ neighbors: FeatureNeighbors, besides copies: NearCopies, in data: DataSet
  ) -> [FeatureCopies.Pair] {
    var groups = Array(data.samples.indices)
    func root(_ image: Int) -> Int {
      var image = image
      while groups[image] != image { image = groups[image] }
      return image
    }
    for pair in copies.acrossSplits + copies.insideSplits {
      groups[root(pair.image)] = root(pair.original)
    }
    // The later of two is that of the later split, and inside a split the later by path, as for other copies.
    var order = [Int](repeating: 0, count: data.samples.count)
    for (rank, image) in Partition.allCases.flatMap(data.partition).enumerated() {
      order[image] = rank
    }
    return FeatureCopies(neighbors) { order[$0] }.pairs.filter {
      root($0.image) != root($0.original)
        && data.samples[$0.image].content != data.samples[$0.original].content
    }
  }

  var alikeLines: [String] {
    guard let alike, !alike.isEmpty else { return [] }
    let more = alike.count - Self.shownAlike
    return [
      "likely copies by the encoder's features, such as cutouts and other colors: \(alike.count), the most "
        + "alike first"
    ] + alike.prefix(Self.shownAlike).map { "  \(text($0))" }
      + (more > 0 ? ["  and \(more) more; `--json` lists all"] : [])
  }

  /// `val/bees/1.jpg ~ train/bees/9.jpg (0.21 of the usual distance, validation and train)`.
  private func text(_ pair: FeatureCopies.Pair) -> String {
    let (image, original) = (data.samples[pair.image], data.samples[pair.original])
    let sides = [pair.image, pair.original].map { data.side(of: $0).rawValue }
    var notes = [
      "\(pair.ratio.fixedText(2)) of the usual distance",
      sides[0] == sides[1] ? sides[0] : sides.joined(separator: " and "),
    ]
    if image.labels != original.labels {
      let names = [pair.image, pair.original].map {
        data.labelText(of: $0).escapingControlCharacters
      }
      notes.append("labels \(names.joined(separator: " and "))")
    }
    return [image, original].map(\.path.escapingControlCharacters).joined(separator: " ~ ")
      + " (\(notes.joined(separator: ", ")))"
  }

  func fields(of pair: FeatureCopies.Pair) -> [(String, JSONValue)] {
    [
      ("path", .string(data.samples[pair.image].path)),
      ("of", .string(data.samples[pair.original].path)),
      ("split", .string(data.side(of: pair.image).languageName)),
      ("split_of", .string(data.side(of: pair.original).languageName)),
      ("distance", .number(pair.distance)), ("ratio", .number(pair.ratio)),
    ]
  }
}
