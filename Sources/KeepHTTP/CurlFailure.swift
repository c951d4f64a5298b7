import CCurl
import KeepModel
import KeepTransport
import SystemPackage

/// A transfer that libcurl has ended, and what it means for the caller.
struct CurlFailure {
  let code: CURLcode
  /// Libcurl's own words; used for TLS alone, the others may quote the server.
  let detail: String
  let request: HTTPRequest
  /// The status, when a head had come.
  let status: Int?
  /// Whether the connection was made, TLS and proxy included, so that something may have been sent.
  let wasConnected: Bool
  /// Whether libcurl ever had the whole request body; true without a body.
  let bodyWasHanded: Bool
  let refusedAddress: Bool
  /// How long the exchange took.
  let took: Duration
  let configuration: CurlTransport.Configuration

  /// The error to throw; `nil` when nothing is wrong.
  var error: KeepError? {
    if code == CURLE_OK {
      return status == nil
        ? error("the connection was closed without an answer", retry: .backOff) : nil
    }
    if refusedAddress {
      return KeepError(
        .unavailable, subject,
        "the host \(request.url.origin.host) is not on the public internet; it was not connected to",
        delivery: .notDelivered)
    }
    return tlsError ?? connectError ?? transferError
  }

  private var subject: KeepError.Subject { .address(request.url.withoutQuery.description) }

  private func error(
    _ reason: String, hint: String? = nil, retry: KeepError.Retry
  ) -> KeepError {
    KeepError(
      .unavailable, subject, reason, hint: hint, retry: retry, delivery: delivery, httpStatus: status)
  }

  /// Certain only where the service cannot have had the whole request.
  private var delivery: KeepError.Delivery {
    guard status == nil else { return .unknown }
    // Newer libcurls may send the start of a body before they say that the connection stands.
    let isCertain = !bodyWasHanded || request.body == nil && !wasConnected
    return isCertain ? .notDelivered : .unknown
  }

  private var tlsError: KeepError? {
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return error(
        "the server's certificate is not trusted: \(detailInWords)",
        hint: "if the certificate authority is your own, name its file with --ca-file or SSL_CERT_FILE",
        retry: .never)
    case CURLE_SSL_CACERT_BADFILE:
      let file = configuration.caFile?.string ?? "the system's file of certificate authorities"
      return error(
        "\(file) cannot be read as certificate authorities", hint: "give a file in PEM", retry: .never)
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED:
      return error("no TLS connection could be agreed on: \(detailInWords)", retry: .backOff)
    case CURLE_SSL_CERTPROBLEM, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CRL_BADFILE:
      return error("TLS is not set up rightly: \(detailInWords)", retry: .never)
    default: return nil
    }
  }

  private var connectError: KeepError? {
    let host = request.url.origin.host
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST:
      return error("the name \(host) cannot be resolved", retry: .backOff)
    case CURLE_COULDNT_RESOLVE_PROXY:
      return error(
        "the proxy's name cannot be resolved",
        hint: "look at the variables http_proxy, https_proxy, all_proxy",
        retry: .backOff)
    case CURLE_COULDNT_CONNECT:
      return error("no connection: \(host) refused it or cannot be reached", retry: .backOff)
    case CURLE_OPERATION_TIMEDOUT where !wasConnected:
      return error("no connection within \(configuration.connectTimeout)", retry: .backOff)
    case CURLE_PROXY where !wasConnected, CURLE_RECV_ERROR where !wasConnected:
      return error("the connection was closed before the request could be sent", retry: .backOff)
    default: return nil
    }
  }

  /// `CURLE_TOO_LARGE`, which older headers do not name.
  private static let tooLarge = CURLcode(rawValue: 100)

  private var transferError: KeepError {
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      // libcurl's own figure may fall short by a little.
      if let limit = request.timeLimit, took + .seconds(1) >= limit {
        return error("it took longer than \(limit)", retry: .backOff)
      }
      let window = configuration.slowWindow(of: request)
      return error("less than \(configuration.slowestRate) a second came for \(window)", retry: .backOff)
    case CURLE_PARTIAL_FILE:
      return error("the answer broke off before its end", retry: .backOff)
    case CURLE_GOT_NOTHING:
      return error("the connection was closed without an answer", retry: .backOff)
    case CURLE_RECV_ERROR:
      return error(
        status == nil
          ? "the connection broke before an answer" : "the connection broke while the answer came",
        retry: .backOff)
    case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND:
      return error("the connection broke while the request was sent", retry: .backOff)
    case CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_HTTP3:
      return error("the connection broke in HTTP/2", retry: .backOff)
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
      return error("the answer is not HTTP", retry: .never)
    case Self.tooLarge:
      return error("the answer has too many or too long headers", retry: .never)
    case CURLE_OUT_OF_MEMORY:
      return error("there is not enough memory for the transfer", retry: .backOff)
    default:
      let words = String(cString: curl_easy_strerror(code)).lowercased()
      return error("the transfer failed (libcurl \(code.rawValue): \(words))", retry: .backOff)
    }
  }

  /// Libcurl's words with what a terminal might act on struck out.
  private var detailInWords: String {
    let safe = detail.unicodeScalars.prefix(200).map { (0x20...0x7E).contains($0.value) ? $0 : "?" }
    let text = String(String.UnicodeScalarView(safe))
    return text.isEmpty ? String(cString: curl_easy_strerror(code)).lowercased() : text
  }
}
