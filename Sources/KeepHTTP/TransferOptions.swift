import CCurl
import KeepModel
import KeepTransport
import SystemPackage

/// Sets up libcurl's handle for one exchange. Every handle is fresh: nothing of one exchange, be it header,
/// token or callback, can reach another. Connections live in the engine's pool and are shared.
struct TransferOptions {
  let transfer: Transfer
  let configuration: CurlTransport.Configuration
  private var refused: CURLcode = CURLE_OK

  init(_ transfer: Transfer, _ configuration: CurlTransport.Configuration) {
    self.transfer = transfer
    self.configuration = configuration
  }

  private var request: HTTPRequest { transfer.exchange.request }
  private var subject: KeepError.Subject { .address(request.url.withoutQuery.description) }

  /// Sets all options.
  ///
  /// - Throws: ``KeepError`` with code `failure` when the request cannot be expressed, `unavailable` when its
  ///   host may not be connected to.
  static func apply(
    to transfer: Transfer, _ configuration: CurlTransport.Configuration
  ) throws(KeepError) {
    var options = TransferOptions(transfer, configuration)
    options.setConnection()
    options.setTrust()
    options.setMethod()
    try options.setHeaders()
    try options.setSigning()
    TransferCallbacks.install(in: transfer)
    try options.setReach()
    guard options.refused == CURLE_OK else {
      throw KeepError(
        .failure, options.subject,
        "this libcurl cannot be set up for the request: \(String(cString: curl_easy_strerror(options.refused)))",
        delivery: .notDelivered)
    }
  }

  private mutating func set(_ option: CURLoption, _ value: Int) {
    note(ck_set_long(transfer.easy, option, value))
  }

  private mutating func set(_ option: CURLoption, _ value: String) {
    note(ck_set_string(transfer.easy, option, value))
  }

  private mutating func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
    note(ck_set_pointer(transfer.easy, option, value))
  }

  private mutating func note(_ result: CURLcode) {
    if refused == CURLE_OK { refused = result }
  }

  private mutating func setConnection() {
    set(CURLOPT_URL, (request.signing == nil ? request.url : SignedTarget.url(request.url)).description)
    // What was signed, and what was checked, is what is asked for.
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_PRIVATE, transfer.context)
    set(CURLOPT_ERRORBUFFER, transfer.errorBuffer)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_NOPROGRESS, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    note(ck_set_web_protocols(transfer.easy))
    // Else a cancelled transfer would hold up all others until the system gives its name up.
    note(ck_set_quick_exit(transfer.easy))
    set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.curlMilliseconds)
    set(CURLOPT_LOW_SPEED_LIMIT, Int(clamping: configuration.slowestRate.bytes))
    set(CURLOPT_LOW_SPEED_TIME, configuration.slowWindow(of: request).curlSeconds)
    if let limit = request.timeLimit { set(CURLOPT_TIMEOUT_MS, limit.curlMilliseconds) }
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_BUFFERSIZE, Int(clamping: configuration.receiveBuffer.bytes))
    set(CURLOPT_PROXY, configuration.proxies.proxy(for: request.url) ?? "")
    set(CURLOPT_NOPROXY, "")
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
  }

  private mutating func setTrust() {
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let file = configuration.caFile { set(CURLOPT_CAINFO, file.string) }
  }

  private mutating func setMethod() {
    switch (request.method, request.body) {
    case (.get, nil): set(CURLOPT_HTTPGET, 1)
    case (.head, nil): set(CURLOPT_NOBODY, 1)
    case (.delete, nil), (.mkcol, nil), (.move, nil): set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    case (.put, let body):
      set(CURLOPT_UPLOAD, 1)
      note(ck_set_offset(transfer.easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(clamping: body?.length ?? 0)))
    case (_, let body):
      set(CURLOPT_POST, 1)
      if request.method != .post { set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
      note(
        ck_set_offset(transfer.easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(clamping: body?.length ?? 0)))
      if body == nil || body?.length == 0 { set(CURLOPT_COPYPOSTFIELDS, "") }
    }
    setVersion()
  }

  private mutating func setVersion() {
    if request.body == nil {
      // A libcurl without HTTP/2 refuses this and stays with HTTP/1.1.
      _ = ck_set_long(transfer.easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
      set(CURLOPT_PIPEWAIT, 1)
    } else {
      // Over HTTP/2 libcurl 7.88 spins for ever when the answer comes before the body's end.
      set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
      set(CURLOPT_UPLOAD_BUFFERSIZE, 256 * 1024)
    }
    // When a kept-alive connection turns out dead, libcurl sends the request again by itself. A POST may
    // have been acted on by then, so it goes over a new connection, where libcurl never does that.
    if request.method == .post { set(CURLOPT_FRESH_CONNECT, 1) }
  }

  private mutating func setHeaders() throws(KeepError) {
    set(CURLOPT_USERAGENT, configuration.userAgent)
    // A header that is switched off would be signed as if it were sent.
    if request.signing == nil { transfer.addHeaderLine("Expect:") }
    let contentType = request.body?.contentType ?? ""
    if request.signing == nil || !contentType.isEmpty { try addHeader("Content-Type", contentType) }
    for field in request.headers.fields where !isOwn(field.name) {
      try addHeader(field.name, field.value)
    }
    if let bearer = request.bearer {
      guard request.headers["Authorization"] == nil else {
        throw unusable("has both a token and an Authorization header")
      }
      try addHeader("Authorization", "Bearer \(bearer.reveal())")
    }
    set(CURLOPT_HTTPHEADER, transfer.headerLines)
  }

  private mutating func setSigning() throws(KeepError) {
    guard let signing = request.signing else { return }
    if let objection = SignedTarget.objection(to: request.headers) { throw unusable(objection) }
    guard request.bearer == nil, request.headers["Authorization"] == nil else {
      throw unusable("has both a signature and another Authorization header")
    }
    // Not as one text: a secret may hold the colon that parts the two.
    set(CURLOPT_USERNAME, signing.accessKey)
    set(CURLOPT_PASSWORD, signing.secretKey.reveal())
    set(CURLOPT_AWS_SIGV4, "aws:amz:\(signing.region):\(signing.service)")
  }

  /// Headers that are set here and nowhere else; a body brings its own type.
  private func isOwn(_ name: String) -> Bool {
    let name = name.lowercased()
    return ["host", "content-length", "transfer-encoding", "user-agent", "expect"].contains(name)
      || (name == "content-type" && request.body != nil)
  }

  private func addHeader(_ name: String, _ value: String) throws(KeepError) {
    guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
      throw unusable("has a header whose name is not one")
    }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      throw unusable("has a line break or control character in its header \(name)")
    }
    // libcurl takes `Name:` as an order to leave a header out, and `Name;` as an empty one.
    let isAbsentType = value.isEmpty && name == "Content-Type"
    transfer.addHeaderLine(value.isEmpty ? (isAbsentType ? "\(name):" : "\(name);") : "\(name): \(value)")
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  private func unusable(_ reason: String) -> KeepError {
    KeepError(.failure, subject, "the request \(reason)", delivery: .notDelivered)
  }

  private func setReach() throws(KeepError) {
    guard request.reach == .publicOnly else { return }
    let host = request.url.origin.host
    guard !request.url.isLoopback, IPAddress(host)?.isPublic != false else {
      throw KeepError(
        .unavailable, subject, "the host \(host) is not on the public internet; it was not connected to",
        delivery: .notDelivered)
    }
    // With a proxy it is the proxy that resolves the name and that is connected to.
    if configuration.proxies.proxy(for: request.url) == nil {
      TransferCallbacks.restrictToPublicAddresses(transfer)
    }
  }
}
