import GraftBase
import GraftImaging

/// How an image of the data set becomes what the encoder sees: preprocessing, and in training the
/// augmentation.
package struct ImagePreparation: Sendable {
  package var preprocessing: ImageInput
  /// Nil for evaluation.
  package var pipeline: Pipeline?
  package var seed: UInt64

  package init(preprocessing: ImageInput, pipeline: Pipeline? = nil, seed: UInt64 = 0) {
    self.preprocessing = preprocessing
    self.pipeline = pipeline
    self.seed = seed
  }

  /// What happens to the image of `key`, of `size` as decoded: a pure function of both.
  package func program(size: ImageSize, key: SampleKey) -> EditProgram {
    let draw = pipeline?.trainingDraw(size: size, key: key, preprocessing: preprocessing)
    return draw?.program ?? EditProgram([.move(preprocessing.evaluation(of: size))], size: size)
  }

  /// The image of the encoder's input size.
  package func image(_ source: Image, key: SampleKey) -> Image {
    program(size: source.size, key: key)
      .run(on: preprocessing.converted(source))
  }

  /// The image of a data set's sample at the encoder's input size, as training sees it.
  package func image(of dataSet: DataSet, key: SampleKey) throws -> Image {
    let (source, program) = try source(of: dataSet, key: key)
    return program.run(on: source)
  }

  /// The mask of a data set's sample, moved as its image is; see `DataSet.mask`.
  package func mask(of dataSet: DataSet, key: SampleKey) throws -> Image {
    let edits = edits(size: dataSet.samples[key.sample].size, key: key)
    return edits.reduce(try dataSet.mask(at: key.sample)) { $1.applied(toMask: $0) }
  }

  /// What moves the image of `key`, of `size` as decoded, and all that is known about its places.
  package func edits(size: ImageSize, key: SampleKey) -> [Edit] {
    pipeline?.trainingDraw(size: size, key: key, preprocessing: preprocessing).edits
      ?? [.move(preprocessing.evaluation(of: size))]
  }

  /// Writes the normalized image of a data set's sample, and the label of each pixel if asked.
  func write(
    _ dataSet: DataSet, key: SampleKey, into slot: UnsafeMutableBufferPointer<Float>,
    labels: UnsafeMutableBufferPointer<Float>? = nil
  ) throws {
    if let labels { try mask(of: dataSet, key: key).writeLabels(into: labels) }
    let (source, program) = try source(of: dataSet, key: key)
    program.write(source, normalizedFor: preprocessing, into: slot)
  }

  private func source(
    of dataSet: DataSet, key: SampleKey
  ) throws -> (image: Image, program: EditProgram) {
    let program = program(size: dataSet.samples[key.sample].size, key: key)
    let (image, rest) = try dataSet.source(of: key.sample, for: program)
    return (preprocessing.converted(image), rest)
  }

  /// How the batch of this number in its epoch is mixed; nil when it stays as it is.
  package func mixing(epoch: Int, batch: Int, count: Int) -> MixingDraw? {
    pipeline?.mixing?.draw(
      seed: seed, epoch: epoch, batch: batch, count: count, size: preprocessing.outputSize)
  }

  /// Mixes a filled batch in place, if the pipeline mixes and its draw for this batch says so.
  func mix(_ batch: Batch, epoch: Int, task: PredictionTask) {
    let draw = mixing(epoch: epoch, batch: batch.index, count: batch.count)
    switch task {
    case .classification, .multiLabel:
      draw?.mix(
        batch.usedPixels, targets: batch.usedTargets, channels: preprocessing.channels,
        classes: batch.classCount)
    case .segmentation:
      draw?.mix(
        batch.usedPixels, labelMaps: batch.usedTargets, channels: preprocessing.channels)
    }
  }
}

extension Image {
  /// The value of unknown pixels in a label map.
  package static let unknownLabel: Float = 255

  /// Writes a mask as labels for a loss: classes from 0, `unknownLabel` where it is unknown.
  package func writeLabels(into output: UnsafeMutableBufferPointer<Float>) {
    precondition(channels == 1 && output.count == pixels.count, "a slot of another size")
    pixels.withUnsafeBufferPointer { pixels in
      for place in pixels.indices {
        output[place] = pixels[place] == 0 ? Self.unknownLabel : Float(pixels[place] - 1)
      }
    }
  }
}
