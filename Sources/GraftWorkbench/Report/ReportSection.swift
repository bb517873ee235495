/// A part of a report: one file, and one line in `ReportSections.all`.
protocol ReportSection: Sendable {
  /// What links to it say; a word.
  static var id: String { get }
  /// Its heading.
  static var title: String { get }

  /// What stands below its heading; nil where there is nothing to tell.
  static func content(of report: Report) throws -> HTML?
}

/// The sections, in the order of the page.
enum ReportSections {
  static let all: [any ReportSection.Type] = [
    KeyFiguresSection.self,
    DataSection.self,
    RunsSection.self,
    CurvesSection.self,
    ComparisonSection.self,
    ConfusionSection.self,
    ClassesSection.self,
    CalibrationSection.self,
    RankingSection.self,
    PolicySection.self,
    PipelineSection.self,
    MistakesSection.self,
    ConfusedPairsSection.self,
    ExplanationsSection.self,
    LayersSection.self,
    RecipeSection.self,
    VersionsSection.self,
  ]
}
