import Foundation
import GraftBase
import GraftPlots

/// The file of a report: one page of HTML that needs nothing beside it.
///
/// It reads without its script, which only sorts, enlarges, copies and changes the colors.
struct ReportPage {
  private let report: Report

  init(_ report: Report) { self.report = report }

  /// The whole file; sections that have nothing to tell are left out.
  func source() throws -> String {
    let sections = try ReportSections.all.compactMap { section in
      try section.content(of: report).map { content in
        (
          id: section.id, title: section.title,
          html: HTML(
            "section", ["id": section.id, "aria-labelledby": "\(section.id)-title"],
            HTML("h2", ["id": "\(section.id)-title"], HTML(text: section.title)), content)
        )
      }
    }
    let links = sections.map { section in
      HTML("li", [:], HTML("a", ["href": "#\(section.id)"], HTML(text: section.title)))
    }
    let header = try HTML(
      "header", [:], HTML("h1", [:], report.title), SummarySection.paragraph(of: report))
    let body = HTML(
      "body", [:],
      HTML("a", ["class": "skip", "href": "#content"], "Skip to the content"),
      HTML(
        "nav", ["aria-label": "Contents"],
        HTML(
          "button", ["type": "button", "id": "theme", "hidden": "hidden"], "Dark colors"),
        HTML("ul", [:], links)),
      HTML("main", ["id": "content"], header, HTML(sections.map(\.html))),
      HTML("footer", [:], HTML("p", [:], footer)),
      HTML("script", [:], HTML(markup: Self.inert(ReportScript.text))))
    let page = HTML(
      "html", ["xmlns": "http://www.w3.org/1999/xhtml", "lang": "en"], head, body)
    return "<!DOCTYPE html>\n" + page.source + "\n"
  }

  private var head: HTML {
    HTML(
      "head", [:],
      HTML("meta", ["charset": "utf-8"]),
      HTML("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      // Nothing is loaded from anywhere, whatever the page holds.
      HTML(
        "meta",
        [
          "http-equiv": "Content-Security-Policy",
          "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
            + "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        ]),
      HTML("meta", ["name": "color-scheme", "content": "light dark"]),
      HTML("meta", ["name": "generator", "content": "graft \(Version.number)"]),
      HTML("title", [:], HTML(text: report.plainTitle)),
      HTML("style", [:], HTML(markup: Self.inert(ReportStyle.text(report.figures.colors)))))
  }

  private var footer: HTML {
    "Written by graft \(Version.number) on \(Self.day(Date())). This file is complete: it loads nothing."
  }

  /// Style sheets and scripts are no markup to HTML, and are to be none to XML.
  private static func inert(_ text: String) -> String { "/*<![CDATA[*/\n\(text)\n/*]]>*/" }

  /// `2026-11-30`, by the user's clock.
  private static func day(_ date: Date) -> String {
    let parts = Calendar.current.dateComponents([.year, .month, .day], from: date)
    func two(_ number: Int?) -> String { String("0\(number ?? 0)".suffix(2)) }
    return "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day))"
  }
}
