extension String {
  /// A field of a CSV file, in quotes where it needs them (RFC 4180).
  package var asCSVField: String {
    guard contains(where: { ",\"\n\r".contains($0) }) else { return self }
    return "\"" + replacing("\"", with: "\"\"") + "\""
  }
}
