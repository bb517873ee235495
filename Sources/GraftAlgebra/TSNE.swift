import Foundation
import GraftBase
import GraftKernels

/// Points laid out in the plane so that each keeps its neighbors (t-SNE: van der Maaten and Hinton, 2008).
///
/// It is computed exactly, over all pairs: N² numbers in memory, and about five seconds for 2,000 points on two
/// cores. The learning rate, the exaggeration at the start and the start from principal components are
/// those of scikit-learn (Kobak and Berens, 2019). Equal points and seeds give equal layouts at any number of
/// threads.
package struct TSNE: Sendable {
  package struct Settings: Sendable {
    /// How many neighbors a point has, roughly; lowered where there are few points.
    package var perplexity = 30.0
    package var steps = 1000
    package var seed: UInt64 = 0
    /// Principal components that distances are measured in.
    package var dimensions = 50

    package init() {}
  }

  /// Where the points lie, [N, 2], around 0.
  private let places: Matrix
  /// The perplexity that was used.
  package let perplexity: Double
  /// The Kullback-Leibler divergence of the layout from the neighborhoods: what was made small.
  package let divergence: Double

  /// Lays out points [N, F], of which the means are subtracted in their place.
  ///
  /// `onStep` is asked after each step whether to go on; nil where it says no.
  package init?(
    _ points: Matrix, _ algebra: LinearAlgebra, settings: Settings = Settings(),
    pool: ThreadPool, onStep: (_ done: Int, _ of: Int) -> Bool = { _, _ in true }
  ) throws {
    let count = points.rows
    let components = try PrincipalComponents(
      points, count: max(2, min(settings.dimensions, points.columns)), algebra, pool: pool)
    perplexity = Self.perplexity(settings.perplexity, of: count)
    guard count > 3 else {
      // Two or three points keep the places that they have.
      places = Matrix(count, 2)
      for point in 0..<count {
        for axis in 0..<2 { places[point, axis] = components.score(point, axis) }
      }
      divergence = 0
      return
    }
    let reduced = Matrix(count, components.shares.count)
    for point in 0..<count {
      for axis in 0..<reduced.columns { reduced[point, axis] = components.score(point, axis) }
    }
    let layout = TSNELayout(
      try Self.conditionalProbabilities(
        of: reduced, perplexity: perplexity, algebra, pool: pool),
      startingFrom: components, seed: settings.seed)
    for step in 0..<settings.steps {
      layout.move(step, pool: pool)
      guard onStep(step + 1, settings.steps) else { return nil }
    }
    places = layout.centered
    divergence = layout.divergence(pool: pool)
  }

  /// Where a point lies along one of the two axes.
  package func score(_ point: Int, _ axis: Int) -> Double { places[point, axis] }

  /// Where all points lie along one of the two axes.
  package func scores(_ axis: Int) -> [Double] { (0..<places.rows).map { places[$0, axis] } }

  /// At most a third of the other points, so that neighborhoods differ.
  private static func perplexity(_ wanted: Double, of count: Int) -> Double {
    max(1, min(wanted, Double(count - 1) / 3))
  }
}
