import Foundation
import GraftBase

/// Graft and its peers at the same work in turns, so that disturbances affect all of them.
struct Race {
  /// Measures once, for about so many seconds.
  typealias Turn = (_ seconds: Double) throws -> Double

  /// One way in which Graft does the work: a row of the table.
  struct Entry {
    let title: String
    var goal: Goal?
    /// Prepares the measurement; throws when this machine cannot measure it.
    let prepare: () throws -> Turn
  }

  /// The word for `--only`.
  let name: String
  var unit = Unit.imagesPerSecond
  let entries: [Entry]
  var peer: Peer.Job?
  /// Whether turns repeat; one turn is enough for memory and counts.
  var repeats = true

  /// Runs all rounds; a first one, which does not count, warms up.
  func run(_ conditions: Conditions) throws -> [Row] {
    let turns = try entries.map { try $0.prepare() }
    let peer = try conditions.python.flatMap { python in
      try self.peer.map { job in try Peer(job, python: python) }
    }
    defer { peer?.close() }
    let rounds = repeats ? conditions.rounds : 1
    var own = [[Double]](repeating: [], count: turns.count)
    var theirs: [String: [Double]] = [:]
    for round in (repeats ? -1 : 0)..<rounds {
      for (place, turn) in turns.enumerated() {
        let value = try turn(conditions.seconds)
        if round >= 0 { own[place].append(value) }
      }
      let values = peer?.turn(seconds: conditions.seconds) ?? [:]
      for (name, value) in values where round >= 0 { theirs[name, default: []].append(value) }
    }
    theirs = theirs.filter { $0.value.count == rounds }
    return zip(entries, own).map { entry, values in
      Row(
        self, entry, values: values, peers: theirs, versions: peer?.versions ?? [:],
        skipped: peer?.missing ?? [:])
    }
  }
}

/// How races are run.
struct Conditions {
  let python: String?
  let rounds: Int
  /// The length of a turn.
  let seconds: Double
}

/// What was measured for one entry of a race.
struct Row: Codable {
  let name: String
  let title: String
  let unit: Unit
  let goal: String?
  /// Graft's numbers, one per round.
  let values: [Double]
  let peers: [String: [Double]]
  let versions: [String: String]
  /// Peers that are not installed, with reasons.
  let skipped: [String: String]
  /// The peer that counts.
  let rival: String?
  /// The median of the rounds' ratios to the peer.
  let ratio: Double?
  /// Whether the goal is met; nil without goal, or without the peer it needs.
  let isMet: Bool?

  init(
    _ race: Race, _ entry: Race.Entry, values: [Double], peers: [String: [Double]],
    versions: [String: String], skipped: [String: String]
  ) {
    name = race.name
    title = entry.title
    unit = race.unit
    goal = entry.goal?.text(race.unit)
    self.values = values
    self.peers = peers
    self.versions = versions
    self.skipped = skipped
    let candidates = peers.filter { $0.key.hasPrefix(entry.goal?.rival ?? "") }
    let ranked = candidates.sorted { ($0.value.median, $0.key) < ($1.value.median, $1.key) }
    let best = race.unit.isBetterLarge ? ranked.last : ranked.first
    rival = best?.key
    ratio = best.map { best in zip(values, best.value).map { $0 / $1 }.median }
    isMet = entry.goal?.isMet(number: values.median, ratio: ratio)
  }
}

extension [Double] {
  /// The middle value, or the mean of the two in the middle; 0 when empty.
  var median: Double {
    guard !isEmpty else { return 0 }
    let ordered = sorted()
    return (ordered[(count - 1) / 2] + ordered[count / 2]) / 2
  }
}
