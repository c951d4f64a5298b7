import KeepFiles
import KeepModel
import SystemPackage

/// A receipt, as far as it tells of the run.
struct ReceiptDocument {
  let request: RequestID?
  let deployment: DeploymentID?
  let key: SubmissionKey?
  let archivedAt: Timestamp?
  /// SHA-256 and size of the bundle.
  let checksum: Checksum?
  let size: UInt64?
  /// How many addresses the outputs came from.
  let outputs: Int
  /// The service's answer.
  let result: [UInt8]?

  /// Reads one; `nil` where there is none that can be read.
  init?(at path: FilePath) {
    guard FileReader.exists(path), let bytes = try? FileReader.bytes(of: path, limit: .mebibytes(64)),
      let document = try? JSONDocument(parsing: bytes).value, document["receipt"] != nil
    else { return nil }
    self.request = document["requestId"]?.string.map { RequestID($0) }
    self.deployment = document["deploymentId"]?.string.map { DeploymentID($0) }
    self.key = document["submissionKey"]?.string.flatMap {
      Checksum(hexadecimal: $0) == nil ? nil : SubmissionKey($0)
    }
    self.archivedAt = document["archivedAt"]?.string.flatMap { Timestamp(parsing: $0) }
    self.checksum = document["bundle"]?["sha256"]?.string.flatMap(Checksum.init(hexadecimal:))
    self.size = document["bundle"]?["size"]?.number?.unsigned
    self.outputs = document["sources"]?.array?.count ?? 0
    self.result = document["rawResult"]?["text"]?.string.map { Array($0.utf8) }
  }

  /// The service's word.
  var word: String {
    result.flatMap { try? JSONDocument(parsing: $0).value["status"]?.string } ?? "succeeded"
  }

  /// How the run ended, as far as the service's word tells.
  var state: SubmissionState {
    switch word {
    case "failed", "error": .failed
    case "canceled", "cancelled": .canceled
    default: outputs == 0 ? .empty : .archived
    }
  }
}
