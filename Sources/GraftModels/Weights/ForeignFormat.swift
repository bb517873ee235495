/// Files that are often mistaken for weights that Graft reads, by their first bytes.
enum ForeignFormat: CaseIterable {
  case gitLFSPointer
  case html
  case gzip
  case zip
  case legacyTorch
  case hdf5
  case gguf
  case tensorFlow
  case tensorFlowLite
  case numPy
  case newPickle

  var description: String {
    switch self {
    case .gitLFSPointer: "a Git LFS pointer, not the weights themselves"
    case .html: "a web page (HTML)"
    case .gzip: "compressed with gzip"
    case .zip: "a zip archive, perhaps a PyTorch .pth file"
    case .legacyTorch: "an old PyTorch .pth file (a pickle)"
    case .hdf5: "an HDF5 file, as Keras writes its weights"
    case .gguf: "a GGUF file of a language model"
    case .tensorFlow: "a SavedModel of TensorFlow"
    case .tensorFlowLite: "a model of TensorFlow Lite"
    case .numPy: "an array of NumPy"
    case .newPickle: "a pickle of protocol 4 or 5, not a file of torch.save"
    }
  }

  /// What to do, with the line of Python where one converts it.
  var help: String {
    switch self {
    case .gitLFSPointer: "run 'git lfs pull' to fetch the weights"
    case .html: "the download gave an error page; check the address"
    case .gzip: "unpack it with gunzip first"
    case .zip, .legacyTorch: "convert it with safetensors.torch.save_file in Python"
    case .hdf5:
      "export the model in Python: tf2onnx.convert.from_keras(keras.models.load_model('FILE'), "
        + "output_path='NEW.onnx')"
    case .gguf:
      "it has no encoder of images that Graft builds; in Python: gguf.GGUFReader('FILE') lists its "
        + "tensors"
    case .tensorFlow:
      "export the model by its folder: python3 -m tf2onnx.convert --saved-model FOLDER --output NEW.onnx"
    case .tensorFlowLite: "export it: python3 -m tf2onnx.convert --tflite FILE --output NEW.onnx"
    case .numPy:
      "in Python: safetensors.numpy.save_file({'NAME': numpy.load('FILE')}, 'NEW.safetensors')"
    case .newPickle:
      "in Python: torch.save({k: torch.as_tensor(v) for k, v in pickle.load(open('FILE', "
        + "'rb')).items()}, 'NEW.pth')"
    }
  }

  static func recognized(in start: [UInt8]) -> ForeignFormat? {
    if start.count > 8, Array(start[4..<8]) == Array("TFL3".utf8) { return .tensorFlowLite }
    return allCases.first { format in format.signatures.contains { start.starts(with: $0) } }
  }

  private var signatures: [[UInt8]] {
    switch self {
    case .gitLFSPointer: [Array("version https://git-lfs".utf8)]
    case .html: ["<!DOCTYPE", "<!doctype", "<html", "<HTML", "<?xml"].map { Array($0.utf8) }
    case .gzip: [[0x1F, 0x8B]]
    case .zip: [[0x50, 0x4B, 0x03, 0x04], [0x50, 0x4B, 0x05, 0x06]]
    // PROTO 2, then LONG1 of ten bytes: torch's magic number.
    case .legacyTorch: [[0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46]]
    case .hdf5: [[0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]]
    case .gguf: [Array("GGUF".utf8)]
    // SavedModel's schema version 1, then its first graph.
    case .tensorFlow: [[0x08, 0x01, 0x12]]
    case .tensorFlowLite: []
    case .numPy: [[0x93] + Array("NUMPY".utf8)]
    case .newPickle: [[0x80, 0x04], [0x80, 0x05]]
    }
  }
}
