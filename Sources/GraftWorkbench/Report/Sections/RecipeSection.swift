import GraftBase

/// The recipe with the results of its lines, to repeat all of it.
enum RecipeSection: ReportSection {
  static let id = "recipe"
  static let title = "Recipe"

  static func content(of report: Report) throws -> HTML? {
    guard let recipe = recipe(report) else { return nil }
    return HTML([
      HTML(
        "p", [:],
        """
        Save these lines as \(HTML("code", [:], "report.graft")) beside the data; \
        \(HTML("code", [:], "graft run report.graft")) trains the runs again, and \
        \(HTML("code", [:], "graft verify report.graft")) compares their results with those after \
        \(HTML("code", [:], "#=")).
        """),
      HTML(
        "pre",
        [
          "class": "copyable", "tabindex": "0", "aria-label": "Lines of the recipe",
          "role": "group",
        ],
        HTML("code", [:], HTML(text: recipe))),
    ])
  }

  /// What led to the runs, with paths that tell nothing of the machine.
  private static func recipe(_ report: Report) -> String? {
    let session = report.session
    let made = report.entries.filter { $0.run.prepared != nil }.map(\.name)
    if !session.recorder.statements.isEmpty, !made.isEmpty {
      return session.distilledRecipe(folder: nil, of: made)
    }
    return report.featured.run.recipe
  }
}
