package import KeepModel

/// What two runs were given, held against each other in short: where they ran, on what, and with which values.
package struct RunComparison: Sendable {
  /// One place of one side or of both.
  package struct Difference: Sendable, Equatable {
    /// What it is called, such as `25.noise_seed`.
    package let name: String
    /// The value of the first run, in short; `nil` where it has none.
    package let first: String?
    /// The value of the second run, in short; `nil` where it has none.
    package let second: String?
  }

  /// Deployment, status and completeness, where they differ.
  package private(set) var facts: [Difference] = []
  /// Overrides, by node and input.
  package private(set) var overrides: [Difference] = []
  /// Archived inputs, by node and input, by their checksums.
  package private(set) var inputs: [Difference] = []
  /// Node inputs of the workflows that both hold, else the workflows by their checksums.
  package private(set) var workflow: [Difference] = []

  private static let limit = ByteCount.mebibytes(64)

  /// Holds what two open bundles say of their runs against each other.
  ///
  /// - Throws: ``KeepError`` as `Manifest(reading:)` does, also for the documents of the runs.
  package init(_ first: borrowing BundleReader, _ second: borrowing BundleReader) throws(KeepError) {
    let (one, other) = (try Manifest(reading: first), try Manifest(reading: second))
    facts = Self.differences(Self.facts(one), Self.facts(other))
    inputs = Self.differences(Self.inputs(one), Self.inputs(other))
    overrides = Self.differences(
      Self.values(try Self.document(one.documents.request, in: first)?["overrides"]),
      Self.values(try Self.document(other.documents.request, in: second)?["overrides"]))
    guard one.documents.workflow?.checksum != other.documents.workflow?.checksum else { return }
    guard let left = try Self.document(one.documents.workflow, in: first),
      let right = try Self.document(other.documents.workflow, in: second)
    else {
      workflow = Self.differences(
        Self.checksum(one.documents.workflow), Self.checksum(other.documents.workflow))
      return
    }
    workflow = Self.differences(Self.values(left), Self.values(right))
  }

  /// Values by name; to a `String`, two spellings of one letter were one name.
  private typealias Values = [Identifier<RunComparison>: String]

  private static func facts(_ manifest: Manifest) -> Values {
    [
      "deployment": manifest.run.deployment.rawValue, "status": manifest.run.status,
      "completeness": manifest.completeness.rawValue,
    ]
  }

  private static func inputs(_ manifest: Manifest) -> Values {
    manifest.inputs.reduce(into: [:]) { values, input in
      let name = "\(NodeInput(node: input.node, name: input.input))"
      values[Identifier(input.index == 0 ? name : "\(name)[\(input.index)]")] =
        input.stored.map { "sha256 \($0.checksum)" } ?? input.status.rawValue
    }
  }

  private static func checksum(_ document: Manifest.Document?) -> Values {
    document.map { ["workflow": "sha256 \($0.checksum)"] } ?? [:]
  }

  private static func document(
    _ document: Manifest.Document?, in reader: borrowing BundleReader
  ) throws(KeepError) -> JSONValue? {
    guard let document else { return nil }
    let bytes = try reader.bytes(of: "data/\(document.path)", limit: limit)
    return try? JSONDocument(parsing: bytes, options: .lenient).value
  }

  /// The values of nodes' inputs by `node.input`, and the class of a node by `node`.
  private static func values(_ nodes: JSONValue?) -> Values {
    var values: Values = [:]
    for member in nodes?.object?.members ?? [] {
      for input in member.value["inputs"]?.object?.members ?? [] {
        values[Identifier("\(member.key).\(input.key)")] = short(input.value)
      }
      if let name = member.value["class_type"]?.string { values[Identifier(member.key)] = name }
    }
    return values
  }

  /// A value on one line, cut where it is long; long ones that differ are told apart by their checksums.
  private static func short(_ value: JSONValue) -> String {
    let bytes = CanonicalJSON.compact(value)
    guard bytes.count > 200 else { return String(decoding: bytes, as: UTF8.self) }
    let start = String(decoding: bytes.prefix(120), as: UTF8.self)
    return "\(start)… (\(bytes.count) bytes, sha256 \(Checksum(of: bytes)))"
  }

  private static func differences(_ first: Values, _ second: Values) -> [Difference] {
    Set(first.keys).union(second.keys).sorted().compactMap { name in
      let (one, other) = (first[name], second[name])
      return ResultCheck.isSame(one, other)
        ? nil : Difference(name: name.rawValue, first: one, second: other)
    }
  }
}
