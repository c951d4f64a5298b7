import CCurl
import KeepModel
import KeepTransport
import Testing

@testable import KeepHTTP

@Suite struct CurlFailureTests {
  private let request: HTTPRequest

  init() throws {
    let url = try #require(HTTPURL("https://host.example/path?X-Amz-Signature=abc"))
    self.request = HTTPRequest(.post, url, bearer: Secret("the-token"))
  }

  private func failure(
    _ code: CURLcode, detail: String = "", status: Int? = nil, wasConnected: Bool = true,
    bodyWasHanded: Bool = true, request: HTTPRequest? = nil, took: Duration = .zero
  ) -> KeepError? {
    CurlFailure(
      code: code, detail: detail, request: request ?? self.request, status: status,
      wasConnected: wasConnected,
      bodyWasHanded: bodyWasHanded, refusedAddress: false, took: took, configuration: .init()
    ).error
  }

  @Test(arguments: [
    (CURLE_COULDNT_RESOLVE_HOST, false, true), (CURLE_COULDNT_CONNECT, false, true),
    (CURLE_SSL_CONNECT_ERROR, false, true), (CURLE_PEER_FAILED_VERIFICATION, false, true),
    (CURLE_OPERATION_TIMEDOUT, false, true), (CURLE_RECV_ERROR, false, true), (CURLE_SEND_ERROR, true, false),
    (CURLE_OPERATION_TIMEDOUT, true, false),
  ])
  func whatCannotHaveArrivedIsNotDelivered(code: CURLcode, wasConnected: Bool, bodyWasHanded: Bool) {
    let error = failure(code, wasConnected: wasConnected, bodyWasHanded: bodyWasHanded)
    #expect(error?.delivery == .notDelivered)
  }

  @Test(arguments: [
    CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_OPERATION_TIMEDOUT, CURLE_HTTP2,
    CURLE_HTTP2_STREAM, CURLE_PARTIAL_FILE, CURLE_OK, CURLE_SEND_FAIL_REWIND, CURLE_OUT_OF_MEMORY,
    CURLcode(rawValue: 100), CURLcode(rawValue: 9999),
  ])
  func whatMayHaveArrivedIsInDoubt(code: CURLcode) throws {
    let error = try #require(failure(code))
    #expect(error.code == .unavailable)
    #expect(error.delivery == .unknown)
    #expect(error.subject == .address("https://host.example/path"))
    #expect(!"\(error)".contains("abc"))
  }

  /// A libcurl that tells of its connection only after it has sent the first of the body.
  @Test func aBodyThatWasHandedWholeIsInDoubtWhateverIsSaidOfTheConnection() {
    var request = request
    request.body = RequestBody(bytes: [1], contentType: "x/y")
    #expect(failure(CURLE_RECV_ERROR, wasConnected: false, request: request)?.delivery == .unknown)
    #expect(
      failure(CURLE_RECV_ERROR, wasConnected: false, bodyWasHanded: false, request: request)?.delivery
        == .notDelivered)
  }

  @Test func aTimeLimitIsNamed() {
    var request = request
    request.timeLimit = .seconds(5)
    let late = failure(CURLE_OPERATION_TIMEDOUT, request: request, took: .seconds(5))
    #expect(late?.reason.contains("longer than 5.0 seconds") == true)
    let slow = failure(CURLE_OPERATION_TIMEDOUT, request: request, took: .seconds(3))
    #expect(slow?.reason.contains("a second came") == true)
  }

  @Test func anAnswerThatHasBegunWasDelivered() {
    #expect(failure(CURLE_SEND_ERROR, status: 200, bodyWasHanded: false)?.delivery == .unknown)
    #expect(failure(CURLE_PARTIAL_FILE, status: 206)?.httpStatus == 206)
  }

  @Test func aWholeAnswerIsNoFailure() {
    #expect(failure(CURLE_OK, status: 500) == nil)
  }

  @Test func whatCannotHelpIsNotTriedAgain() {
    for code in [CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_UNSUPPORTED_PROTOCOL] {
      #expect(failure(code)?.retry == .never)
    }
    for code in [CURLE_COULDNT_CONNECT, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM] {
      #expect(failure(code)?.retry == .backOff)
    }
  }

  @Test func theCertificatesWordsAreMadeHarmless() throws {
    let error = try #require(failure(CURLE_PEER_FAILED_VERIFICATION, detail: "name \u{1B}[2J\r\nX: é"))
    #expect(error.reason.hasSuffix("name ?[2J??X: ?"))
  }
}
