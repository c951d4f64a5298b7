import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepInput

/// What a store says of open uploads is not believed further than it goes.
@Suite struct S3UploadsTests {
  private func uploads(
    _ answer: @escaping @Sendable (HTTPRequest) -> (status: Int, body: String)
  ) throws -> (uploads: S3Uploads, transport: ScriptedTransport) {
    let transport = ScriptedTransport { exchange, _ in
      let (status, body) = answer(exchange.request)
      return .response(BufferedResponse(status: status, body: Array(body.utf8)))
    }
    let target = UploadTarget.s3(
      S3Target(bucket: "media-bucket", accessKey: "AKIA", secretKey: Secret("hidden-secret")))
    let store = try target.store(
      over: transport, clock: ManualClock(), now: { Timestamp(milliseconds: 0) }, random: { 0 })
    return (S3Uploads(store: try #require(store as? S3Store), key: "in/a.mp4"), transport)
  }

  private func part(_ number: Int) -> String {
    "<Part><PartNumber>\(number)</PartNumber><ETag>&quot;tag\(number)&quot;</ETag><Size>\(number * 10)</Size></Part>"
  }

  @Test func onlyUploadsOfExactlyThisKeyCountOldestFirst() async throws {
    let list = """
      <ListMultipartUploadsResult>
        <Upload><Key>in/a.mp4</Key><UploadId>newer</UploadId><Initiated>2026-02-01T00:00:00Z</Initiated></Upload>
        <Upload><Key>in/a.mp4.part</Key><UploadId>other</UploadId></Upload>
        <Upload><Key>in/a.mp4</Key><UploadId>older</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>
        <Upload><Key>in/a.mp4</Key><UploadId>bad id</UploadId></Upload><Upload><Key>in/a.mp4</Key></Upload>
      </ListMultipartUploadsResult>
      """
    let (uploads, transport) = try uploads { _ in (200, list) }
    #expect(try await uploads.open() == ["older", "newer"])
    #expect(transport.exchanges[0].request.url.query == "prefix=in%2Fa.mp4&uploads=")
  }

  @Test(arguments: [(403, ""), (501, ""), (200, "<html>"), (200, "<a>")])
  func aStoreThatDoesNotListIsSentToAfresh(_ status: Int, _ body: String) async throws {
    #expect(try await uploads { _ in (status, body) }.uploads.open().isEmpty)
  }

  @Test func partsComeInPages() async throws {
    let (uploads, transport) = try uploads { request in
      request.url.query?.contains("part-number-marker=2") == true
        ? (200, "<L><IsTruncated>false</IsTruncated>\(self.part(3))</L>")
        : (
          200,
          "<L><IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>\(self.part(1))\(self.part(2))</L>"
        )
    }
    let parts = try await uploads.parts(of: "id/+=")
    #expect(parts.keys.sorted() == [1, 2, 3])
    #expect(parts[3]?.size == 30)
    #expect(parts[3]?.tag == "tag3")
    #expect(transport.exchanges.last?.request.url.query == "uploadId=id%2F%2B%3D&part-number-marker=2")
  }

  @Test func aListThatLeadsBackToItselfEnds() async throws {
    let (uploads, transport) = try uploads { _ in
      (
        200,
        "<L><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>\(self.part(1))</L>"
      )
    }
    #expect(try await uploads.parts(of: "id").count == 1)
    #expect(transport.exchanges.count == 2)
  }

  @Test func partsThatCannotBeAreLeftOut() async throws {
    let list = """
      <L>\(part(0))\(part(10_001))<Part><PartNumber>1</PartNumber><Size>-5</Size><ETag>x</ETag></Part>
      <Part><PartNumber>2</PartNumber><Size>5</Size></Part></L>
      """
    #expect(try await uploads { _ in (200, list) }.uploads.parts(of: "id").isEmpty)
  }

  @Test(arguments: [
    "<Error><Code>InvalidPart</Code></Error>", "", "<CompleteMultipartUploadResult>", "keep-alive",
  ])
  func aCompletionThatFailsAfterItsStatusIsNotBelieved(_ body: String) async throws {
    let (uploads, _) = try uploads { _ in (200, body) }
    let part = S3Multipart.Part(number: 1, tag: "t", checksum: Checksum(of: []))
    let error = await #expect(throws: KeepError.self) { try await uploads.complete("id", [part]) }
    #expect(error?.code == .uploadFailed)
  }

  @Test func aCompletionThatFailsForNowIsTriedAgain() async throws {
    let (uploads, transport) = try uploads { _ in (200, "<Error><Code>InternalError</Code></Error>") }
    let part = S3Multipart.Part(number: 1, tag: "t", checksum: Checksum(of: []))
    let error = await #expect(throws: KeepError.self) { try await uploads.complete("id", [part]) }
    #expect(error?.code == .unavailable)
    #expect(transport.exchanges.count == 6)
  }

  @Test func aTagCannotBreakOutOfTheListOfParts() async throws {
    let (uploads, transport) = try uploads { _ in (200, "<CompleteMultipartUploadResult/>") }
    let part = S3Multipart.Part(number: 1, tag: "a</ETag>&\"<x>", checksum: Checksum(of: []))
    try await uploads.complete("id", [part])
    let sent = try #require(XMLElement.parse(transport.exchanges[0].body))
    #expect(sent["Part"]?["ETag"]?.text == "\"a</ETag>&\"<x>\"")
  }

  @Test(arguments: ["<R/>", "<R><UploadId></UploadId></R>", "<R><UploadId>a b</UploadId></R>", "nothing"])
  func anUploadWithoutAnIdentifierIsNotOpen(_ body: String) async throws {
    let (uploads, _) = try uploads { _ in (200, body) }
    let error = await #expect(throws: KeepError.self) { try await uploads.start("video/mp4") }
    #expect(error?.code == .uploadFailed)
  }
}
