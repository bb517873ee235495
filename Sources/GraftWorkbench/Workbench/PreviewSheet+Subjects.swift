import GraftBase
import GraftData
import GraftImaging

extension PreviewSheet {
  /// An image to show as it is decoded, and its address in training.
  struct Subject {
    let source: Image
    let caption: String
    var key: SampleKey
    /// Its place in the epoch's order; nil for a file.
    let place: Int?
    let annotation: Annotation
    var boxNames: [String] = []

    /// The same file, drawn as in another epoch, counted from 1.
    func inEpoch(_ epoch: Int) -> Subject {
      var result = self
      result.key.epoch = epoch - 1
      return result
    }
  }

  func subjects() throws -> [Subject] {
    guard request.paths.isEmpty else {
      let range = request.grayRange ?? preprocessing.grayRange
      let images = session.pool.map(request.paths) { try ImageFile.read($0, grayRange: range) }
      return try zip(request.paths, images).enumerated().map { index, file in
        try self.file(index, file.0, image: file.1.get())
      }
    }
    let data = try session.requireData()
    let order = try epochView(.none, of: data).samples
    // The same images in every epoch: those that the first one begins with.
    let first = try request.epoch == 1 ? order : epochView(.none, of: data, epoch: 0).samples
    let placeOf = Dictionary(zip(order, order.indices), uniquingKeysWith: { place, _ in place })
    let places = try chosen(from: data, first).compactMap { placeOf[first[$0]] }
    let images = session.pool.map(places.map { order[$0] }) { try data.storedImage(at: $0) }
    return try zip(places, images).map { place, image in
      Subject(
        source: try image.get(),
        caption: data.task == .segmentation
          ? data.samples[order[place]].path.lastPathComponent
          : data.labelText(of: order[place]),
        key: SampleKey(seed: session.seed, epoch: request.epoch - 1, sample: order[place]),
        place: place,
        annotation: Annotation(
          mask: data.task == .segmentation
            ? try data.mask(at: order[place]).asDrawnMask : nil))
    }
  }

  private func file(_ index: Int, _ path: String, image: Image) throws -> Subject {
    let (boxes, names) = try self.boxes(of: path, image.size)
    return Subject(
      source: image, caption: path.lastPathComponent,
      key: SampleKey(seed: session.seed, epoch: request.epoch - 1, sample: index), place: nil,
      annotation: Annotation(
        mask: try request.maskPath.map { try AnnotationFile.mask($0, size: image.size) },
        boxes: boxes), boxNames: names)
  }

  /// The boxes that were typed, else those in files beside the image.
  private func boxes(
    of path: String, _ size: ImageSize
  ) throws -> (boxes: [BoundingBox], names: [String]) {
    guard request.boxes.isEmpty else { return try AnnotationFile.boxes(request.boxes, size: size) }
    let place = BoxPlace(path: path.lastPathComponent, file: path, size: size)
    do {
      let found = try BoxSet.read([place], in: nil)
      return (found?.boxes(of: 0) ?? [], found?.classes ?? [])
    } catch let error as GraftError {
      session.console.warn("without boxes: \(error)")
      return ([], [])
    }
  }

  /// The classes to show, by their numbers; refused when the data have none of that name.
  func classes(of data: DataSet) throws -> [Int] {
    guard let name = request.className else { return Array(data.classes.indices) }
    return [try data.classes.place(ofClass: name, of: data.name)]
  }

  /// Positions in the epoch's order, alternating between the classes.
  private func chosen(from data: DataSet, _ order: [Int]) throws -> [Int] {
    let classes = try classes(of: data)
    var byClass: [Int: [Int]] = [:]
    for (place, sample) in order.enumerated() {
      // An image with a mask counts as itself, or as the requested class.
      guard let mask = data.samples[sample].mask else {
        // An image with several labels counts for the first, or for the requested class.
        let labels = data.samples[sample].labels
        let label =
          request.className == nil
          ? labels.first ?? classes[0] : classes.first(where: labels.contains)
        if let label { byClass[label, default: []].append(place) }
        continue
      }
      let label = request.className == nil ? classes[0] : classes.first { mask.pixels[$0] > 0 }
      if let label { byClass[label, default: []].append(place) }
    }
    var result: [Int] = []
    var round = 0
    while result.count < request.count {
      let next = classes.compactMap { byClass[$0]?[checked: round] }
      if next.isEmpty { break }
      result += next.prefix(request.count - result.count)
      round += 1
    }
    return result
  }
}
