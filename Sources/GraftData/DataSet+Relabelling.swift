import GraftBase

extension DataSet {
  /// The same images under another list of classes, matched by name.
  ///
  /// Throws when a class with images is not in the list.
  package func relabeled(by names: [String]) throws -> DataSet {
    let used =
      maskClasses == nil ? Set(samples.flatMap(\.labels)) : Set(classes.indices)
    var places: [Int: Int] = [:]
    for label in used.sorted() {
      guard let place = names.firstIndex(of: classes[label]) else {
        let known = names.prefix(6).map { "\"\($0.escapingControlCharacters)\"" }
        throw GraftError(
          .failed,
          "\(name) has the class \"\(classes[label].escapingControlCharacters)\", which the model "
            + "does not have",
          help: "it has \(known.joined(separator: ", "))\(names.count > 6 ? ", …" : "")")
      }
      places[label] = place
    }
    var result = self
    result.classes = names
    if let maskClasses {
      let numbers = classes.indices.map { places[$0] ?? 0 }
      result.maskClasses = maskClasses.renumbered(numbers, names: names)
      for index in samples.indices {
        guard let own = samples[index].mask?.pixels else { continue }
        var pixels = [Int](repeating: 0, count: names.count)
        for (label, count) in own.enumerated() { pixels[numbers[label]] += count }
        result.samples[index].mask?.pixels = pixels
      }
      return result
    }
    for index in samples.indices {
      result.samples[index].label = places[samples[index].label] ?? 0
      let set = samples[index].labelSet.map { $0.map { places[$0] ?? 0 }.sorted() }
      result.samples[index].labelSet = set
      if let first = set?.first { result.samples[index].label = first }
    }
    return result
  }
}

extension DataSet {
  /// SHA-256 over the split of every image: equal hashes mean equal splits.
  package var splitHash: ContentHash.Digest {
    var hash = ContentHash()
    for side in Partition.allCases {
      hash.update("\(side.rawValue) \(partition(side))\n")
    }
    return hash.finish()
  }
}
