import KeepFiles
public import KeepModel
import KeepSubmit
public import SystemPackage

/// Looks into workflow files.
public enum Inspector {
  /// What was found, and what is worth saying about it.
  public struct Report: Sendable {
    /// What was found.
    public let inspection: WorkflowInspection
    /// What is worth saying.
    public let warnings: [String]
  }

  /// What a workflow file takes and gives.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` when it is no workflow in API form.
  public static func inspect(_ path: FilePath) throws(KeepError) -> WorkflowInspection {
    WorkflowInspector.inspect(try workflow(path))
  }

  /// What a workflow file takes and gives, with the types, ranges and choices of an `object_info` file.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` when one of them is not what it is named as.
  public static func inspect(_ path: FilePath, objectInfo: FilePath) throws(KeepError) -> Report {
    let workflow = try workflow(path)
    return report(workflow, try ObjectInfoFinder.file(objectInfo, for: workflow))
  }

  static func report(_ workflow: Workflow, _ finding: ObjectInfoFinder.Finding) -> Report {
    Report(
      inspection: WorkflowInspector.inspect(workflow, objectInfo: finding.schema),
      warnings: finding.warnings)
  }

  /// The workflow in a file.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` when it is missing, not JSON, or a UI export.
  static func workflow(_ path: FilePath) throws(KeepError) -> Workflow {
    let bytes = try FileReader.bytes(of: path, limit: .mebibytes(64), code: .inputRejected)
    let document: JSONDocument
    do {
      // Some editors put a byte order mark in front.
      let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
      document = try JSONDocument(parsing: bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes)
    } catch {
      throw KeepError(.inputRejected, .path(path), "is not JSON: \(error)")
    }
    do {
      return try Workflow(document: document.value)
    } catch {
      let place = error.subject == .none ? "" : "\(error.subject) "
      throw KeepError(.inputRejected, .path(path), place + error.reason, hint: error.hint)
    }
  }
}
