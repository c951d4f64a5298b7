import KeepModel
import KeepTestKit
import Synchronization
import Testing

@testable import KeepPipeline

/// A dashboard on a free port, the state that it shows and what was asked for.
struct DashboardOffice: Sendable {
  static let token = Secret("a-token-of-thirty-two-characters")

  struct Answer: Sendable {
    let status: Int
    let head: String
    let body: String
    subscript(name: String) -> String? {
      head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("\(name):") }
        .map { String($0.dropFirst(name.utf8.count + 1)).trimmed }
    }
  }

  final class Watch: Sendable {
    let state: Mutex<DashboardState>
    let actions = Mutex<[DashboardAction]>([])
    let questions = Mutex(0)
    let refusal = Mutex<KeepError?>(nil)
    init(_ state: DashboardState) { self.state = Mutex(state) }
  }

  let port: UInt16
  let watch: Watch

  /// Deadlines that no busy machine comes near, and no waiting between two looks.
  static var patient: DashboardLimits {
    var limits = DashboardLimits()
    (limits.reading, limits.writing, limits.tick) = (.seconds(300), .seconds(300), .milliseconds(5))
    return limits
  }

  static func dashboard(
    _ watch: Watch, host: String = "127.0.0.1", names: [String] = [], limits: DashboardLimits = Self.patient,
    state: (@Sendable () async -> DashboardState)? = nil
  ) throws -> Dashboard {
    try Dashboard(
      host: host, port: 0, names: names, token: token, limits: limits, clock: ContinuousClock(),
      now: { DashboardState.noon },
      state: state ?? {
        watch.questions.withLock { $0 += 1 }
        return watch.state.withLock { $0 }
      },
      thumbnail: { request in
        switch request {
        case "kept": ([1, 2, 3], "image/jpeg")
        case "drawn": (Array("<svg/>".utf8), "image/svg+xml")
        default: nil
        }
      },
      act: { action throws(KeepError) in
        if let error = watch.refusal.withLock({ $0 }) { throw error }
        watch.actions.withLock { $0.append(action) }
      })
  }

  static func open<Value: Sendable>(
    _ state: DashboardState = .busy, host: String = "127.0.0.1", names: [String] = [],
    limits: DashboardLimits = Self.patient,
    _ body: @escaping @Sendable (DashboardOffice) async throws -> Value
  ) async throws -> Value {
    let watch = Watch(state)
    let dashboard = try dashboard(watch, host: host, names: names, limits: limits)
    let (ready, sink) = AsyncStream.makeStream(of: UInt16.self)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask {
        defer { sink.finish() }
        try await dashboard.run { sink.yield($0) }
        return nil
      }
      group.addTask {
        for await port in ready { return try await body(DashboardOffice(port: port, watch: watch)) }
        return nil
      }
      defer { group.cancelAll() }
      while let value = try await group.next() { if let value { return value } }
      throw CancellationError()
    }
  }

  // MARK: - Requests

  static func message(
    _ method: String, _ target: String, _ lines: [String] = [], host: String? = "127.0.0.1", body: String = ""
  ) -> [UInt8] {
    let head =
      ["\(method) \(target) HTTP/1.1"] + (host.map { ["Host: \($0)"] } ?? []) + lines
      + (method == "POST" ? ["Content-Length: \(body.utf8.count)"] : [])
    return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
  }

  func send(_ bytes: [UInt8]) async throws -> Answer {
    let raw = try #require(try await RawCaller.exchange(port: port, bytes), "the connection hangs")
    return Self.answer(raw)
  }

  func get(_ target: String, _ lines: [String] = [], host: String? = "127.0.0.1") async throws -> Answer {
    try await send(Self.message("GET", target, lines, host: host))
  }

  static let permit = ["Authorization: Bearer \(token.reveal())", "Content-Type: application/json"]

  func post(_ target: String, _ body: String = "{}", _ lines: [String] = Self.permit) async throws -> Answer {
    try await send(Self.message("POST", target, lines, body: body))
  }

  static func answer(_ raw: [UInt8]) -> Answer {
    let text = String(decoding: raw, as: UTF8.self)
    let parts = text.utf8.firstRange(of: "\r\n\r\n".utf8)
    let head = parts.map { String(text[..<$0.lowerBound]) } ?? text
    let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Answer(status: status, head: head, body: parts.map { String(text[$0.upperBound...]) } ?? "")
  }
}
