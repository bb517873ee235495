import Foundation

/// Names in a folder, sorted, for suggestions, TAB and `ls`.
package enum FolderListing {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var isFolder: Bool
  }

  /// The visible entries of a folder by name; empty when it cannot be read.
  package static func entries(of folder: String, showsHidden: Bool = false) -> [Entry] {
    names(in: folder, showsHidden: showsHidden).map {
      Entry(name: $0, isFolder: FilePath.isFolder(folder + "/" + $0) ?? false)
    }
  }

  /// The visible names in a folder; none when it cannot be read.
  static func names(in folder: String, showsHidden: Bool = false) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { showsHidden || !$0.hasPrefix(".") }.sorted()
  }

  /// The name beside a missing path that the user probably meant.
  static func nearest(to path: String) -> String? {
    let parts = path.split(separator: "/")
    guard let name = parts.last else { return nil }
    let siblings = entries(of: FilePath.folder(of: path))
    guard siblings.count <= 10_000,
      let near = Suggestion.nearest(to: String(name), among: siblings.map(\.name))
    else { return nil }
    return siblings.contains { $0.name == near && $0.isFolder } ? near + "/" : near
  }
}
