/// Files that are often mistaken for safetensors, by their first bytes.
enum ForeignFormat: CaseIterable {
  case gitLFSPointer
  case html
  case gzip
  case zip
  case legacyTorch
  case hdf5

  var description: String {
    switch self {
    case .gitLFSPointer: "a Git LFS pointer, not the weights themselves"
    case .html: "a web page (HTML)"
    case .gzip: "compressed with gzip"
    case .zip: "a zip archive, perhaps a PyTorch .pth file"
    case .legacyTorch: "an old PyTorch .pth file (a pickle)"
    case .hdf5: "an HDF5 file"
    }
  }

  var help: String {
    switch self {
    case .gitLFSPointer: "run 'git lfs pull' to fetch the weights"
    case .html: "the download gave an error page; check the address"
    case .gzip: "unpack it with gunzip first"
    case .zip, .legacyTorch: "convert it with safetensors.torch.save_file in Python"
    case .hdf5: "convert it to safetensors"
    }
  }

  static func recognized(in start: [UInt8]) -> ForeignFormat? {
    allCases.first { format in format.signatures.contains { start.starts(with: $0) } }
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
    }
  }
}
