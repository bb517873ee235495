// Objects of a COCO file with all their keys, those that Graft has no use for included.

extension COCODocument.Picture {
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(Int.self, forKey: .id)
    file_name = try values.decode(String.self, forKey: .file_name)
    width = try values.decodeIfPresent(Int.self, forKey: .width)
    height = try values.decodeIfPresent(Int.self, forKey: .height)
    extras = try COCOExtras(from: decoder, besides: Set(CodingKeys.allCases.map(\.rawValue)))
  }

  func encode(to encoder: any Encoder) throws {
    try extras.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(id, forKey: .id)
    try values.encode(file_name, forKey: .file_name)
    try values.encodeIfPresent(width, forKey: .width)
    try values.encodeIfPresent(height, forKey: .height)
  }
}

extension COCODocument.Category {
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(Int.self, forKey: .id)
    name = try values.decode(String.self, forKey: .name)
    extras = try COCOExtras(from: decoder, besides: Set(CodingKeys.allCases.map(\.rawValue)))
  }

  func encode(to encoder: any Encoder) throws {
    try extras.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(id, forKey: .id)
    try values.encode(name, forKey: .name)
  }
}

extension COCODocument.Annotation {
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decodeIfPresent(Int.self, forKey: .id)
    image_id = try values.decode(Int.self, forKey: .image_id)
    category_id = try values.decode(Int.self, forKey: .category_id)
    bbox = try values.decodeIfPresent([Double].self, forKey: .bbox)
    iscrowd = try values.decodeIfPresent(Int.self, forKey: .iscrowd)
    let shapes = try [CodingKeys.segmentation, .keypoints].compactMap {
      try values.decodeIfPresent(COCODocument.Ignored.self, forKey: $0)
    }
    hasShape = shapes.contains { !$0.isEmpty }
    extras = try COCOExtras(from: decoder, besides: Set(CodingKeys.allCases.map(\.rawValue)))
  }
}
