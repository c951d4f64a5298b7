package import KeepModel

/// What goes on with one output while it is downloaded.
package struct DownloadProgress: Sendable, Equatable {
  /// What goes on.
  package enum Event: Sendable, Equatable {
    /// So many bytes are there, of so many if the service said.
    case received(UInt64, of: UInt64?)
    /// An attempt failed; the next follows after a wait.
    case waiting(Duration, KeepError)
    /// The file is whole and in the spool.
    case kept(size: UInt64)
    /// It cannot be had.
    case missing(Manifest.Reason)
    /// Something that a person should know.
    case note(DownloadNote)
  }

  /// Which output.
  package let output: NodeOutput
  /// What goes on.
  package let event: Event
}

/// Something about a download that a person should know.
package enum DownloadNote: Sendable, Equatable, CustomStringConvertible {
  /// The service's URL is none that may be asked.
  case unusableAddress
  /// The service's URL, or one that it sent us on to, is at a host that is not among those named.
  case unlistedHost(String)
  /// The service sent us on to an address that must not be asked.
  case refusedRedirect
  /// The file has no bytes, more than once.
  case emptyFile
  /// The bytes are something else than the name says, more than once.
  case unexpectedType(MediaType)
  /// The service encoded the file unasked, more than once; what came is of this type.
  case encoded(String, MediaType)
  /// The file lacks the mark that its format ends with, more than once alike.
  case cutOff

  /// What was met, in words.
  package var description: String {
    switch self {
    case .unusableAddress: "the service's address for it is not a public https URL"
    case .unlistedHost(let host):
      "it is at \(host), which is not among the hosts that outputs may come from (--output-host)"
    case .refusedRedirect: "the service redirects to an address that must not be asked"
    case .emptyFile: "the file is empty"
    case .unexpectedType(let type): "the bytes are \(type), which is not what the name says"
    case .encoded(let encoding, let type):
      "the service sent it encoded (\(encoding)), which was not asked for; it is kept as it came, as \(type)"
    case .cutOff: "the file lacks the end that its format has"
    }
  }
}
