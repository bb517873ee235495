import GraftBase
import GraftData

/// A folder whose images were searched, kept so that the next search reads none of them again.
struct SearchedFolder {
  /// A file as it was when it was read.
  private struct File: Equatable {
    let path: String
    /// Length, time of the last change, and which file it is; nil for one that cannot be opened.
    let state: RegularFile.State?
  }

  private let files: [File]
  let data: DataSet

  /// Opens all images of a list, or takes those of the last search where every file is what it was.
  ///
  /// `open` reads them.
  init(
    _ list: ImageList, after last: SearchedFolder?, open: (ImageList) throws -> DataSet
  ) rethrows {
    // Before the files are read: one that changes meanwhile is noticed by the next search.
    files = list.places.map { place in
      File(path: place.file, state: try? RegularFile(path: place.file).state)
    }
    if let last, last.files == files, files.allSatisfy({ $0.state != nil }) {
      data = last.data
    } else {
      data = try open(list)
    }
  }
}
