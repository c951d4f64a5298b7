import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepInput

/// What counts as proof that a store has a bundle, and what does not.
@Suite struct ScriptedArchiveTests {
  private let clock = ManualClock()

  private func answer(_ status: Int, _ headers: HTTPHeaders = [:], _ body: [UInt8] = [])
    -> ScriptedTransport.Answer
  {
    .response(BufferedResponse(status: status, headers: headers, body: body))
  }

  /// A store that says this of what is there, once something was put or from the beginning; a GET gives `bytes`.
  private func transport(
    isThere: Bool = false, puts: [Int] = [200], bytes: [UInt8] = [],
    head: @escaping @Sendable () -> ScriptedTransport.Answer
  ) -> ScriptedTransport {
    let state = Mutex((isThere: isThere, puts: 0))
    return ScriptedTransport { exchange, _ in
      state.withLock { state in
        switch exchange.request.method {
        case .put:
          let status = puts[min(state.puts, puts.count - 1)]
          state.puts += 1
          if status == 200 { state.isThere = true }
          return self.answer(status)
        case .get: return exchange.request.url.query == nil ? self.answer(200, [:], bytes) : self.answer(403)
        default: return state.isThere ? head() : self.answer(404)
        }
      }
    }
  }

  private func store(
    _ transport: ScriptedTransport, endpoint: String? = nil,
    note: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> ArchiveStore {
    try ArchiveStore(
      S3Target(
        endpoint: endpoint.flatMap { HTTPURL($0) }, bucket: "kept-runs", prefix: "/a//b/", accessKey: "AKIA",
        secretKey: Secret("hidden-secret")), over: transport, clock: clock,
      now: { Timestamp(milliseconds: 1_700_000_000_000) }, random: { 0.5 }, note: note)
  }

  private func put(_ transport: ScriptedTransport, _ sample: SampleAsset) async throws -> Bool {
    try await store(transport).put(sample.asset, as: "2026-11-23/cat/run-1.zip")
  }

  private func failure(_ transport: ScriptedTransport, _ sample: SampleAsset) async throws -> KeepError {
    let error = await #expect(throws: KeepError.self) { _ = try await put(transport, sample) }
    return try #require(error)
  }

  private func count(_ method: HTTPRequest.Method, _ transport: ScriptedTransport) -> Int {
    transport.exchanges.count { $0.request.method == method }
  }

  @Test func theStoreIsNamedWithoutItsKeysAndItsPlacesAreThoseOfOtherTools() throws {
    let plain = try store(transport { self.answer(404) })
    #expect(plain.name == "s3://kept-runs/a/b")
    #expect(plain.place(of: "2026-11-23/x.zip") == "s3://kept-runs/a/b/2026-11-23/x.zip")
    let own = try store(transport { self.answer(404) }, endpoint: "https://10.0.0.7:9000")
    #expect(own.name == "s3://kept-runs/a/b at https://10.0.0.7:9000")
  }

  @Test func plainHTTPToAnotherMachineNeedsAWord() throws {
    let target = S3Target(
      endpoint: HTTPURL("http://nas.example.org"), bucket: "kept-runs", accessKey: "A", secretKey: Secret("s")
    )
    let transport = transport { self.answer(404) }
    let error = #expect(throws: KeepError.self) {
      try ArchiveStore(target, over: transport, now: { Timestamp(milliseconds: 0) })
    }
    #expect(error == KeepError(.usage, .option("--archive"), ""))
    _ = try ArchiveStore(target, over: transport, now: { Timestamp(milliseconds: 0) }, allowsPlain: true)
  }

  @Test(arguments: ["{date}", "a/{stem}/b", "a/../b", "./a"])
  func aPrefixThatIsNoneIsRefused(_ prefix: String) throws {
    let target = S3Target(bucket: "kept-runs", prefix: prefix, accessKey: "A", secretKey: Secret("s"))
    let transport = transport { self.answer(404) }
    let error = #expect(throws: KeepError.self) {
      try ArchiveStore(target, over: transport, now: { Timestamp(milliseconds: 0) })
    }
    #expect(error == KeepError(.usage, .option("--archive"), ""))
  }

  @Test func theSHA256OfTheWholeIsProof() async throws {
    let sample = try SampleAsset()
    let good = transport {
      self.answer(200, ["Content-Length": "5000", "x-amz-checksum-sha256": sample.asset.checksum.base64])
    }
    #expect(try await put(good, sample) == false)
    #expect(count(.get, good) == 0)
    let bad = transport {
      self.answer(200, ["Content-Length": "5000", "x-amz-checksum-sha256": Checksum(of: [1]).base64])
    }
    #expect(try await failure(bad, sample).code == .bundleExists)
  }

  @Test func anETagThatIsTheMD5IsProofAndAnyOtherIsNone() async throws {
    let sample = try SampleAsset()
    let tag = try sample.asset.entityTag()
    let good = transport { self.answer(200, ["Content-Length": "5000", "ETag": "\"\(tag)\""]) }
    #expect(try await put(good, sample) == false)
    #expect(count(.get, good) == 0)
    // Encrypted by the store, an ETag may look like an MD5 and be none.
    let unsaid: [HTTPHeaders] = [
      ["ETag": "\"0123456789abcdef0123456789abcdef\""], ["ETag": "\"version-7\""], [:],
      ["ETag": "\"\(tag)\"", "x-amz-server-side-encryption": "aws:kms"],
    ]
    for headers in unsaid {
      let fetched = transport(bytes: sample.bytes) { self.answer(200, headers.adding(length: 5000)) }
      #expect(try await put(fetched, sample) == false)
      #expect(count(.get, fetched) == 1)
      let other = transport(bytes: [UInt8](repeating: 1, count: 5000)) {
        self.answer(200, headers.adding(length: 5000))
      }
      #expect(try await failure(other, sample).code == .bundleExists)
    }
  }

  @Test func theDigestsOfPartsAreProofWhereTheyAreOfOurParts() async throws {
    let sample = try SampleAsset(12_000_000)
    let part = 5 << 20
    let parts = stride(from: 0, to: sample.bytes.count, by: part).map {
      Array(sample.bytes[$0..<min($0 + part, sample.bytes.count)])
    }
    let sums = parts.flatMap { Hexadecimal.bytes(Checksum(of: $0).hexadecimal) }
    let tags = parts.flatMap { bytes -> [UInt8] in
      var hasher = EntityTagHasher()
      bytes.withUnsafeBytes { hasher.update($0) }
      return Hexadecimal.bytes(hasher.finish())
    }
    var whole = EntityTagHasher()
    tags.withUnsafeBytes { whole.update($0) }
    let proofs: [HTTPHeaders] = [
      ["x-amz-checksum-sha256": "\(Checksum(of: sums).base64)-3"], ["ETag": "\"\(whole.finish())-3\""],
    ]
    for proof in proofs {
      let there = transport(isThere: true) {
        self.answer(200, proof.adding(length: 12_000_000))
      }
      let store = try store(there).sendingInParts(from: .mebibytes(64), of: .mebibytes(5))
      #expect(try await store.put(sample.asset, as: "x.zip"))
      #expect(count(.get, there) == 0)
    }
    // Of other parts: they say nothing, and the object is fetched.
    let unsaid = transport(isThere: true, bytes: sample.bytes) {
      self.answer(200, ["Content-Length": "12000000", "ETag": "\"\(String(repeating: "a", count: 32))-2\""])
    }
    #expect(try await put(unsaid, sample))
    #expect(count(.get, unsaid) == 1)
  }

  @Test(arguments: [0, 4999, 5001])
  func aStoreThatKeptAnotherLengthIsFoundOut(_ length: Int) async throws {
    let sample = try SampleAsset()
    let lying = transport { self.answer(200, ["Content-Length": "\(length)"]) }
    let error = try await failure(lying, sample)
    #expect(error.code == .bundleExists)
    #expect(error.reason.contains("\(length) bytes where the bundle has 5000"))
    #expect(count(.delete, lying) == 0)
  }

  @Test func aStoreThatKeptNothingIsFoundOut() async throws {
    let sample = try SampleAsset()
    let forgetful = transport { self.answer(404) }
    #expect(try await failure(forgetful, sample).code == .uploadFailed)
  }

  @Test func keysThatMayNotReadBackProveNothing() async throws {
    let sample = try SampleAsset()
    let blind = transport { self.answer(403) }
    let error = try await failure(blind, sample)
    #expect(error.code == .uploadFailed)
    #expect(error.hint?.contains("s3:GetObject") == true)
  }

  @Test func aStoreWithoutConditionsIsSentToWithoutAfterAnotherLook() async throws {
    let sample = try SampleAsset()
    let old = transport(puts: [501, 200]) {
      self.answer(200, ["Content-Length": "5000", "x-amz-checksum-sha256": sample.asset.checksum.base64])
    }
    let notes = Mutex<[String]>([])
    let store = try store(old, note: { text in notes.withLock { $0.append(text) } })
    #expect(try await store.put(sample.asset, as: "x.zip") == false)
    #expect(notes.withLock { $0.map { $0.contains("does not know If-None-Match") } } == [true])
    let methods = old.exchanges.map(\.request.method)
    #expect(methods == [.head, .put, .head, .put, .head])
    let puts = old.exchanges.map(\.request).filter { $0.method == .put }
    #expect(puts.map { $0.headers["If-None-Match"] } == ["*", nil])
  }

  /// A store that takes files in parts and knows no condition; what has the name is told by `head`.
  private func partwise(
    _ head: @escaping @Sendable (_ isComplete: Bool) -> ScriptedTransport.Answer
  ) -> ScriptedTransport {
    let isComplete = Mutex(false)
    return ScriptedTransport { exchange, _ in
      let (request, query) = (exchange.request, exchange.request.url.query ?? "")
      switch request.method {
      case .head: return head(isComplete.withLock { $0 })
      case .put: return self.answer(200, ["ETag": "\"t\""])
      case .post where query.hasPrefix("uploads"):
        return self.answer(200, [:], Array("<R><UploadId>id</UploadId></R>".utf8))
      case .post:
        guard request.headers["If-None-Match"] == nil else { return self.answer(501) }
        isComplete.withLock { $0 = true }
        return self.answer(200, [:], Array("<CompleteMultipartUploadResult/>".utf8))
      case .delete: return self.answer(204)
      default: return self.answer(403)
      }
    }
  }

  private func completions(_ transport: ScriptedTransport) -> [String?] {
    transport.exchanges.map(\.request).filter {
      $0.method == .post && $0.url.query?.contains("uploadId") == true
    }.map { $0.headers["If-None-Match"] }
  }

  @Test func partsAreNotMadeOneWithoutTheConditionWhereTheNameCannotBeSeen() async throws {
    let sample = try SampleAsset(6_000_000)
    let blind = partwise { _ in self.answer(403) }
    let store = try store(blind).sendingInParts(from: .mebibytes(5), of: .mebibytes(5))
    let error = await #expect(throws: KeepError.self) { _ = try await store.put(sample.asset, as: "x.zip") }
    #expect(error?.code == .uploadFailed)
    #expect(error?.hint?.contains("s3:GetObject") == true)
    #expect(completions(blind) == ["*"])
    #expect(count(.delete, blind) == 1, "the parts are not left to cost money")
  }

  @Test func partsAreMadeOneWithoutTheConditionWhereNothingHasTheNameAndThatIsSaid() async throws {
    let sample = try SampleAsset(6_000_000)
    let old = partwise { isComplete in
      isComplete
        ? self.answer(
          200, ["Content-Length": "6000000", "x-amz-checksum-sha256": sample.asset.checksum.base64])
        : self.answer(404)
    }
    let notes = Mutex<[String]>([])
    let store = try store(old, note: { text in notes.withLock { $0.append(text) } })
      .sendingInParts(from: .mebibytes(5), of: .mebibytes(5))
    #expect(try await store.put(sample.asset, as: "x.zip") == false)
    #expect(completions(old) == ["*", nil])
    #expect(notes.withLock { $0.count } == 1)
  }

  @Test func whatTookTheNameMeanwhileIsLookedAt() async throws {
    let sample = try SampleAsset()
    let same = Mutex(false)
    let raced = ScriptedTransport { exchange, _ in
      same.withLock { isThere in
        if exchange.request.method == .put {
          isThere = true
          return self.answer(412)
        }
        return isThere
          ? self.answer(
            200, ["Content-Length": "5000", "x-amz-checksum-sha256": sample.asset.checksum.base64])
          : self.answer(404)
      }
    }
    _ = try await put(raced, sample)
    #expect(count(.put, raced) == 1)
  }
}

extension HTTPHeaders {
  fileprivate func adding(length: Int) -> HTTPHeaders {
    var all = self
    all.add("Content-Length", "\(length)")
    return all
  }
}
