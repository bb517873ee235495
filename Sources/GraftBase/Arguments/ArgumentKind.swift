/// What may be typed for an argument.
package indirect enum ArgumentKind: Sendable {
  case integer(ClosedRange<Int>)
  /// `0.1`, or `10%`.
  case number(ClosedRange<Double>)
  /// `10%` or `0.1`; the value is a fraction.
  case percent
  /// `90s`, `5m`, `1h30m`; the value is in seconds.
  case duration
  /// `LO..HI` inside the legal range; nil of `single` refuses a single number.
  case range(ClosedRange<Double>, single: SingleNumber?)
  /// `LO..HI` of whole numbers, or one that stands for itself.
  case integerRange(ClosedRange<Int>)
  /// `80/10/10`: two or three positive parts; the values are fractions of 1.
  case ratio
  case flag
  case choice([String])
  /// One of these words, with arguments in brackets where they are not the usual: `step(parts=4)`.
  case call(of: [CallableWord])
  /// A name that the session has, such as an encoder or a finished run.
  case name(NameSet)
  /// A new name that a command gives to its result.
  case newName(NameSet)
  case path(PathKind)
  /// Any text, or one that begins so.
  case text(prefix: String)
  /// Layer or group names: `layer4`, `layer4.*`, `layer1..layer3`.
  case layers
  /// The path of one layer, or a layer group.
  case layer
  /// `accuracy`, `val.accuracy`, `A.accuracy`.
  case metric
  /// Ops, names of pipelines, `none`, `+OP`, `-OP`.
  case pipeline
  /// `4x4`: columns by rows.
  case grid
  /// `3`, or `3x5` for three rows and five columns.
  case window(ClosedRange<Int>)
  /// `cat(40, 30, 120, 200)`: an object with the left, top, right and bottom of its box in pixels.
  case box
  /// `net("[[conv(32) relu]*2 pool]*3 fc")`: a network by its formula.
  case network
  /// `+5` (that many more) or `20` (up to that many).
  case increment(ClosedRange<Int>)
  /// `[a, b]`, or one element without brackets.
  case list(of: ArgumentKind)
  /// The first of these that fits.
  case either([ArgumentKind])

  /// What a single number given for a range stands for; always what torchvision means by it.
  package enum SingleNumber: Sendable {
    /// x stands for x..x.
    case exactly
    /// x stands for -x..x.
    case symmetric
    /// x stands for max(0, 1-x)..1+x.
    case factor
    /// x stands for 0..x.
    case upTo
    /// x stands for x..1.
    case downTo
  }

  /// What a path must lead to.
  package enum PathKind: Sendable {
    case folder, recipe, weights, image, file
    /// What `save` writes.
    case model
    /// A folder of images, or a file that holds a data set.
    case data
    /// A file or folder that the command writes.
    case output
    /// The same for `save`, whose suffix says what is written; without one it is a model.
    case saved
  }
}

/// A word with what may be given in brackets after it.
package struct CallableWord: Sendable {
  package let name: String
  package let arguments: [ArgumentDeclaration]

  package init(_ name: String, _ arguments: [any AnyArgument]) {
    self.name = name
    self.arguments = arguments.map(\.declaration)
  }
}

/// A set of names that grows while a session runs or comes from a registry.
package enum NameSet: String, Sendable, CaseIterable {
  case encoder, pipeline, run, layer, metric, knob, setting, verb
  /// Images that were given a name.
  case dataSet
  /// A class of the current images.
  case className
  /// A run of this session, or of an earlier one that is still on disk.
  case storedRun
}

/// What may be typed, with the type in which it is read.
package struct ArgumentType<Value: ArgumentReadable>: Sendable {
  package let kind: ArgumentKind

  package init(_ kind: ArgumentKind) { self.kind = kind }
}

extension ArgumentType where Value == Int {
  package static func integer(_ range: ClosedRange<Int>) -> Self { Self(.integer(range)) }
}

extension ArgumentType where Value == Double {
  package static func number(_ range: ClosedRange<Double>) -> Self { Self(.number(range)) }
  package static var percent: Self { Self(.percent) }
  package static var duration: Self { Self(.duration) }
}

extension ArgumentType where Value == ClosedRange<Double> {
  package static func range(
    _ range: ClosedRange<Double>, single: ArgumentKind.SingleNumber? = .exactly
  ) -> Self {
    Self(.range(range, single: single))
  }
}

extension ArgumentType where Value == ClosedRange<Int> {
  package static func integerRange(_ range: ClosedRange<Int>) -> Self {
    Self(.integerRange(range))
  }
}

extension ArgumentType where Value == [Double] {
  /// The shares, which add up to 1.
  package static var ratio: Self { Self(.ratio) }
  package static func numbers(_ range: ClosedRange<Double>) -> Self {
    Self(.list(of: .number(range)))
  }
}

extension ArgumentType where Value == Increment {
  package static func increment(_ range: ClosedRange<Int>) -> Self { Self(.increment(range)) }
}

extension ArgumentType where Value == Bool {
  package static var flag: Self { Self(.flag) }
}

extension ArgumentType where Value == String {
  package static func choice(_ words: [String]) -> Self { Self(.choice(words)) }
  package static func name(_ set: NameSet) -> Self { Self(.name(set)) }
  package static func newName(_ set: NameSet) -> Self { Self(.newName(set)) }
  package static func path(_ kind: ArgumentKind.PathKind) -> Self { Self(.path(kind)) }
  package static var text: Self { Self(.text(prefix: "")) }
  package static func text(prefix: String) -> Self { Self(.text(prefix: prefix)) }
  package static var layers: Self { Self(.layers) }
  package static var layer: Self { Self(.layer) }
  package static var metric: Self { Self(.metric) }
}

extension ArgumentType where Value: WordChoice {
  /// The words of an enumeration.
  package static var word: Self { Self(.choice(Value.allCases.map(\.rawValue))) }
}
