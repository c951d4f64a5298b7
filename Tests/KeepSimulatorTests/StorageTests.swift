import KeepModel
import Testing

@testable import KeepSimulator

@Suite struct StorageTests {
  private func output(_ service: Service) throws -> String {
    try #require(service.finishedResult()["outputs"]?["136"]?["images"]?[0]?["url"]?.string)
  }

  @Test func everyResultSignsItsAddressesAnew() throws {
    let service = try Service()
    let submitted = service.submit()
    service.clock.advance(by: .seconds(60))
    let addresses = (0..<2).compactMap { _ in
      service.ask(submitted, "result").json["outputs"]?["136"]?["images"]?[0]?["url"]?.string
    }
    #expect(Set(addresses).count == 2)
    #expect(addresses.map { service.fetch($0).bytes }.allSatisfy { PNGFile.decode($0) != nil })
  }

  @Test func changedOrExpiredSignatureIsRefused() throws {
    let service = try Service()
    let address = try output(service)
    #expect(service.fetch(String(address.dropLast()) + "x").status == 403)
    #expect(service.fetch(String(address.prefix { $0 != "?" })).status == 403)
    service.clock.advance(by: .seconds(3601))
    #expect(service.fetch(address).status == 403)
  }

  @Test func authorizationOnADownloadIsAViolation() throws {
    let service = try Service()
    let address = try output(service)
    #expect(service.fetch(address, headers: [("authorization", "Basic eA==")]).status == 400)
    #expect(service.store.withState { $0.violations.count } == 1)
  }

  @Test func tokenIsAViolationInAnyHeaderAndOnUploadsToo() throws {
    let service = try Service()
    let upload = "http://127.0.0.1:2/uploads/a"
    let reply = service.fetch(upload, method: "PUT", headers: [("X-Key", "simulator-token")])
    #expect(reply.status == 400)
    #expect(service.store.withState { $0.violations.count } == 1)
    #expect(service.fetch(upload).status == 404)
  }

  /// The token `simulator-token` in the forms in which it may slip out.
  private static let slips = [
    "simulator-token", "SIMULATOR-TOKEN", "simulator%2Dtoken", "simulator%252Dtoken", "%73imulator-token",
    "c2ltdWxhdG9yLXRva2Vu", "QmVhcmVyIHNpbXVsYXRvci10b2tlbg==", "eDpzaW11bGF0b3ItdG9rZW4=",
    "eHg6c2ltdWxhdG9yLXRva2Vu", "eHh4OnNpbXVsYXRvci10b2tlbg",
  ]

  @Test(arguments: slips) func tokenIsAViolationWhereverItStands(_ slip: String) throws {
    let service = try Service()
    let origin = "http://127.0.0.1:2/uploads/"
    let calls: [(address: String, headers: [(name: String, value: String)])] = [
      (origin + "a\(slip)b", []), (origin + "a?x=1&k=\(slip)", []), (origin + "a?\(slip)", []),
      (origin + "a", [(name: "X-Key", value: "k \(slip)")]), (origin + "a", [(name: "X-\(slip)", value: "")]),
    ]
    for call in calls { #expect(service.fetch(call.address, headers: call.headers).status == 400) }
    #expect(service.store.withState { $0.violations.count } == calls.count)
  }

  @Test(arguments: ["simulator", "token-simulator", "c2ltdWxhdG9y", "%zz%", "", "simulator-toke"])
  func whatIsNotTheTokenIsNoViolation(_ text: String) throws {
    let service = try Service()
    let address = "http://127.0.0.1:2/uploads/a\(text)?k=\(text)"
    #expect(service.fetch(address, headers: [(name: "X-\(text)", value: text)]).status == 404)
    #expect(service.store.withState { $0.violations } == [])
  }

  @Test func tokenOfAFewLettersIsNotSeenInEveryText() throws {
    let service = try Service { $0.token = Secret("up") }
    #expect(service.fetch("http://127.0.0.1:2/uploads/a").status == 404)
    let leak = [(name: "Authorization", value: "Bearer up")]
    #expect(service.fetch("http://127.0.0.1:2/uploads/a", headers: leak).status == 400)
  }

  @Test func rangesAreServedUnderTheConditionOfTheirTag() throws {
    let service = try Service()
    let address = try output(service)
    let whole = service.fetch(address)
    let tag = try #require(whole.header("ETag"))
    let part = service.fetch(address, headers: [("Range", "bytes=10-"), ("If-Range", tag)])
    #expect(part.status == 206)
    #expect(part.bytes == Array(whole.bytes[10...]))
    #expect(part.header("Content-Range") == "bytes 10-\(whole.bytes.count - 1)/\(whole.bytes.count)")
    let other = service.fetch(address, headers: [("Range", "bytes=10-"), ("If-Range", "\"other\"")])
    #expect(other.status == 200)
    #expect(other.bytes == whole.bytes)
  }

  @Test func rangeHeadersAreReadAsTheStandardSays() {
    typealias Selection = FileAnswer.Selection
    let read = { FileAnswer.selection($0, count: 10) }
    #expect(read("bytes=2-4") == Selection.part(2..<5))
    #expect(read("bytes=2-99") == Selection.part(2..<10))
    #expect(read("bytes=-3") == Selection.part(7..<10))
    #expect(read("bytes=-99") == Selection.part(0..<10))
    #expect(read("bytes=10-") == Selection.unsatisfiable)
    #expect(read("bytes=-0") == Selection.unsatisfiable)
    #expect(read("bytes=4-2") == Selection.whole)
    #expect(read("bytes=0-1,3-4") == Selection.whole)
    #expect(read("bytes=-") == Selection.whole)
    #expect(read("items=0-1") == Selection.whole)
  }

  @Test func headAnnouncesTheLengthWithoutABody() throws {
    let service = try Service()
    let address = try output(service)
    let reply = service.fetch(address, method: "HEAD")
    guard case .announced(let length) = reply.body else {
      Issue.record("HEAD has a body")
      return
    }
    #expect(length == service.fetch(address).bytes.count)
  }

  @Test(arguments: ["404", "403", "410", "500"]) func downloadFailsAsAskedFor(_ status: String) throws {
    let service = try Service(faults: ["error-output=\(status)@1"])
    let address = try output(service)
    #expect(service.fetch(address).status == Int(status))
    #expect(service.fetch(address).status == 200)
  }

  @Test func downloadMisbehavesAsAskedFor() throws {
    let reply = { (fault: String, headers: [(name: String, value: String)]) in
      let service = try Service(faults: [fault])
      return service.fetch(try output(service), headers: headers)
    }
    #expect(try reply("output-html", []).header("Content-Type")?.hasPrefix("text/html") == true)
    #expect(try reply("output-dropped", []).isDropped)
    #expect(try reply("output-without-range", [("Range", "bytes=5-")]).status == 200)
    let wrong = try reply("output-wrong-range", [("Range", "bytes=50-")])
    #expect(wrong.status == 206)
    #expect(wrong.header("Content-Range")?.hasPrefix("bytes 0-") == true)
    #expect(
      try reply("output-redirect=http://127.0.0.1:9/x", []).header("Location") == "http://127.0.0.1:9/x")
    guard case .cut(let bytes, let announced) = try reply("output-truncated", []).body else {
      Issue.record("the download is whole")
      return
    }
    #expect(bytes.count < announced)
  }

  @Test func changedOutputHasAnotherTag() throws {
    let service = try Service(faults: ["output-changed@1"])
    let address = try output(service)
    let (changed, plain) = (service.fetch(address), service.fetch(address))
    #expect(changed.header("ETag") != plain.header("ETag"))
    #expect(changed.bytes != plain.bytes)
  }

  @Test func uploadIsStoredAndNotOverwrittenOnCondition() throws {
    let service = try Service()
    let address = "http://127.0.0.1:2/uploads/folder/a%20b.png"
    #expect(service.fetch(address, method: "HEAD").status == 404)
    #expect(service.fetch(address, method: "PUT", body: [1, 2]).status == 201)
    #expect(service.fetch(address, method: "PUT", headers: [("If-None-Match", "*")], body: [3]).status == 412)
    #expect(service.fetch(address).bytes == [1, 2])
    #expect(service.fetch(address, method: "PUT", body: [3]).status == 204)
    #expect(service.fetch(address).bytes == [3])
    #expect(service.fetch(address, method: "DELETE").status == 204)
    #expect(service.fetch(address).status == 404)
  }
}
