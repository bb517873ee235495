extension Int {
  /// All digits in groups of three: `11 182 158`.
  package var groupedText: String {
    let digits = Array(String(magnitude))
    var result = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result += " " }
      result.append(digit)
    }
    return result
  }

  /// About this many things: `11.7 M`, `270 k`, `812`.
  package var countText: String { scaledText(units: ["", " k", " M", " G", " T"]) }

  /// About this many bytes: `1.4 GB`, `812 MB`, `24.0 kB`.
  package var bytesText: String { scaledText(units: [" B", " kB", " MB", " GB", " TB"]) }

  private func scaledText(units: [String]) -> String {
    var value = Double(self)
    var unit = 0
    while abs(value) >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let isWhole = unit == 0 || abs(value) >= 100
    return (isWhole ? "\(Int(value.rounded()))" : value.fixedText(1)) + units[unit]
  }
}
