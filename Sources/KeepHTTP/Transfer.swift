import CCurl
import KeepModel
import KeepTransport

/// An exchange inside libcurl. Lives on the engine's thread and is never seen elsewhere.
final class Transfer {
  let exchange: Exchange
  let easy: UnsafeMutableRawPointer
  /// What was found wrong in a callback; counts for more than libcurl's code for it.
  var failure: KeepError?
  /// Whether the caller has something new to see.
  var hasNews = false
  var upload: Upload?
  var head = ResponseHeadParser()
  /// Whether an address was refused because it is not public.
  var refusedAddress = false
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  init?(_ exchange: Exchange) {
    guard let easy = curl_easy_init() else { return nil }
    self.exchange = exchange
    self.easy = easy
    self.upload = exchange.request.body.map {
      Upload($0, subject: .address(exchange.request.url.withoutQuery.description))
    }
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  /// The pointer that libcurl's callbacks are given; valid as long as the engine holds the transfer.
  var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  /// The transfer behind a callback's context.
  static func from(_ context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  /// Where libcurl writes its own words on a failure.
  var errorBuffer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(errorText) }

  /// Libcurl's own words on the failure.
  var detail: String { String(cString: errorText) }

  /// Adds a header line to those sent.
  func addHeaderLine(_ line: String) {
    if let list = curl_slist_append(headerList, line) { headerList = list }
  }

  /// The header lines to send.
  var headerLines: UnsafeMutableRawPointer? { headerList.map { UnsafeMutableRawPointer($0) } }

  /// How the transfer ended; `nil` for a whole answer.
  func outcome(_ code: CURLcode, _ configuration: CurlTransport.Configuration) -> KeepError? {
    if let failure { return failure }
    let failure = CurlFailure(
      code: code, detail: detail, request: exchange.request, status: head.head?.status,
      wasConnected: offset(CURLINFO_PRETRANSFER_TIME_T) > 0, bodyWasHanded: upload?.wasWhole ?? true,
      refusedAddress: refusedAddress, took: .microseconds(offset(CURLINFO_TOTAL_TIME_T)),
      configuration: configuration)
    return failure.error
  }

  private func offset(_ info: CURLINFO) -> curl_off_t {
    var value: curl_off_t = 0
    return ck_get_offset(easy, info, &value) == CURLE_OK ? value : 0
  }
}
