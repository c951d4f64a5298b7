public import KeepModel

/// Something that happened to one run, for whoever shows progress.
public struct PipelineEvent: Sendable {
  /// What happened.
  public enum Change: Sendable {
    /// A file is on its way to the upload target: its name, and so many of its bytes.
    case uploading(String, ByteCount, of: ByteCount)
    /// The submission starts to be sent; its body has so many bytes.
    case submitting(ByteCount)
    /// The service took it.
    case submitted(RequestID)
    /// An earlier run of the same submission is followed instead of a new one.
    case resumed(RequestID)
    /// What the service said.
    case status(RequestStatus)
    /// Outputs are coming down: so many of so many files, so many bytes.
    case downloading(files: Int, of: Int, bytes: ByteCount)
    /// A bundle is on its way to the archive's store: so many of its bytes.
    case storing(ByteCount, of: ByteCount)
    /// A bundle that waited to be put into the archive's store is at this place now.
    case stored(String)
    /// Something worth saying that does not change the outcome.
    case note(String)
    /// It ended.
    case ended(SubmissionOutcome)
  }

  /// Which run of a batch, from 0; negative for a bundle of an earlier command.
  public let index: Int
  /// The name that a person knows it by: its first input's file name, or the request.
  public let label: String
  /// What happened.
  public let change: Change
}
