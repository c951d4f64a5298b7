import KeepFiles
public import KeepModel
public import SystemPackage

/// A commented recipe for a workflow: `comfykeep recipe init`.
public struct RecipeDraft: Sendable {
  /// The text, which ``RecipeReader`` reads as it is.
  public let text: String

  /// A recipe for a workflow in API form.
  ///
  /// - Parameter output: Where the recipe is to lie, which the workflow is named from; `nil` for the current folder.
  /// - Throws: ``KeepError`` with code `input_rejected` when it is no workflow in API form.
  public init(for workflow: FilePath, output: FilePath?) throws(KeepError) {
    let inspection = try Inspector.inspect(workflow)
    let named =
      try output.map { output throws(KeepError) in
        let folder = try Folder.absolute(output).removingLastComponent()
        return try Folder.absolute(workflow).relative(to: folder)
      } ?? workflow
    self.text = Self.lines(inspection, workflow: named).joined(separator: "\n") + "\n"
  }

  /// Writes it to a file that must not be there yet.
  ///
  /// - Throws: ``KeepError`` with code `usage` when the name is taken, `local_io` when it cannot be written.
  public func write(to path: FilePath) throws(KeepError) {
    guard try AtomicFile.publish(Array(text.utf8), as: try Folder.absolute(path)) else {
      throw KeepError(
        .usage, .path(path), "is there already, and nothing is overwritten", hint: "name another file")
    }
  }

  private static func lines(_ inspection: WorkflowInspection, workflow: FilePath) -> [String] {
    var lines = [
      "# How assets become submissions. comfykeep recipe check says whether it is right, comfykeep plan what would be",
      "# sent. Paths are relative to this file. comfykeep recipe schema lists every key.", "",
      "# The deployment's id or name; or give --deployment.",
      "#deployment: 00000000-0000-4000-8000-000000000001",
      "", "# What the deployment runs; values are checked against it.",
      "workflow: \(quoted(workflow.string))", "",
      "# Files, and folders of them: one run each; or give them as arguments.",
      "#paths: [photos]", "#recursive: true",
    ]
    lines += assets(inspection.mediaInputs)
    lines += section(
      "set", "Values that replace the workflow's. A text stays as it is written, {file: PATH} reads one.",
      inspection.prompts.map { (comment($0.node), "\(key($0.input)): \(quoted($0.text))") }
        + inspection.seeds.map { (comment($0.node) + ", or random", "\(key($0.input)): \($0.value.text)") })
    lines += section(
      "sweep", "Several values, each for a run of its own: 1..4, random:3, or a list.",
      inspection.seeds.map { (comment($0.node), "\(key($0.input)): 1..4") })
    lines += [
      "",
      "# Files too large to travel inside a request. Secrets stay in the environment: AWS_ACCESS_KEY_ID and",
      "# AWS_SECRET_ACCESS_KEY for S3, bearer_env: NAME or password_env: NAME for others.", "#upload:",
      "#  to: s3://BUCKET/PREFIX", "", "# More runs than this are refused.", "#budget:", "#  max_runs: 50",
      "",
      "# Where the outputs go as plain files too.", "#export: out",
    ]
    let outputs = inspection.outputs.map { "#   \($0.id.rawValue.oneLine)  \(comment($0))" }
    return lines + (outputs.isEmpty ? [] : ["", "# What comes back, by node:"] + outputs)
  }

  /// The first input that can take each file does; the others are there to be chosen.
  private static func assets(_ inputs: [MediaInput]) -> [String] {
    guard !inputs.isEmpty else { return ["", "# The workflow has no input that takes media."] }
    let first = inputs.first { $0.acceptance == .file } ?? inputs.first { $0.obstacle == nil }
    let lines = inputs.flatMap { input in
      let kinds = input.kinds.map(\.rawValue).sorted().joined(separator: ", ")
      let node = WorkflowInspection.Node(
        id: input.input.node, nodeClass: input.nodeClass, title: input.nodeTitle)
      let about = "  # \(comment(node)): \(input.obstacle ?? (kinds.isEmpty ? "any" : kinds))"
      return [about, (input.input == first?.input ? "  " : "#  ") + "\(key(input.input)): each"]
    }
    let head =
      "# each takes every file of paths; a file, a folder that pairs by stem, or an https URL stay the same."
    return ["", head, first == nil ? "#assets:" : "assets:"] + lines
  }

  private static func section(
    _ name: String, _ about: String, _ entries: [(about: String, line: String)]
  ) -> [String] {
    guard !entries.isEmpty else { return [] }
    return ["", "# \(about)", "#\(name):"] + entries.flatMap { ["#  # \($0.about)", "#  \($0.line)"] }
  }

  private static func comment(_ node: WorkflowInspection.Node) -> String {
    let title = node.title.map { $0 == node.nodeClass ? "" : " \"\($0)\"" } ?? ""
    return (node.nodeClass + title).oneLine
  }

  private static func key(_ input: NodeInput) -> String {
    let text = input.description
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || "._".utf8.contains(byte)
    }
    return isPlain ? text : quoted(text)
  }

  /// A text in double quotes, which JSON and YAML read alike.
  private static func quoted(_ text: String) -> String {
    String(decoding: CanonicalJSON.quoted(text), as: UTF8.self).unicodeScalars.reduce(into: "") {
      result, scalar in
      switch scalar.value {
      case 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE...0xFFFF:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}

extension String {
  /// Without what would end a comment or steer a terminal.
  fileprivate var oneLine: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          switch scalar.value {
          case 0x00..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF,
            0xFFFE...0xFFFF:
            " "
          default: scalar
          }
        }))
  }
}

extension FilePath {
  /// This absolute path as seen from an absolute folder.
  fileprivate func relative(to folder: FilePath) -> FilePath {
    let own = Array(lexicallyNormalized().components)
    let other = Array(folder.lexicallyNormalized().components)
    let shared = zip(own, other).prefix { $0 == $1 }.count
    var path = FilePath()
    for _ in shared..<other.count { path.append("..") }
    for component in own[shared...] { path.append(component) }
    return path
  }
}
