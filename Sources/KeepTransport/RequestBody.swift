public import KeepModel

/// A request body that is streamed and whose length is known beforehand.
public struct RequestBody: Sendable {
  /// The exact number of bytes.
  public let length: UInt64
  /// `Content-Type`.
  public let contentType: String
  /// Opens the body at its start. Called again when the body has to be sent again.
  public let open: @Sendable () throws(KeepError) -> BodyReader

  /// A streamed body.
  public init(
    length: UInt64, contentType: String,
    open: @escaping @Sendable () throws(KeepError) -> BodyReader
  ) {
    self.length = length
    self.contentType = contentType
    self.open = open
  }

  /// A body held in memory.
  public init(bytes: [UInt8], contentType: String) {
    self.init(length: UInt64(bytes.count), contentType: contentType) { () throws(KeepError) in
      var sent = 0
      return BodyReader { buffer throws(KeepError) in
        let count = Swift.min(buffer.count, bytes.count - sent)
        bytes.withUnsafeBytes { source in
          buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[sent..<(sent + count)]))
        }
        sent += count
        return count
      }
    }
  }
}

/// One pass over a request body. Used by one thread at a time.
public final class BodyReader {
  private let fill: (UnsafeMutableRawBufferPointer) throws(KeepError) -> Int

  /// A pass that fills buffers.
  public init(_ fill: @escaping (UnsafeMutableRawBufferPointer) throws(KeepError) -> Int) {
    self.fill = fill
  }

  /// Fills the front of `buffer` and returns how much, 0 only at the end.
  ///
  /// - Throws: ``KeepError`` with `localIO` when a file cannot be read, `inputRejected` when it is no
  ///   longer what was announced.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(KeepError) -> Int {
    try fill(buffer)
  }
}
