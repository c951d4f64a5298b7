/// A node input that takes media, and how we know.
public struct MediaInput: Sendable, Hashable {
  /// What told that the input takes media, strongest first.
  public enum Evidence: String, Sendable, Hashable, CaseIterable {
    /// `object_info` gives the input a true `…_upload` flag or a list of media extensions.
    case schema
    /// The node's class is one that we know.
    case nodeClass = "class"
    /// The value is the name or address of a media file, or a neighbour says `upload`.
    case value
    /// Only the input's name on a class that loads.
    case name
  }

  /// Whether one file can be put there.
  public enum Acceptance: String, Sendable, Hashable, CaseIterable {
    /// Takes one file.
    case file
    /// Takes one file, but names an earlier output of the instance: replaced only when asked for by name.
    case onRequest = "on_request"
    /// Wants a folder on the server.
    case folder
    /// Wants an object made by ComfyUI's page, such as a scene with its camera.
    case object
    /// Wants bare Base64 text, neither a data URI nor a URL.
    case bareBase64 = "bare_base64"
  }

  /// The input.
  public let input: NodeInput
  /// The class of its node.
  public let nodeClass: String
  /// The title of its node.
  public let nodeTitle: String?
  /// What it takes; empty for anything.
  public let kinds: Set<MediaKind>
  /// Whether one file can be put there.
  public let acceptance: Acceptance
  /// How we know.
  public let evidence: Evidence
  /// What the workflow has there now.
  public let current: JSONValue

  /// A node input that takes media.
  public init(
    input: NodeInput, nodeClass: String, nodeTitle: String?, kinds: Set<MediaKind>,
    acceptance: Acceptance, evidence: Evidence, current: JSONValue
  ) {
    self.input = input
    self.nodeClass = nodeClass
    self.nodeTitle = nodeTitle
    self.kinds = kinds
    self.acceptance = acceptance
    self.evidence = evidence
    self.current = current
  }

  /// Whether it takes media of a kind.
  public func takes(_ kind: MediaKind) -> Bool { kinds.isEmpty || kinds.contains(kind) }

  /// Whether it takes media of a type; loaders of video also take animated GIF and WebP.
  public func takes(_ type: MediaType) -> Bool {
    takes(type.kind) || kinds.contains(.video) && (type == "image/gif" || type == "image/webp")
  }

  /// Why one file cannot be put there, `nil` if it can.
  public var obstacle: String? {
    switch acceptance {
    case .file, .onRequest: nil
    case .folder: "wants a folder on the server and cannot take one file"
    case .object: "wants an object made in ComfyUI's page and cannot take one file"
    case .bareBase64: "wants bare Base64 text and takes neither a data URI nor a URL"
    }
  }

  /// `189.image (LoadImage, "Load Image")`.
  public var description: String {
    "\(input) (\(nodeClass)\(nodeTitle.map { ", \"\($0)\"" } ?? ""))"
  }

  /// For `--json`.
  public var json: JSONValue {
    [
      "input": .string(input.description), "node": .string(input.node.rawValue),
      "name": .string(input.name.rawValue), "class": .string(nodeClass),
      "title": .optional(nodeTitle),
      "kinds": .array(kinds.map(\.rawValue).sorted().map(JSONValue.string)),
      "acceptance": .string(acceptance.rawValue), "evidence": .string(evidence.rawValue),
      "current": current,
    ]
  }
}

extension MediaInput: CustomStringConvertible {}
