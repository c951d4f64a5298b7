package import KeepModel

extension Manifest {
  /// Reads `data/manifest.json`, the inverse of ``json``.
  ///
  /// Members that the profile does not have are refused; that the document is spelled canonically, its caller
  /// checks by writing it again.
  ///
  /// - Throws: ``KeepError`` with code `notABundle` for another major profile, `fixity` with the place in
  ///   the reason for anything else.
  package init(json: JSONValue) throws(KeepError) {
    var fields = try ManifestFields(json, "")
    let profile = try fields.string("profile")
    guard let version = ProfileVersion(profile), version.major == 1 else {
      throw KeepError(.notABundle, .none, "profile is \(profile); 1.0 can be read")
    }
    let run = try fields.object("run")
    let completeness: Completeness = try fields.word("completeness")
    let options = try fields.object("options")
    let documents = try fields.object("documents")
    let outputs = try fields.objects("outputs")
    let inputs = try fields.objects("inputs")
    let externalised = try fields.objects("externalised")
    let redactions = try fields.objects("redactions")
    _ = try fields.object("counts")
    try fields.end()
    self.init(
      run: try Run(run), completeness: completeness, options: try Options(options),
      documents: try Documents(documents), outputs: try outputs.mapped(Output.init(_:)),
      inputs: try inputs.mapped(Input.init(_:)),
      externalised: try externalised.mapped(Externalised.init(_:)),
      redactions: try redactions.mapped(Redaction.init(_:)))
  }
}

extension Array {
  /// `map` that keeps the type of what is thrown.
  fileprivate func mapped<Value>(
    _ transform: (Element) throws(KeepError) -> Value
  ) throws(KeepError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(count)
    for element in self { values.append(try transform(element)) }
    return values
  }
}

extension Manifest.Run {
  fileprivate init(_ given: ManifestFields) throws(KeepError) {
    var fields = given
    let service = try fields.string("service")
    guard service == Manifest.service else { throw fields.error("service is \(service)") }
    self.init(
      deployment: DeploymentID(try fields.string("deploymentId")),
      request: RequestID(try fields.string("requestId")), status: try fields.string("status"),
      createdAt: try fields.time("createdAt"), finishedAt: try fields.time("finishedAt"),
      errors: try fields.array("error"))
    try fields.end()
  }
}

extension Manifest.Options {
  fileprivate init(_ given: ManifestFields) throws(KeepError) {
    var fields = given
    self.init()
    temp = try fields.word("temp")
    inputs = try fields.word("inputs")
    rights = try fields.optionalString("rights")
    agent = try fields.optionalString("agent")
    try fields.end()
  }
}

extension Manifest.Documents {
  fileprivate init(_ given: ManifestFields) throws(KeepError) {
    var fields = given
    self.init()
    if fields.has("request") { request = try Manifest.Document(try fields.object("request")) }
    if fields.has("result") { result = try Manifest.Document(try fields.object("result")) }
    if fields.has("workflow") { workflow = try Manifest.Document(try fields.object("workflow")) }
    try fields.end()
  }
}

extension Manifest.Document {
  fileprivate init(_ given: ManifestFields) throws(KeepError) {
    var fields = given
    self.init(
      path: try fields.path("path"), size: try fields.size("size"),
      checksum: try fields.checksum("sha256"), source: try fields.optionalString("source"))
    try fields.end()
  }
}

extension Manifest.Output {
  fileprivate init(_ given: ManifestFields) throws(KeepError) {
    var fields = given
    self.init(
      node: NodeID(try fields.string("node")), key: OutputKey(try fields.string("key")),
      index: try fields.count("index"), pointer: try fields.pointer("pointer"),
      nodeClass: try fields.nullableString("nodeClass"),
      nodeTitle: try fields.nullableString("nodeTitle"), kind: try fields.word("kind"),
      filename: try fields.optionalString("filename"),
      subfolder: try fields.optionalString("subfolder"), type: try fields.optionalString("type"),
      url: try fields.optionalString("url"), status: try fields.word("status"),
      reason: fields.has("reason") ? try fields.word("reason") : nil, stored: try fields.stored())
    try fields.end()
  }
}

extension Manifest.Input {
  fileprivate init(_ given: ManifestFields) throws(KeepError) {
    var fields = given
    self.init(
      node: NodeID(try fields.string("node")), input: InputName(try fields.string("input")),
      index: try fields.count("index"), pointer: try fields.pointer("pointer"),
      filename: try fields.string("filename"), status: try fields.word("status"),
      stored: try fields.stored())
    try fields.end()
  }
}

extension Manifest.Externalised {
  fileprivate init(_ given: ManifestFields) throws(KeepError) {
    var fields = given
    self.init(
      pointer: try fields.pointer("pointer"), path: try fields.path("path"),
      mediaType: MediaType(try fields.string("mediaType")))
    try fields.end()
  }
}

extension Manifest.Redaction {
  fileprivate init(_ given: ManifestFields) throws(KeepError) {
    var fields = given
    self.init(
      document: try fields.string("document"), pointer: try fields.pointer("pointer"),
      rule: try fields.string("rule"))
    guard ["url-query", "credential"].contains(rule) else { throw fields.error("rule is \(rule)") }
    try fields.end()
  }
}
