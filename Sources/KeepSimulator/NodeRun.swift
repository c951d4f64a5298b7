internal import KeepModel

/// Runs one output node on the branch of the graph that leads to it.
struct NodeRun {
  let node: Workflow.Node
  /// The node and all it depends on, nearest first.
  let branch: [Workflow.Node]
  let graph: GraphRun

  /// What the node gives.
  ///
  /// - Throws: ``RunFailureText`` where the media of its branch cannot be read.
  func product(_ role: NodeClass.Role) throws(RunFailureText) -> NodeProduct? {
    let loaded = try loadedMedia()
    let channels: [(name: String, items: [ProducedItem])]
    switch role {
    case .savesImage(let type): channels = [("images", pictures(from: loaded, type: type))]
    case .savesVideo:
      channels = [("images", [.file(film(from: loaded))]), ("animated", [.value(true)])]
    case .combinesVideo: channels = [("gifs", [.file(combined(film(from: loaded)))])]
    case .savesAudio(let type): channels = [("audio", [.file(sound(from: loaded, type: type))])]
    case .savesModel: channels = [("3d", [.file(mesh(from: loaded))])]
    case .previewsModel:
      channels = [("result", [.value(.string("mesh/ComfyUI_00001_.glb")), .value(.null)])]
    case .showsText(let input): channels = [("text", [.value(.string(text(input)))])]
    case .savesText:
      let file = produced(Array(text("text").utf8), "txt")
      channels = [("text", [.value(.string(text("text")))]), ("files", [.file(file)])]
    case .savesOther: channels = [passed(loaded)]
    case .loader, .inner: return nil
    }
    return NodeProduct(node: node.id.rawValue, channels: channels)
  }

  // MARK: - What comes in

  /// The media of all loaders of the branch, nearest first, checked.
  private func loadedMedia() throws(RunFailureText) -> [InputMedia] {
    var loaded: [InputMedia] = []
    for node in branch {
      let role = NodeClass.role(of: node, isConsumed: true)
      for member in node.inputs.members {
        guard let name = member.value.string else { continue }
        if let media = graph.media[name] {
          try check(media, in: node, role)
          if media.isWhole { loaded.append(media) }
        } else if case .loader(let input, let kind) = role, input == member.key, kind != .image {
          throw failure(node, "ValueError", "Invalid \(kind.rawValue) file: \(name)")
        }
      }
    }
    return loaded
  }

  private func check(
    _ media: InputMedia, in node: Workflow.Node, _ role: NodeClass.Role
  ) throws(RunFailureText) {
    do throws(MediaFlaw) {
      try media.check()
      guard case .loader(_, let kind) = role, !Self.fits(media.format.kind, kind) else { return }
      throw MediaFlaw("the bytes are \(media.format.mediaType)")
    } catch {
      throw failure(
        node, "PIL.UnidentifiedImageError", "cannot identify image file '\(media.name)': \(error.reason)")
    }
  }

  /// LoadAudio takes films as well, LoadVideo takes animated pictures.
  private static func fits(_ found: MediaKind, _ wanted: MediaKind) -> Bool {
    found == wanted || found == .other || (wanted == .audio && found == .video)
      || (wanted == .video && found == .image) || (wanted == .model3D && found == .text)
  }

  private func failure(_ node: Workflow.Node, _ exception: String, _ message: String) -> RunFailureText {
    RunFailureText(
      node: node.id.rawValue, classType: node.classType, exception: exception, message: message)
  }

  /// Everything that the output depends on, as one checksum: seeds, prompts and media alike.
  private var checksum: Checksum {
    let document = JSONObject(
      branch.map { node in
        let value: JSONValue = ["class_type": .string(node.classType), "inputs": .object(node.inputs)]
        return JSONObject.Member(key: node.id.rawValue, value: value)
      })
    return Checksum(of: CanonicalJSON.compact(.object(document)))
  }

  // MARK: - What comes out

  private func produced(_ bytes: [UInt8], _ fileExtension: String, type: String = "output") -> ProducedFile {
    let prefix = type == "temp" ? "ComfyUI_temp_\(checksum.hexadecimal.prefix(5))" : Self.prefix(of: node)
    return ProducedFile(prefix: prefix, fileExtension: fileExtension, type: type, bytes: bytes)
  }

  /// `filename_prefix` made safe: no way out of the folder, no odd characters.
  static func prefix(of node: Workflow.Node) -> String {
    let asked = node.inputs["filename_prefix"]?.string ?? ""
    let parts = asked.utf8.split(separator: UInt8(ascii: "/")).map { part in
      part.map { byte -> UInt8 in
        let isPlain =
          byte == 0x2D || byte == 0x2E || byte == 0x5F || (0x30...0x39).contains(byte)
          || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        return isPlain ? byte : 0x5F
      }
    }.filter { !$0.isEmpty && !$0.allSatisfy { $0 == 0x2E } }
    let joined = parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    return joined.isEmpty ? "ComfyUI" : joined
  }

  private func pictures(from loaded: [InputMedia], type: String) -> [ProducedItem] {
    let count = max(1, min(literal("batch_size") ?? 1, 16))
    return (0..<count).map { index in
      let seed = Checksum(of: Array("\(checksum) \(index)".utf8))
      let raster = picture(loaded.first { $0.format.kind == .image }, Painter(checksum: seed))
      let prompt = Self.ascii(WireJSON.encode(graph.workflow.document))
      return .file(produced(PNGFile.encode(raster, text: [("prompt", prompt)]), "png", type: type))
    }
  }

  private func picture(_ source: InputMedia?, _ painter: Painter) -> Raster {
    let asked = source?.pixels ?? (width: literal("width") ?? 512, height: literal("height") ?? 512)
    let (width, height) = Raster.fitting(
      width: asked.width, height: asked.height, longestSide: graph.longestSide)
    guard let source, let raster = PNGFile.decode(source.bytes) else {
      return painter.landscape(width: width, height: height)
    }
    return painter.retouched(raster.scaled(width: width, height: height))
  }

  /// A whole number that stands in the branch under a name, from 1 to 16,384.
  private func literal(_ name: String) -> Int? {
    branch.lazy.compactMap { $0.inputs[name]?.number?.signed }.first { (1...16_384).contains($0) }
      .map { Int($0) }
  }

  /// JSON text with everything but ASCII escaped, as Python writes it.
  static func ascii(_ json: [UInt8]) -> String {
    guard json.contains(where: { $0 >= 0x80 }) else { return String(decoding: json, as: UTF8.self) }
    return String(decoding: json, as: UTF8.self).utf16.reduce(into: "") { text, unit in
      if unit < 0x80 {
        text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      } else {
        text += "\\u" + Hexadecimal.encode([UInt8(unit >> 8), UInt8(unit & 255)])
      }
    }
  }

  private func film(from loaded: [InputMedia]) -> ProducedFile {
    let moving: [MediaFormat] = [.mp4, .mov, .webm, .avi, .gif]
    if let source = loaded.first(where: { moving.contains($0.format) }) {
      return produced(source.bytes, source.format.fileExtension)
    }
    let still = loaded.first { $0.format.kind == .image }
    return produced(Film.frames(after: still, Painter(checksum: checksum)), "mp4")
  }

  private func combined(_ film: ProducedFile) -> ProducedFile {
    var file = film
    if node.inputs["save_output"]?.bool == false { file.type = "temp" }
    let format = film.fileExtension == "gif" ? "image/gif" : node.inputs["format"]?.string ?? "video/h264-mp4"
    file.extra = [
      .init(key: "format", value: .string(format)),
      .init(
        key: "frame_rate", value: node.inputs["frame_rate"].flatMap { $0.number.map(JSONValue.number) } ?? 8),
    ]
    return file
  }

  private func sound(from loaded: [InputMedia], type: String) -> ProducedFile {
    if let source = loaded.first(where: { $0.format.kind == .audio }) {
      return produced(source.bytes, source.format.fileExtension, type: type)
    }
    return produced(Synthetic.tone(checksum), "wav", type: type)
  }

  private func mesh(from loaded: [InputMedia]) -> ProducedFile {
    let source = loaded.first { $0.format == .glb }
    return produced(source?.bytes ?? Synthetic.tetrahedron(checksum), "glb")
  }

  private func passed(_ loaded: [InputMedia]) -> (name: String, items: [ProducedItem]) {
    guard let source = loaded.first else { return ("images", pictures(from: [], type: "output")) }
    let channel =
      switch source.format.kind {
      case .image, .video: "images"
      case .audio: "audio"
      default: "files"
      }
    return (channel, [.file(produced(source.bytes, source.format.fileExtension))])
  }

  // MARK: - Text

  private func text(_ input: String) -> String { node.inputs[input].map { text($0, depth: 0) } ?? "" }

  private func text(_ value: JSONValue, depth: Int) -> String {
    switch value {
    case .string(let text): return text
    case .number(let number): return number.text
    case .bool(let flag): return flag ? "True" : "False"
    case .array:
      guard let link = Workflow.Node.link(value), depth < 64, let source = graph.workflow[link.node] else {
        return String(decoding: CanonicalJSON.compact(value), as: UTF8.self)
      }
      return text(of: source, depth: depth + 1)
    case .null, .object: return String(decoding: CanonicalJSON.compact(value), as: UTF8.self)
    }
  }

  private func text(of source: Workflow.Node, depth: Int) -> String {
    let inputs = source.inputs
    if source.classType == "StringConcatenate" {
      return [inputs["string_a"], inputs["string_b"]].map { $0.map { text($0, depth: depth) } ?? "" }
        .joined(separator: inputs["delimiter"]?.string ?? "")
    }
    for name in ["value", "text", "string", "prompt", "source", "anything"] {
      if let value = inputs[name] { return text(value, depth: depth) }
    }
    return
      "<\(source.classType) \(Checksum(of: CanonicalJSON.compact(.object(inputs))).hexadecimal.prefix(12))>"
  }
}
