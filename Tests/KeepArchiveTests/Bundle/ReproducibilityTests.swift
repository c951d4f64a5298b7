import Foundation
import KeepFiles
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepArchive

/// The bytes of a bundle are a function of the run alone. Serialized, since time zone, locale and file mask
/// belong to the whole process.
@Suite(.serialized) struct ReproducibilityTests {
  /// `Tests/run.sh` makes the locale and sets `COMFYKEEP_VALIDATORS`: there it must be had.
  @Test(
    .enabled(
      if: hasLocale || ProcessInfo.processInfo.environment["COMFYKEEP_VALIDATORS"] != nil,
      "no Turkish locale; Tests/run.sh makes it"))
  func surroundingsAndOrderPlayNoPart() throws {
    let run = try sample()
    let expected = Checksum(of: try BundleBytes(run).bytes)
    let before = (zone: getenv("TZ").map { String(cString: $0) }, mask: umask(0o077))
    setenv("TZ", "Asia/Kathmandu", 1)
    tzset()
    let locale = setlocale(LC_ALL, Self.locale)
    defer {
      umask(before.mask)
      if let zone = before.zone { setenv("TZ", zone, 1) } else { unsetenv("TZ") }
      tzset()
      setlocale(LC_ALL, "C")
    }
    try #require(locale != nil, "\(Self.locale) is not there")
    try #require(localeconv().pointee.decimal_point.map { String(cString: $0) } == ",")
    var other = try sample(isReversed: true)
    other.outputs = [3, 1, 0, 2].map { other.outputs[$0] }
    #expect(Checksum(of: try BundleBytes(other).bytes) == expected)
    var numbers = SystemRandomNumberGenerator()
    for _ in 0..<5 {
      other.outputs.shuffle(using: &numbers)
      #expect(Checksum(of: try BundleBytes(other).bytes) == expected)
    }
  }

  @Test func signaturesAndQueueFactsPlayNoPart() throws {
    let run = try sample()
    let expected = Checksum(of: try BundleBytes(run).bytes)
    var signed = try sample(query: "?X-Amz-Signature=1234&Expires=99")
    var document = signed.record.result.document.object ?? JSONObject()
    document["queue_position"] = 7
    let old = signed.record.result
    signed.record.result = RunResult(
      verdict: old.verdict, word: old.word, createdAt: old.createdAt, finishedAt: old.finishedAt,
      document: .object(document), raw: [1, 2, 3])
    // The redactions tell that there was a query; nothing else may differ.
    let plain = try BundleBytes(run).files(under: "run-")
    let other = try BundleBytes(signed).files(under: "run-")
    #expect(plain.map(\.name) == other.map(\.name))
    for (left, right) in zip(plain, other) where left.name.contains("/data/run/") {
      #expect(left.bytes == right.bytes)
    }
    #expect(expected != Checksum(of: try BundleBytes(signed).bytes))
    #expect(
      try BundleBytes(signed).bytes
        == BundleBytes(try sample(query: "?X-Amz-Signature=5678&Expires=11")).bytes)
  }

  private func sample(isReversed: Bool = false, query: String = "") throws -> SampleRun {
    var run = try SampleRun()
    try run.add("ComfyUI_00001_.png", SampleRun.png, query: query)
    try run.add("Größe é.bin", [1, 2, 3], index: 1, query: query)
    run.add(text: "İstanbul, ein Fuchs")
    try run.add("clip.mp4", [0, 0, 0, 24], node: "38:42", key: "gifs", type: "temp", query: query)
    guard isReversed else { return run }
    run.record.result = Self.result(run.record.result.document.reversed)
    return run
  }

  private static let locale = "tr_TR.UTF-8"

  /// Whether the locale is installed, without setting it.
  private static var hasLocale: Bool {
    guard let found = newlocale(1 << LC_NUMERIC, locale, nil) else { return false }
    freelocale(found)
    return true
  }

  private static func result(_ document: JSONValue) -> RunResult {
    RunResult(
      verdict: .succeeded, word: "succeeded",
      createdAt: document["created_at"]?.string.flatMap { Timestamp(parsing: $0) },
      finishedAt: document["finished_at"]?.string.flatMap { Timestamp(parsing: $0) },
      document: document, raw: CanonicalJSON.compact(document))
  }

  @Test func theOrderOfTheAnswerAndOfTheDownloadsPlaysNoPart() async throws {
    let expected = try await bytes(of: Self.answer, ending: ["/a", "/b", "/c", "/d"])
    let orders = [["/d", "/c", "/b", "/a"], ["/b", "/d", "/a", "/c"], ["/c", "/a", "/d", "/b"]]
    for order in orders {
      #expect(try await bytes(of: Self.answer.reversed, ending: order) == expected)
      #expect(try await bytes(of: Self.answer, ending: order) == expected)
    }
  }

  /// Collects, downloads and bundles what a service answers; the files arrive in this order.
  private func bytes(of answer: JSONValue, ending order: [String]) async throws -> [UInt8] {
    let bench = try DownloadBench()
    let result = Self.result(answer)
    let turns = Turns(order)
    let outputs = OutputCollector.collect(result, workflow: nil).outputs
    var run = try SampleRun()
    run.record.result = result
    run.outputs = try await bench.retrieve(outputs, from: OrderedTransport(turns: turns))
    #expect(await turns.ended == order)
    return try BundleBytes(run).bytes
  }

  /// Four files, some of them below further objects, and two texts.
  private static let answer: JSONValue = [
    "status": "succeeded", "created_at": "2026-11-22T21:00:22.446702",
    "finished_at": "2026-11-22T21:00:22.878201",
    "outputs": [
      "9": [
        "images": [
          ["before": file("Größe é.bin", "a"), "after": ["large": file("b.bin", "b")], "text": "one"]
        ]
      ],
      "38:42": ["gifs": [file("c.bin", "c")], "audio": [file("c.bin", "d")], "text": ["İstanbul"]],
    ],
  ]

  private static func file(_ name: String, _ path: String) -> JSONValue {
    [
      "filename": .string(name), "subfolder": "", "type": "output",
      "url": .string("https://storage.example/\(path)"),
    ]
  }
}

extension JSONValue {
  /// The same value with the members of every object in it the other way round.
  fileprivate var reversed: JSONValue {
    switch self {
    case .object(let object):
      .object(JSONObject(object.members.reversed().map { .init(key: $0.key, value: $0.value.reversed) }))
    case .array(let items): .array(items.map(\.reversed))
    case .null, .bool, .number, .string: self
    }
  }
}

/// Answers every request at once with its own path, and lets the answers arrive one by one in a given order.
private struct OrderedTransport: Transport {
  let turns: Turns

  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    let path = request.url.path
    await turns.wait(for: path)
    let body = ResponsePieces([Array(path.utf8)])
    let value = try await consume(
      HTTPResponse(
        status: 200, headers: ["Content-Length": String(path.utf8.count)],
        body: ResponseBody { await body.next() }))
    await turns.end(path)
    return value
  }
}

/// Whose turn it is: everybody waits until those before have ended.
private actor Turns {
  private var order: ArraySlice<String>
  private var waiting: [String: CheckedContinuation<Void, Never>] = [:]
  private(set) var ended: [String] = []

  init(_ order: [String]) { self.order = order[...] }

  func wait(for path: String) async {
    guard order.first != path else { return }
    await withCheckedContinuation { waiting[path] = $0 }
  }

  func end(_ path: String) {
    ended.append(path)
    order.removeFirst()
    if let next = order.first { waiting.removeValue(forKey: next)?.resume() }
  }
}

private actor ResponsePieces {
  private var rest: ArraySlice<[UInt8]>

  init(_ pieces: [[UInt8]]) { self.rest = pieces[...] }

  func next() -> [UInt8]? { rest.popFirst() }
}
