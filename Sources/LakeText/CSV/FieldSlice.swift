/// Where the text of one field lies.
struct FieldSlice {
  enum Form: UInt8 {
    /// The record has no such field.
    case missing
    case plain
    case quoted
  }

  var start: UnsafePointer<UInt8>
  var count: Int32
  var form: Form

  @inline(__always)
  var text: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: Int(count)) }
}
