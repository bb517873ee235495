extension DataSet {
  /// Every file that it reads: images, masks, and tables that list them.
  package var files: [BytePath] {
    var files = places.filter { $0.kind == .file }
    for sample in samples {
      if case .file(let path) = sample.source { files.append(path) }
      if let mask = sample.mask { files.append(mask.file) }
    }
    return files + companions
  }

  /// Files in its folders that name classes, by the formats that have them.
  private var companions: [BytePath] {
    let names = Set(
      MaskFolder.classFiles + MaskLegend.fileNames + YOLONames.lists + YOLONames.documents)
    return folders.flatMap { folder in
      names.sorted().map { folder.appending($0) }.filter { $0.kind == .file }
    }
  }

  /// The folders that it was read from, where a new image would become part of it.
  package var folders: [BytePath] { places.filter { $0.kind == .folder } }

  /// The file of an image; nil for one that is a record of a larger file.
  package func file(of index: Int) -> BytePath? {
    if case .file(let path) = samples[index].source { path } else { nil }
  }
}
