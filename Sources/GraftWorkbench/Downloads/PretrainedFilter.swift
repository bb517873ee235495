import Foundation
import GraftBase
import GraftModels

/// Which weights a listing shows; nil is no condition.
struct PretrainedFilter {
  /// A family of encoders, or a part of their names.
  var family: String?
  /// Top-1 in percent, at least.
  var accuracy: Double?
  /// Size of the file, at most.
  var megabytes: Double?
  /// Only what is available without a download.
  var isHere = false

  func admits(_ weights: PretrainedWeights.Listed) -> Bool {
    if isHere, weights.path == nil { return false }
    if let accuracy, weights.entry.accuracy.map({ $0 < accuracy }) ?? true { return false }
    if let megabytes, weights.bytes.map({ Double($0) > megabytes * 1e6 }) ?? true { return false }
    guard let family = family?.lowercased() else { return true }
    let name = weights.entry.encoder
    return name.contains(family)
      || Encoders.all.first { $0.name == name }?.family.lowercased() == family
  }
}

extension Session {
  /// Lists weights with their facts, and how long those that are available take per image here.
  func showPretrained(_ filter: PretrainedFilter) throws {
    let all = pretrained.listing
    let listing = all.filter(filter.admits)
    var timings = EncoderTimings(of: pretrained)
    let rows = try listing.map { weights in
      (weights, weights.path == nil ? nil : try timings.milliseconds(of: weights.entry, in: self))
    }
    timings.save()
    let table = TextTable(
      ["encoder", "weights", "top-1", "px", "size", "ms", "where", "parameters", "file"],
      rows: rows.map { weights, milliseconds in
        let entry = weights.entry
        return [
          entry.encoder, entry.weights, entry.accuracy.map { $0.fixedText(1) } ?? "-",
          "\(entry.input.side)", weights.bytes.map(\.bytesText) ?? "-",
          milliseconds.map { $0.fixedText($0 < 9.95 ? 1 : 0) } ?? "-", weights.place ?? "-",
          entry.parameterCount.map(\.countText) ?? "-", entry.fileName,
        ]
      },
      alignments: [.left, .left, .right, .right, .right, .right, .left, .right, .left],
      flexibilities: [
        0: .wraps(atLeast: 20), 1: .wraps(atLeast: 13), 7: .leaves(1), 8: .leaves(0),
      ])
    if rows.isEmpty { console.progress(Self.emptyText(filter, of: all.count)) }
    if !rows.isEmpty || console.format == .json {
      console.result(
        table.rendered(width: console.tableWidth), event: .pretrained,
        [("files", .array(rows.map { Self.json($0.0, milliseconds: $0.1) }))])
    }
    if filter.family == nil, filter.isHere, !rows.isEmpty {
      console.progress("\(all.count - rows.count) more can be fetched: `show pretrained`")
    }
  }

  private static func emptyText(_ filter: PretrainedFilter, of count: Int) -> String {
    let families = Set(Encoders.all.map(\.family)).sorted().joined(separator: ", ")
    return "none of \(count) published weights is like that"
      + (filter.family == nil ? "; `show pretrained` lists them" : "; families: \(families)")
  }

  private static func json(
    _ weights: PretrainedWeights.Listed, milliseconds: Double?
  ) -> JSONValue {
    let entry = weights.entry
    return .object([
      ("encoder", .string(entry.encoder)), ("weights", .string(entry.weights)),
      ("address", .string(entry.address)),
      ("checksum", entry.checksum.map(JSONValue.string) ?? .null),
      ("accuracy", entry.accuracy.map(JSONValue.number) ?? .null),
      ("size", .integer(entry.input.side)),
      ("parameters", entry.parameterCount.map(JSONValue.integer) ?? .null),
      ("bytes", weights.bytes.map(JSONValue.integer) ?? .null),
      ("milliseconds", milliseconds.map(JSONValue.number) ?? .null),
      ("file", weights.path.map(JSONValue.string) ?? .null),
    ])
  }
}
