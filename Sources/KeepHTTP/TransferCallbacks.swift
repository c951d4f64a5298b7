import CCurl
import KeepModel
import KeepTransport

/// What libcurl calls during a transfer, always on the engine's thread.
///
/// Nothing may be thrown through libcurl: a failure is kept in the transfer, and the value returned stops it.
enum TransferCallbacks {
  static func install(in transfer: Transfer) {
    let (easy, context) = (transfer.easy, transfer.context)
    _ = ck_set_header(easy, header, context)
    _ = ck_set_write(easy, write, context)
    if transfer.upload != nil {
      _ = ck_set_read(easy, read, context)
      _ = ck_set_seek(easy, seek, context)
    }
  }

  /// Lets only public addresses be connected to, and only connections to such be used again.
  static func restrictToPublicAddresses(_ transfer: Transfer) {
    _ = ck_set_open_socket(transfer.easy, openSocket, transfer.context)
    _ = ck_set_before_request(transfer.easy, beforeRequest, transfer.context)
  }

  private static let header: ck_bytes_callback = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let transfer = Transfer.from(context)
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    switch transfer.head.take(line) {
    case .more: return line.count
    case .complete(let head):
      guard (200...599).contains(head.status) else {
        transfer.fail("answered with the status \(head.status), which HTTP does not know")
        return 0
      }
      transfer.exchange.setHead(head)
      transfer.hasNews = true
      return line.count
    case .tooLarge:
      transfer.fail("the answer has more than \(ResponseHeadParser.limit / 1024) KiB of headers")
      return 0
    }
  }

  private static let write: ck_bytes_callback = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let transfer = Transfer.from(context)
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    guard transfer.exchange.append(piece) else { return Int(CURL_WRITEFUNC_PAUSE) }
    transfer.hasNews = true
    return piece.count
  }

  private static let read: ck_bytes_callback = { bytes, size, count, context in
    guard let context, let bytes else { return Int(CURL_READFUNC_ABORT) }
    let transfer = Transfer.from(context)
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    do throws(KeepError) {
      return try transfer.upload?.read(into: buffer) ?? 0
    } catch {
      var error = error
      error.delivery = transfer.upload?.wasWhole == true ? .unknown : .notDelivered
      transfer.failure = error
      return Int(CURL_READFUNC_ABORT)
    }
  }

  private static let seek: curl_seek_callback = { context, offset, origin in
    guard let context, offset == 0, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
    Transfer.from(context).upload?.rewind()
    return CURL_SEEKFUNC_OK
  }

  private static let openSocket: curl_opensocket_callback = { context, _, address in
    guard let context, let address else { return CURL_SOCKET_BAD }
    guard IPAddress(address)?.isPublic == true else {
      Transfer.from(context).refusedAddress = true
      return CURL_SOCKET_BAD
    }
    // Of a name's several addresses this one counts from now on.
    Transfer.from(context).refusedAddress = false
    return IPAddress.openSocket(address)
  }

  private static let beforeRequest: curl_prereq_callback = { context, remote, _, _, _ in
    guard let context, let remote, IPAddress(String(cString: remote))?.isPublic == true else {
      if let context { Transfer.from(context).refusedAddress = true }
      return CURL_PREREQFUNC_ABORT
    }
    return CURL_PREREQFUNC_OK
  }
}

extension Transfer {
  /// Notes what is wrong with the answer.
  fileprivate func fail(_ reason: String) {
    failure = KeepError(
      .unavailable, .address(exchange.request.url.withoutQuery.description), reason,
      delivery: .unknown)
  }
}
