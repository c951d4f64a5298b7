package import KeepModel

/// The native manifest of a run bundle: the authority on what each file is (bundle profile 1.0, section 3.2).
///
/// Paths are relative to `data/`. `init(json:)` and `json` are each other's inverse.
package struct Manifest: Sendable, Equatable {
  /// The run as the service told it.
  package struct Run: Sendable, Equatable {
    package var deployment: DeploymentID
    package var request: RequestID
    /// The service's word: `succeeded`, `failed`, `canceled`.
    package var status: String
    package var createdAt: Timestamp?
    package var finishedAt: Timestamp?
    /// The service's error records, unchanged.
    package var errors: [JSONValue]
  }

  package enum Completeness: String, Sendable { case complete, partial }
  package enum Choice: String, Sendable { case include, omit }

  /// Every option that changes bytes.
  package struct Options: Sendable, Equatable {
    package var temp: Choice = .include
    package var inputs: Choice = .include
    package var rights: String?
    package var agent: String?
    package init() {}
  }

  /// `data/run/…`.
  package struct Document: Sendable, Equatable {
    package var path: String
    package var size: UInt64
    package var checksum: Checksum
    /// For the workflow: `request` or `submitted`.
    package var source: String?
  }

  package struct Documents: Sendable, Equatable {
    package var request: Document?
    package var result: Document?
    package var workflow: Document?
  }

  package enum Status: String, Sendable { case archived, missing, omitted }

  /// Why something is not in the bundle: a closed list without counts or times.
  package enum Reason: String, Sendable {
    case http404 = "http-404"
    case http403 = "http-403"
    case http410 = "http-410"
    case expired
    case noURL = "no-url"
    case sizeMismatch = "size-mismatch"
    case unreachable
    case option

    /// Why, for people; the raw value is for programs.
    package var words: String {
      switch self {
      case .http404: "the service answered HTTP 404 (not found)"
      case .http403: "the service refused it (HTTP 401 or 403)"
      case .http410: "the service answered HTTP 410 (deleted)"
      case .expired: "the service has deleted it"
      case .noURL: "the service gave no address for it"
      case .sizeMismatch: "what could be fetched was not its full size"
      case .unreachable: "its address could not be used"
      case .option: "left out by choice"
      }
    }
  }

  /// Where archived bytes lie, and what they are.
  package struct Stored: Sendable, Equatable {
    /// Relative to `data/`.
    package var path: String
    package var size: UInt64
    package var checksum: Checksum
    package var mediaType: MediaType
  }

  package enum OutputKind: String, Sendable { case file, text }

  /// One entry of `outputs`.
  package struct Output: Sendable, Equatable {
    package var node: NodeID
    package var key: OutputKey
    package var index: Int
    package var pointer: JSONPointer
    package var nodeClass: String?
    package var nodeTitle: String?
    package var kind: OutputKind
    /// The service's record; absent for text.
    package var filename: String?
    package var subfolder: String?
    package var type: String?
    /// Without user info, query and fragment.
    package var url: String?
    package var status: Status
    package var reason: Reason?
    package var stored: Stored?
  }

  /// One entry of `inputs`.
  package struct Input: Sendable, Equatable {
    package var node: NodeID
    package var input: InputName
    package var index: Int
    /// Into `run/request.json`.
    package var pointer: JSONPointer
    package var filename: String
    package var status: Status
    package var stored: Stored?
  }

  /// A data URI moved out of the request.
  package struct Externalised: Sendable, Equatable {
    package var pointer: JSONPointer
    package var path: String
    package var mediaType: MediaType
  }

  /// Something struck out of a document; rule `url-query` or `credential`.
  package struct Redaction: Sendable, Equatable {
    package var document: String
    package var pointer: JSONPointer
    package var rule: String
  }

  package var run: Run
  package var completeness: Completeness
  package var options: Options
  package var documents: Documents
  /// In order of node id, key (both by UTF-16 code units), index.
  package var outputs: [Output]
  package var inputs: [Input]
  package var externalised: [Externalised]
  package var redactions: [Redaction]
}
