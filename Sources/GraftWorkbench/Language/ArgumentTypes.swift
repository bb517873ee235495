import GraftBase
import GraftImaging
import GraftModels

// The types of arguments that only the workbench has.

/// An op, or the name of a pipeline, with `+` or `-` in front where it edits the current one.
extension TransformCall: ArgumentObject, ArgumentReadable {
  package var argumentText: String { description }
}

extension ArgumentType where Value == [TransformCall] {
  /// Ops and names of pipelines, in order.
  package static var pipeline: Self { Self(.pipeline) }
  /// Several pipelines.
  package static var pipelines: Self { Self(.list(of: .pipeline)) }
}

/// A network that a formula spells.
extension NetSyntax: ArgumentObject, ArgumentReadable {
  package var argumentText: String { Net.name(self) }
}

/// A box in an image with the name of what it holds.
package struct NamedBox: ArgumentObject, ArgumentReadable {
  package let name: String
  package let box: BoundingBox

  package var argumentText: String {
    let sides = [box.left, box.top, box.right, box.bottom].map(\.shortText)
    return "\(name)(\(sides.joined(separator: ", ")))"
  }
}

extension ArgumentType where Value == [NamedBox] {
  package static var boxes: Self { Self(.list(of: .box)) }
}

/// `4x3`: columns by rows of a sheet of images.
package struct Grid: ArgumentReadable {
  package let columns: Int
  package let rows: Int

  package static func read(_ values: [ArgumentValue]) -> Grid? {
    if case .pair(let columns, let rows)? = values.first {
      Grid(columns: columns, rows: rows)
    } else {
      nil
    }
  }

  package var argumentText: String { "\(columns)x\(rows)" }
}

extension ArgumentType where Value == Grid {
  package static var grid: Self { Self(.grid) }
}
