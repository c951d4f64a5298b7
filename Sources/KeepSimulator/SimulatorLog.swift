internal import KeepModel
internal import Synchronization
internal import SystemPackage

/// Appends one line of JSON for each event, in one write, so that a reader sees whole lines at once.
final class SimulatorLog: Sendable {
  private let file: FileDescriptor?
  private let turn = Mutex<Void>(())

  /// Opens or makes the file; without a path nothing is written.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  init(path: FilePath?) throws(KeepError) {
    guard let path else {
      self.file = nil
      return
    }
    do {
      self.file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw KeepError(.localIO, .path(path), "the log cannot be opened: \(error)")
    }
  }

  deinit {
    try? file?.close()  // every line was written already
  }

  /// Appends an event.
  func write(_ event: String, _ members: [(String, JSONValue)], at time: Timestamp) {
    guard let file else { return }
    var object = JSONObject()
    object["event"] = .string(event)
    object["time"] = .string(time.description)
    for (key, value) in members { object[key] = value }
    let line = WireJSON.encode(.object(object)) + [0x0A]
    turn.withLock { _ in
      _ = try? file.writeAll(line)  // a full disk must not stop the service that is being simulated
    }
  }
}
