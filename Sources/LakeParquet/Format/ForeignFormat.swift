/// What a file seems to be whose first bytes are not those of a Parquet file.
enum ForeignFormat: Equatable {
  case avro, orc, json, text

  init?(_ start: [UInt8]) {
    if start.starts(with: Array("PAR1".utf8)) || start.isEmpty { return nil }
    if start.starts(with: [0x4F, 0x62, 0x6A, 0x01]) {
      self = .avro
    } else if start.starts(with: Array("ORC".utf8)) {
      self = .orc
    } else if !start.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }) {
      return nil
    } else {
      let first = start.first { $0 > 0x20 }
      self = first == 0x7B || first == 0x5B ? .json : .text
    }
  }

  var description: String {
    switch self {
    case .avro: "an Avro file"
    case .orc: "an ORC file"
    case .json: "JSON"
    case .text: "text, such as CSV"
    }
  }

  /// The reader that fits.
  var hint: String? {
    switch self {
    case .avro: "read it with format => 'avro', or as avro.`path`"
    case .orc: nil
    case .json: "read it with format => 'json', or as json.`path`"
    case .text: "read it with format => 'csv', or as csv.`path`"
    }
  }
}
