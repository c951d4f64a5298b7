package import KeepModel

/// Takes the entries of some node classes out of an `object_info` document that comes in pieces.
///
/// A real one has thousands of entries in many megabytes, of which a workflow needs a dozen: the others are
/// passed over by their brackets and never held.
package struct ObjectInfoSieve: Sendable {
  private enum Place {
    case start, keyOrEnd, key, colon, value, comma, end
  }

  /// How much may be held in all.
  private static let mostHeld = 32 << 20
  private static let mostOfKey = 4096

  private let classes: Set<Identifier<JSONObject>>
  private var place = Place.start
  private var offset = 0
  private var key: [UInt8] = []
  private var name = ""
  private var value: [UInt8] = []
  private var firstByte: UInt8?
  private var isHeld = false
  private var held = 0
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var entries = JSONObject()
  /// The first entry that is an object: tells what kind of document it is.
  private var sample: JSONObject.Member?
  private var hasNodeList = false
  /// How many entries there were.
  package private(set) var count = 0

  /// Keeps the entries of these classes.
  package init(classes: some Sequence<String>) {
    self.classes = Set(classes.map { Identifier($0) })
  }

  /// Keeps the entries of the classes that occur in a workflow.
  package init(for workflow: Workflow) { self.init(classes: workflow.nodes.map(\.classType)) }

  /// Reads the next piece.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected`, about nothing in particular, for what is no JSON object.
  package mutating func take(_ piece: UnsafeRawBufferPointer) throws(KeepError) {
    var index = 0
    while index < piece.count {
      switch place {
      case .value: index = try passValue(piece, from: index)
      case .key: index = try passKey(piece, from: index)
      default:
        try step(piece[index])
        index += 1
        offset += 1
      }
    }
  }

  /// Reads the next piece.
  ///
  /// - Throws: as ``take(_:)-(UnsafeRawBufferPointer)``.
  package mutating func take(_ piece: [UInt8]) throws(KeepError) {
    var failure: KeepError?
    piece.withUnsafeBytes { bytes in
      do throws(KeepError) { try take(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// The entries that were asked for, by class.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected`, about nothing in particular, for a document that breaks
  ///   off or is something else, such as a workflow.
  package func finish() throws(KeepError) -> JSONValue {
    guard place == .end else { throw Self.refusal("breaks off after \(offset) bytes") }
    if hasNodeList { throw Self.refusal("is a UI export of a workflow (workflow.json), not object_info") }
    guard let sample else { throw Self.refusal("is no object_info: it describes no node") }
    if sample.value["class_type"] != nil {
      throw Self.refusal("is a workflow in API form (workflow_api.json), not object_info")
    }
    guard sample.value["input"]?.object != nil else {
      let name = Excerpt.of(sample.key, limit: 60)
      throw Self.refusal("is no object_info: its entry \"\(name)\" tells no inputs of a node")
    }
    return .object(entries)
  }

  private static func refusal(_ reason: String) -> KeepError {
    KeepError(
      .inputRejected, .none, reason,
      hint: "object_info is what ComfyUI serves at /object_info; comfykeep deployments show ID --object-info "
        + "FILE saves a deployment's")
  }

  // MARK: Outside of values

  private mutating func step(_ byte: UInt8) throws(KeepError) {
    switch (place, byte) {
    case (_, 0x20), (_, 0x0A), (_, 0x0D), (_, 0x09): break
    case (.start, 0xEF) where offset == 0, (.start, 0xBB) where offset == 1, (.start, 0xBF) where offset == 2:
      break
    case (.start, UInt8(ascii: "{")): place = .keyOrEnd
    case (.keyOrEnd, UInt8(ascii: "\"")):
      key = []
      place = .key
    case (.keyOrEnd, UInt8(ascii: "}")) where count == 0, (.comma, UInt8(ascii: "}")): place = .end
    case (.colon, UInt8(ascii: ":")): beginValue()
    case (.comma, UInt8(ascii: ",")): place = .keyOrEnd
    default: throw Self.refusal(place == .start ? "is not a JSON object" : "is not JSON at byte \(offset)")
    }
  }

  private mutating func passKey(
    _ piece: UnsafeRawBufferPointer, from start: Int
  ) throws(KeepError) -> Int {
    var index = start
    while index < piece.count {
      let byte = piece[index]
      index += 1
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        try endKey()
        break
      }
      key.append(byte)
      guard key.count <= Self.mostOfKey else {
        throw Self.refusal("has a key of more than \(Self.mostOfKey) bytes")
      }
    }
    offset += index - start
    return index
  }

  private mutating func endKey() throws(KeepError) {
    let quoted = [UInt8(ascii: "\"")] + key + [UInt8(ascii: "\"")]
    guard let text = try? JSONDocument(parsing: quoted, options: .lenient).value.string else {
      throw Self.refusal("is not JSON at byte \(offset)")
    }
    name = text
    place = .colon
  }

  // MARK: Values

  private mutating func beginValue() {
    place = .value
    value = []
    firstByte = nil
    depth = 0
    isHeld = sample == nil || classes.contains(Identifier(name))
  }

  /// Goes to the end of the value, or of the piece.
  private mutating func passValue(
    _ piece: UnsafeRawBufferPointer, from start: Int
  ) throws(KeepError) -> Int {
    var index = start
    var isOver = false
    while index < piece.count, !isOver {
      let byte = piece[index]
      if depth == 0, !isInString, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") {
        // What stands outside belongs to the document.
        isOver = true
      } else {
        isOver = pass(byte)
        index += 1
      }
    }
    if isHeld { try hold(UnsafeRawBufferPointer(rebasing: piece[start..<index])) }
    offset += index - start
    if isOver { try endValue() }
    return index
  }

  /// Passes a byte; whether the value ends with it.
  private mutating func pass(_ byte: UInt8) -> Bool {
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
        return depth == 0
      }
      return false
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      return depth == 0
    case 0x20, 0x0A, 0x0D, 0x09: return false
    default: break
    }
    if firstByte == nil { firstByte = byte }
    return false
  }

  private mutating func hold(_ bytes: UnsafeRawBufferPointer) throws(KeepError) {
    held += bytes.count
    guard held <= Self.mostHeld else {
      throw Self.refusal("describes the workflow's nodes in more than \(ByteCount(UInt64(Self.mostHeld)))")
    }
    value += bytes
  }

  private mutating func endValue() throws(KeepError) {
    count += 1
    place = .comma
    if name == "nodes", firstByte == UInt8(ascii: "[") { hasNodeList = true }
    guard isHeld else { return }
    let entry: JSONValue
    do {
      entry = try JSONDocument(parsing: value, options: .lenient).value
    } catch {
      throw Self.refusal("the entry \"\(Excerpt.of(name, limit: 60))\" is not JSON: \(error)")
    }
    value = []
    if sample == nil, entry.object != nil { sample = JSONObject.Member(key: name, value: entry) }
    if classes.contains(Identifier(name)) { entries[name] = entry }
  }
}
