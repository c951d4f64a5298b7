import KeepModel
import KeepTransport

/// The body of a request on its way into libcurl.
struct Upload {
  private let body: RequestBody
  private let subject: KeepError.Subject
  private var reader: BodyReader?
  /// How much libcurl has taken. Once it is all, the service may have the whole body.
  private(set) var handed: UInt64 = 0
  /// Whether libcurl ever had the whole body.
  private(set) var wasWhole = false

  init(_ body: RequestBody, subject: KeepError.Subject) {
    self.body = body
    self.subject = subject
    self.wasWhole = body.length == 0
  }

  /// Fills the front of `buffer` and returns how much, 0 only at the end.
  ///
  /// The last piece leaves only after the reader has confirmed that it is the last: a reader that finds at
  /// its end that the file has changed still keeps the body from becoming whole.
  ///
  /// - Throws: what the reader throws, and `inputRejected` when the body is not as long as announced.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(KeepError) -> Int {
    let rest = body.length - handed
    guard rest > 0, buffer.count > 0 else { return 0 }
    let reader = try opened()
    let room = UnsafeMutableRawBufferPointer(
      rebasing: buffer[..<Int(min(UInt64(buffer.count), rest))])
    let count = try reader.read(into: room)
    guard count > 0 else { throw wrongLength("ended after \(handed)") }
    if UInt64(count) == rest {
      try confirmEnd(of: reader)
      wasWhole = true
    }
    handed += UInt64(count)
    return count
  }

  /// Goes back to the start, to send the body again.
  mutating func rewind() {
    reader = nil
    handed = 0
  }

  private mutating func opened() throws(KeepError) -> BodyReader {
    if let reader { return reader }
    let reader = try body.open()
    self.reader = reader
    return reader
  }

  private func confirmEnd(of reader: BodyReader) throws(KeepError) {
    var surplus: UInt8 = 0
    var failure: KeepError?
    let count = withUnsafeMutableBytes(of: &surplus) { byte in
      do throws(KeepError) { return try reader.read(into: byte) } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    guard count == 0 else { throw wrongLength("goes on after them") }
  }

  private func wrongLength(_ found: String) -> KeepError {
    KeepError(
      .inputRejected, subject,
      "the request body was announced with \(body.length) bytes and \(found); it changed while it was sent",
      hint: "send it again once nothing writes to it any more", delivery: .notDelivered)
  }
}
