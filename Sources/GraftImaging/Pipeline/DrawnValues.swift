import Foundation

/// The numbers of a transform's parameters by name, for statistics of what was drawn.
///
/// A value with a word beside its number is named by it: a drawn `brightness`, `translateY`. Seeds,
/// colors, filters and the output size are not strengths and are left out.
enum DrawnValues {
  static func of(_ parameters: some Encodable) -> [(name: String, value: Double)] {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(parameters),
      let json = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    else { return [] }
    return numbers(in: json, named: "")
  }

  private static let passedOver: Set<String> = ["seed", "fill", "color", "filter", "outputSize"]

  private static func numbers(in json: Any, named name: String) -> [(name: String, value: Double)] {
    switch json {
    case let fields as [String: Any]:
      let fields = fields.filter { !passedOver.contains($0.key) }
      let word = fields.sorted { $0.key < $1.key }.lazy.compactMap { $0.value as? String }.first
      let rest = fields.filter { !($0.value is String) }
      return rest.sorted { $0.key < $1.key }.flatMap { key, value in
        let isNamed = rest.count == 1 && word != nil
        return numbers(in: value, named: joined(word ?? name, isNamed ? "" : key))
      }
    case let values as [Any]: return values.flatMap { numbers(in: $0, named: name) }
    case let number as NSNumber: return [(name.isEmpty ? "value" : name, number.doubleValue)]
    default: return []
    }
  }

  /// Names of cases without labels say nothing.
  private static func joined(_ name: String, _ part: String) -> String {
    if part.isEmpty || part.hasPrefix("_") { return name }
    return name.isEmpty ? part : "\(name) \(part)"
  }
}
