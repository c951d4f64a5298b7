import Foundation
import KeepModel
import Synchronization
import SystemPackage

@testable import KeepSimulator

/// Media and services that the tests share.
enum Fixture {
  static let deployment = Simulator.Deployment.sampleID(1)

  /// A small picture whose colors depend on the number.
  static func raster(_ number: UInt8 = 1, width: Int = 24, height: Int = 16) -> Raster {
    let pixels = (0..<width * height).flatMap { index in
      [UInt8(truncatingIfNeeded: index * 7), UInt8(truncatingIfNeeded: index / width * 11), number]
    }
    return Raster(width: width, height: height, pixels: pixels)
  }

  static func png(_ number: UInt8 = 1, width: Int = 24, height: Int = 16) -> [UInt8] {
    PNGFile.encode(raster(number, width: width, height: height))
  }

  static func dataURI(_ bytes: [UInt8], _ type: String = "image/png") -> String {
    "data:\(type);base64," + Data(bytes).base64EncodedString()
  }

  /// The body of a submit to the sample of 16 nodes.
  static func body(_ bytes: [UInt8] = png(), seed: UInt64 = 7) -> JSONValue {
    [
      "overrides": [
        "189": ["inputs": ["image": .string(dataURI(bytes))]],
        "25": ["inputs": ["noise_seed": .integer(seed)]],
      ]
    ]
  }

  static func workflow(_ text: String) throws -> Workflow {
    try Workflow(document: JSONDocument(parsing: Array(text.utf8)).value)
  }

  /// The folder of the package.
  static let package = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent()

  static func json(_ path: String) throws -> JSONValue {
    let data = try Data(contentsOf: URL(fileURLWithPath: package.pushing(FilePath(path)).string))
    return try JSONDocument(parsing: Array(data)).value
  }
}

/// The API without HTTP, on a clock that stands still until it is moved.
struct Service {
  let store: SimulatorStore
  let api: APIService
  let storage: StorageService
  let clock: SimulatorClock

  init(
    faults: [String] = [], change: (inout Simulator.Configuration) -> Void = { _ in }
  ) throws {
    let clock = SimulatorClock(wall: { Timestamp(milliseconds: 1_795_000_000_123) })
    var configuration = Simulator.Configuration()
    configuration.clock = clock
    configuration.longestSide = 32
    configuration.timing.queue = .seconds(1)
    configuration.timing.coldStart = .seconds(2)
    configuration.timing.run = .seconds(4)
    configuration.faults = try faults.map { try ArmedFault(parsing: $0) }
    change(&configuration)
    let store = try SimulatorStore(configuration)
    self.clock = clock
    self.store = store
    self.api = APIService(store: store) { id, _ in store.execute(id) }
    self.storage = StorageService(store: store)
    store.withState { $0.addresses = .init(api: "http://127.0.0.1:1", outputs: "http://127.0.0.1:2") }
  }

  func call(
    _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = "simulator-token"
  ) -> Reply {
    let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
    return api.reply(
      to: Call(
        method: method, rawPath: parts[0], query: parts.count > 1 ? parts[1] : "",
        headers: token.map { [(name: "Authorization", value: "Bearer \($0)")] } ?? [],
        body: body.map { CanonicalJSON.compact($0) } ?? []))
  }

  func submit(_ body: JSONValue = Fixture.body(), to deployment: Int = 1, version: String = "v1") -> Reply {
    call(
      "POST", "/prod/\(version)/deployments/\(Simulator.Deployment.sampleID(deployment))/inference", body)
  }

  /// Asks about a run under the address that the submit gave.
  func ask(_ submitted: Reply, _ name: String, method: String = "GET") -> Reply {
    let address = submitted.json["\(name)_url"]?.string ?? ""
    return call(method, String(address.dropFirst("http://127.0.0.1:1".count)))
  }

  /// Fetches an address on the second origin.
  func fetch(
    _ address: String, method: String = "GET", headers: [(name: String, value: String)] = [],
    body: [UInt8] = []
  ) -> Reply {
    let parts = address.dropFirst("http://127.0.0.1:2".count).split(separator: "?", maxSplits: 1)
    return storage.reply(
      to: Call(
        method: method, rawPath: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
        headers: headers, body: body))
  }

  /// Submits, waits until the run has ended, and gives its result.
  func finishedResult(_ body: JSONValue = Fixture.body(), deployment: Int = 1) -> JSONValue {
    let submitted = submit(body, to: deployment)
    clock.advance(by: .seconds(60))
    return ask(submitted, "result").json
  }
}

extension Reply {
  var bytes: [UInt8] { if case .bytes(let bytes) = body { bytes } else { [] } }
  var json: JSONValue { (try? JSONDocument(parsing: bytes).value) ?? .null }
  var isDropped: Bool { if case .dropped = body { true } else { false } }
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
