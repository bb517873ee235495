import GraftBase

/// Images and a mask of each, in two folders, with or without `train/`, `val/` and `test/`.
///
/// `images/01.png` goes with `masks/01.png`: names are equal but for the suffix, and but for
/// `_mask` or `_gt` at the end of the mask's. Splits lie above (`train/images/`) or below
/// (`images/train/`). `classes.txt` beside them names the classes, one per line, in the order of
/// their numbers; masks of colors have a `MaskLegend` instead.
package enum MaskFolder: DataFormat {
  package static let name = "masks"
  package static let summary =
    "images/ and masks/ with equal file names, one class per pixel, train/ and val/ above or below"

  private static let imageFolders = ["images", "image", "imgs", "img", "jpegimages"]
  private static let maskFolders = [
    "masks", "mask", "labels", "label", "annotations", "segmentationclass", "groundtruth", "gt",
  ]
  private static let maskEndings = ["_mask", "_gt", "_label", "-mask", "-gt"]
  private static let maskFolderEndings = ["annot", "_annot", "_masks", "_mask", "_labels"]
  static let classFiles = ["classes.txt", "labels.txt"]

  package static let hints: Set<LayoutHints.Kind> = [.legend]

  package static func recognizes(_ path: BytePath) -> Bool {
    guard path.kind == .folder else { return false }
    return layout(of: path).places.contains { !$0.images.isEmpty }
  }

  /// Two folders whose files belong together, relative to the root.
  private struct Place {
    var images: [BytePath] = []
    var masks: [BytePath] = []
    var partition: Partition?
  }

  /// The folders to read, and those beside them.
  private struct Layout {
    var places: [Place]
    /// Splits with images and no masks.
    var unmasked: [BytePath] = []
    /// Folders that are no part of it.
    var others: [BytePath] = []
  }

  private static func layout(of path: BytePath) -> Layout {
    let names = subfolders(of: path)
    let sides = names.compactMap { folder in
      ImageFolder.partition(named: folder).map { (folder: folder, partition: $0) }
    }
    // As CamVid (train, trainannot) and Carvana (train, train_masks) have it.
    let beside = sides.map { folder, partition in
      let masks = names.filter { name in
        maskFolderEndings.contains {
          name.description.lowercased() == folder.description.lowercased() + $0
        }
      }
      return Place(images: [folder], masks: masks, partition: partition)
    }
    if beside.contains(where: { !$0.masks.isEmpty }) { return layout(beside, among: names) }
    let above = sides.map { folder, partition in
      var place = pair(in: path, below: folder, partition: partition)
      if place.images.isEmpty { place.images = [folder] }
      return place
    }
    if above.contains(where: { !$0.masks.isEmpty }) { return layout(above, among: names) }
    let top = pair(in: path, below: BytePath(bytes: []), partition: nil)
    guard let images = top.images.first, let masks = top.masks.first else {
      return Layout(places: [])
    }
    let inside = subfolders(of: path.appending(images)).map(images.appending)
    let maskNames = subfolders(of: path.appending(masks))
    let below = inside.compactMap { folder in
      ImageFolder.partition(named: folder.name).map { partition in
        Place(
          images: [folder],
          masks: maskNames.filter { $0 == folder.name }.map(masks.appending), partition: partition)
      }
    }
    let others = names.filter { !top.images.contains($0) && !top.masks.contains($0) }
    guard below.contains(where: { !$0.masks.isEmpty }) else {
      return Layout(places: [top], others: others)
    }
    var result = layout(below, among: inside)
    result.others += others
    return result
  }

  /// Splits that have masks, and what is beside them.
  private static func layout(_ places: [Place], among folders: [BytePath]) -> Layout {
    let whole = places.filter { !$0.masks.isEmpty }
    let used = (places.flatMap(\.images) + whole.flatMap(\.masks))
    return Layout(
      places: whole, unmasked: places.filter(\.masks.isEmpty).flatMap(\.images),
      others: folders.filter { folder in
        !used.contains { $0 == folder || $0.bytes.starts(with: folder.bytes + [UInt8(ascii: "/")]) }
      })
  }

  private static func pair(
    in root: BytePath, below folder: BytePath, partition: Partition?
  ) -> Place {
    let names = subfolders(of: root.appending(folder))
    func found(_ known: [String]) -> [BytePath] {
      names.filter { known.contains($0.description.lowercased()) }.map(folder.appending)
    }
    return Place(images: found(imageFolders), masks: found(maskFolders), partition: partition)
  }

  private static func subfolders(of path: BytePath) -> [BytePath] {
    let names = (try? path.listing()) ?? []
    return names.filter { !$0.isHidden && path.appending($0).kind == .folder }
  }

  package static func read(_ path: BytePath, _ hints: LayoutHints) throws -> Listing {
    let layout = layout(of: path)
    guard !layout.places.isEmpty else {
      throw GraftError(
        .input, "\(path) has no folders of images and masks", help: "expected \(summary)")
    }
    let legend = try hints.legend.map { try MaskLegend(BytePath($0)) } ?? .beside(path)
    var listing = Listing(
      format: name, classes: try legend?.classes ?? classNames(in: path))
    listing.task = .segmentation
    listing.legend = legend
    var walk = FolderWalk(root: path)
    for place in layout.places {
      guard let images = place.images.first, let masks = place.masks.first,
        place.images.count == 1, place.masks.count == 1
      else {
        let names = (place.images + place.masks).map(\.description).joined(separator: ", ")
        throw GraftError(
          .input, "\(path) has more than one folder of images or of masks: \(names)",
          help: "keep one of each")
      }
      listing.entries += try entries(images, masks, place.partition, in: path, &walk)
    }
    guard !listing.entries.isEmpty else {
      throw GraftError(.input, "\(path) has no images", help: "expected \(summary)")
    }
    for place in listing.entries.indices { listing.entries[place].mask?.legend = legend }
    try leaveOut(layout, &walk, &listing)
    listing.sortByPath()
    listing.ignored = walk.ignored
    return listing
  }

  /// Counts folders that are no part of the set, and the images of splits that have no masks.
  private static func leaveOut(
    _ layout: Layout, _ walk: inout FolderWalk, _ listing: inout Listing
  ) throws {
    for folder in layout.others { walk.leaveOut(folder, "a folder beside images and masks") }
    for folder in layout.unmasked {
      let images = try walk.images(under: folder)
      for image in images { walk.leaveOut(image, "has no mask") }
      guard !images.isEmpty else { continue }
      listing.warnings.append(
        "\(folder)/ has \(images.count) image\(images.count == 1 ? "" : "s") and no masks, left out"
      )
    }
  }

  private static func entries(
    _ images: BytePath, _ masks: BytePath, _ partition: Partition?, in path: BytePath,
    _ walk: inout FolderWalk
  ) throws -> [Listing.Entry] {
    var masksOfStem: [BytePath: [BytePath]] = [:]
    let found =
      path.appending(masks).kind == .folder ? try walk.images(under: masks) : []
    let pictures = try walk.images(under: images)
    let stems = Set(pictures.map { stem(of: $0, below: images, isMask: false) })
    for mask in found {
      // A name that ends like a mask's may be that of an image as well.
      let whole = stem(of: mask, below: masks, isMask: false)
      let key = stems.contains(whole) ? whole : stem(of: mask, below: masks, isMask: true)
      masksOfStem[key, default: []].append(mask)
    }
    return try pictures.map { image in
      let own = masksOfStem[stem(of: image, below: images, isMask: false)] ?? []
      guard own.count < 2 else {
        throw GraftError(
          .input, "\(image) has \(own.count) masks, \(own[0]) and \(own[1])",
          help: "keep the one that belongs to it")
      }
      let mask = own.first
      let expected = masks.appending(image.name)
      return Listing.Entry(
        path: image, label: 0, partition: partition, source: .file(path.appending(image)),
        mask: ListedMask(
          path: mask ?? expected, file: mask.map { path.appending($0) }))
    }
  }

  /// What the names of an image and of its mask have in common.
  private static func stem(of file: BytePath, below folder: BytePath, isMask: Bool) -> BytePath {
    var bytes = Array(file.bytes.dropFirst(folder.bytes.count))
    if let dot = bytes.lastIndex(of: UInt8(ascii: ".")) { bytes = Array(bytes[..<dot]) }
    let tail = String(decoding: bytes.suffix(8), as: UTF8.self).lowercased()
    if isMask, let ending = maskEndings.first(where: tail.hasSuffix) {
      bytes.removeLast(ending.utf8.count)
    }
    return BytePath(bytes: bytes)
  }

  /// The names in the order of the numbers; empty when no file lists them.
  private static func classNames(in path: BytePath) throws -> [String] {
    guard let file = classFiles.map(path.appending).first(where: { $0.kind == .file }) else {
      return []
    }
    let text = String(decoding: try file.read(limit: 1 << 20), as: UTF8.self)
    let names = text.split(whereSeparator: \.isNewline).map {
      String($0).trimmed.escapingControlCharacters
    }.filter { !$0.isEmpty }
    guard names.count >= 2, names.count <= MaskClasses.most, Set(names).count == names.count
    else {
      throw GraftError(
        .input, "\(file) names \(names.count) classes, or one of them twice",
        help: "it has one name per line, 2 to \(MaskClasses.most) of them, the background first")
    }
    return names
  }
}

extension String {
  fileprivate var trimmed: String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let tail = drop(while: isSpace).reversed().drop(while: isSpace)
    return String(tail.reversed())
  }
}
