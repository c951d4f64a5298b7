import KeepArchive
import KeepModel
import Synchronization

/// Adds up what the downloads of one run tell.
final class DownloadTally: Sendable {
  private struct State {
    var bytes: [JSONPointer: UInt64] = [:]
    var sum: UInt64 = 0
    var done = 0
    var unlisted: Set<String> = []
  }

  private let total: Int
  private let state = Mutex(State())

  init(_ outputs: [NodeOutput]) {
    self.total = outputs.count {
      if case .file(let file) = $0.content { file.type != "input" } else { false }
    }
  }

  /// The hosts of outputs that were not asked since a person did not name them, sorted.
  var unlistedHosts: [String] { state.withLock { $0.unlisted.sorted() } }

  /// What is worth telling of a step, if anything.
  func change(_ progress: DownloadProgress) -> PipelineEvent.Change? {
    let name = if case .file(let file) = progress.output.content { ", \(file.filename)" } else { "" }
    let place = "node \(progress.output.node)\(name)"
    switch progress.event {
    case .received(let bytes, _): return downloading(progress.output, bytes: bytes, isDone: false)
    case .kept(let bytes): return downloading(progress.output, bytes: bytes, isDone: true)
    case .waiting(_, let error): return .note("\(place): trying again: \(error.reason)")
    case .missing(let reason): return .note("\(place): cannot be had: \(reason.words)")
    case .note(let note):
      if case .unlistedHost(let host) = note { state.withLock { _ = $0.unlisted.insert(host) } }
      return .note("\(place): \(note)")
    }
  }

  private func downloading(
    _ output: NodeOutput, bytes: UInt64, isDone: Bool
  ) -> PipelineEvent.Change {
    state.withLock { state in
      state.sum += bytes
      state.sum -= state.bytes.updateValue(bytes, forKey: output.pointer) ?? 0
      if isDone { state.done += 1 }
      return .downloading(files: state.done, of: total, bytes: ByteCount(state.sum))
    }
  }
}

extension KeepError {
  /// This error with the way out where outputs lie at hosts that a person did not name.
  func hinting(atHosts hosts: [String]) -> KeepError {
    KeepError(
      code, subject, "\(reason); outputs are at \(hosts.joined(separator: ", "))",
      hint:
        "--output-host \(hosts[0]) lets them come from there, --allow-partial keeps the rest without them",
      retry: retry, httpStatus: httpStatus)
  }
}
