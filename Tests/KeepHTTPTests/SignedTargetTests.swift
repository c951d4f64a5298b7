import KeepModel
import KeepTestKit
import KeepTransport
import Testing

@testable import KeepHTTP

/// The six rules under which libcurl 7.88 signs as stores check.
@Suite(.timeLimit(.minutes(10))) struct SignedTargetTests {
  private let signing = RequestSigning(region: "us-east-1", accessKey: "AKIA", secretKey: Secret("se:cret"))

  @Test(arguments: [
    ("/b/a(1)+x:y@z.png", "/b/a%281%29%2Bx%3Ay%40z.png"), ("/b/a%20b~c_d-e.f", "/b/a%20b~c_d-e.f"),
    ("/b?uploads", "/b?uploads="), ("/b?prefix=a&list-type=2&", "/b?list-type=2&prefix=a"),
    ("/b?b=2&b=1&B=3", "/b?B=3&b=1&b=2"), ("/b?x=a=b", "/b?x=a=b"), ("/b?", "/b?"),
  ])
  func theTargetIsSpelledAsItIsSigned(_ given: String, _ signed: String) throws {
    let url = try #require(HTTPURL("https://s3.example\(given)"))
    #expect(SignedTarget.url(url).description == "https://s3.example\(signed)")
  }

  @Test(
    arguments: [
      [:], ["x-amz-content-sha256": "e3", "x-amz-meta-a": "1", "X-Amz-Meta-A-B": "2"],
      ["x-amz-content-sha256": "e3", "x-amz-acl": ""],
      ["x-amz-content-sha256": "e3", "Authorization": "Basic x"],
    ] as [HTTPHeaders])
  func whatWouldBeSignedWronglyIsRefused(_ headers: HTTPHeaders) async throws {
    let server = try RawServer(answering())
    defer { server.stop() }
    let request = HTTPRequest(.get, try server.url("b"), headers: headers, signing: signing)
    let error = await #expect(throws: KeepError.self) {
      try await CurlTransport.direct().response(to: request, limit: 100)
    }
    #expect(error?.code == .failure)
    #expect(error?.delivery == .notDelivered)
    #expect(server.connectionCount == 0)
  }

  @Test func aSignedRequestNamesTheHeadersThatItSigns() async throws {
    let server = try RawServer { connection in
      guard let head = try connection.readHead() else { return }
      // libcurl adds `Expect` by itself and does not sign it.
      if head["Expect"] != nil { try connection.write("HTTP/1.1 100 Continue\r\n\r\n") }
      _ = try connection.read(head.contentLength)
      try connection.answer(body: Array(([head.requestLine] + head.lines).joined(separator: "\n").utf8))
    }
    defer { server.stop() }
    let request = HTTPRequest(
      .put, try server.url("b/k(1).png"), headers: ["x-amz-content-sha256": "e3b0", "If-None-Match": "*"],
      body: RequestBody(bytes: [1, 2, 3], contentType: "image/png"), signing: signing)
    let answer = try await CurlTransport.direct().response(to: request, limit: 10_000)
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(text.hasPrefix("PUT /b/k%281%29.png HTTP/1.1\n"))
    #expect(text.contains("AWS4-HMAC-SHA256 Credential=AKIA/"))
    #expect(text.contains("/us-east-1/s3/aws4_request"))
    #expect(text.contains("SignedHeaders=content-type;host;if-none-match;x-amz-content-sha256;x-amz-date,"))
    #expect(!text.contains("se:cret"))
  }

  @Test(arguments: [HTTPRequest.Method.mkcol, .move])
  func theMethodsOfWebDAVHaveNoBody(_ method: HTTPRequest.Method) async throws {
    let server = try RawServer { connection in
      guard let head = try connection.readHead() else { return }
      try connection.answer("201 Created", body: Array(head.requestLine.utf8))
      connection.waitForClose()
    }
    defer { server.stop() }
    let answer = try await CurlTransport.direct().response(
      to: HTTPRequest(method, try server.url("dav/a")), limit: 1000)
    #expect(answer.status == 201)
    #expect(String(decoding: answer.body, as: UTF8.self) == "\(method.rawValue) /dav/a HTTP/1.1")
  }
}
