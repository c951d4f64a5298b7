import KeepModel

/// Checks inputs, externalised data and redactions against the archived documents.
struct RequestCheck {
  let contents: BundleContents
  let manifest: Manifest
  let documents: RunDocuments

  private static let marker = "bundle:"

  func check(_ log: inout FindingLog) {
    checkInputs(&log)
    checkExternalised(&log)
    checkRedactions(&log)
  }

  private func checkInputs(_ log: inout FindingLog) {
    for input in manifest.inputs {
      let name = NodeInput(node: input.node, name: input.input)
      guard let request = documents.request, let value = input.pointer.value(in: request) else {
        log.note(
          .inputContradictsRequest, path: ManifestCheck.path,
          "input \(name): the request has nothing at \(input.pointer)")
        continue
      }
      if !Self.isPlace(input.pointer, of: name) || value.string == nil {
        log.note(
          .inputContradictsRequest, path: ManifestCheck.path,
          "input \(name): \(input.pointer) is not where the request has it")
      }
      guard let text = value.string, let stored = input.stored else { continue }
      if let inline = DataURI.decode(text), Checksum(of: inline.bytes) != stored.checksum {
        log.note(
          .inputContradictsRequest, path: "data/\(stored.path)",
          "is not what the request carries at \(input.pointer)")
      }
    }
  }

  /// Whether a place in the request is that of a node's input, or lies in its value.
  private static func isPlace(_ pointer: JSONPointer, of input: NodeInput) -> Bool {
    let place = ["inputs", input.name.rawValue]
    return ["overrides", "workflow_api_json"].contains { root in
      let steps = [root, input.node.rawValue] + place
      return pointer.tokens.count >= steps.count
        && zip(steps, pointer.tokens).allSatisfy { ResultCheck.isSame($0, $1) }
    }
  }

  /// A place in the request, by its bytes.
  private typealias Place = Identifier<JSONPointer>

  /// Every marker in the request is listed once, and every listed one is a marker for a file that is there and
  /// for the one input at that place.
  private func checkExternalised(_ log: inout FindingLog) {
    let inputs = Dictionary(grouping: manifest.inputs) { Place($0.pointer.description) }
    var listed: Set<Place> = []
    for item in manifest.externalised {
      let place = Place(item.pointer.description)
      if !listed.insert(place).inserted {
        log.note(
          .externalisedContradicts, path: ManifestCheck.path, "\(item.pointer) is listed twice")
      }
      checkInput(of: item, among: inputs[place] ?? [], &log)
      let value = documents.request.flatMap { item.pointer.value(in: $0) }?.string
      if !ResultCheck.isSame(value, Self.marker + item.path) || !contents.has("data/\(item.path)") {
        log.note(
          .externalisedContradicts, path: "data/\(item.path)",
          "request.json does not point to it at \(item.pointer)")
      }
      if !item.path.hasPrefix("inputs/") {
        log.note(.pathMisplaced, path: "data/\(item.path)", "an externalised input lies below inputs/")
      }
    }
    guard let request = documents.request else { return }
    for pointer in Self.markers(in: request, at: JSONPointer())
    where !listed.contains(Place(pointer.description)) {
      log.note(
        .externalisedContradicts, path: ManifestCheck.path,
        "request.json points into the bundle at \(pointer), which is not listed")
    }
  }

  /// The input that was moved out is listed as an input too, as the same file of the same type.
  private func checkInput(
    of item: Manifest.Externalised, among inputs: [Manifest.Input], _ log: inout FindingLog
  ) {
    let isSame =
      inputs.count == 1
      && inputs.allSatisfy { $0.stored?.path == item.path && $0.stored?.mediaType == item.mediaType }
    if !isSame {
      log.note(
        .externalisedContradicts, path: "data/\(item.path)",
        "inputs does not have exactly this file, of type \(item.mediaType), at \(item.pointer)")
    }
  }

  private static func markers(in value: JSONValue, at place: JSONPointer) -> [JSONPointer] {
    switch value {
    case .string(let text): text.hasPrefix(marker + "inputs/") ? [place] : []
    case .array(let items):
      items.enumerated().flatMap { markers(in: $0.element, at: place.appending($0.offset)) }
    case .object(let object):
      object.members.flatMap { markers(in: $0.value, at: place.appending($0.key)) }
    default: []
    }
  }

  private func checkRedactions(_ log: inout FindingLog) {
    for redaction in manifest.redactions {
      let value = documents[redaction.document].flatMap { redaction.pointer.value(in: $0) }
      if !RedactionRule.isDone(redaction.rule, in: value) {
        log.note(
          .redactionContradicts, path: "data/\(redaction.document)",
          "nothing was struck out at \(redaction.pointer)")
      }
    }
  }
}
