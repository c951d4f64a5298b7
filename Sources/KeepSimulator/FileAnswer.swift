internal import KeepModel

/// Answers a GET or HEAD of a stored file: ranges, conditions, and the faults of a download.
struct FileAnswer {
  let file: StoredFile
  let call: Call
  /// Where faults are looked up; none for uploads.
  let store: SimulatorStore?

  var reply: Reply {
    let count = file.size
    var headers = [
      (name: "Content-Type", value: file.mediaType.rawValue), (name: "ETag", value: file.entityTag),
      (name: "Accept-Ranges", value: "bytes"),
    ]
    switch range(in: count) {
    case .whole: return reply(200, headers, 0..<count)
    case .unsatisfiable:
      headers.append((name: "Content-Range", value: "bytes */\(count)"))
      return Reply(status: 416, headers: headers)
    case .part(let asked):
      let range = store?.strikes(.outputWrongRange) == true ? 0..<max(1, asked.lowerBound / 2) : asked
      headers.append(
        (name: "Content-Range", value: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(count)"))
      return reply(206, headers, range)
    }
  }

  private func reply(_ status: Int, _ headers: [(name: String, value: String)], _ range: Range<Int>) -> Reply
  {
    if call.method == "HEAD" {
      return Reply(status: status, headers: headers, body: .announced(range.count))
    }
    if let synthetic = file.synthetic {
      let rate = store?.value(of: .outputRate).flatMap { Int($0) }
      return Reply(
        status: status, headers: headers, body: .made(synthetic, range, rate: rate, sent: log(range)))
    }
    let bytes = Array(file.bytes[range])
    let half = Array(bytes.prefix(bytes.count / 2))
    let body: Reply.Body =
      if store?.strikes(.outputTruncated) == true {
        .cut(half, announced: bytes.count)
      } else if store?.strikes(.outputStalled) == true {
        .stalled(half, announced: bytes.count)
      } else {
        .bytes(bytes)
      }
    return Reply(status: status, headers: headers, body: body)
  }

  /// Logs in the end which bytes were sent, also where the other side went away.
  private func log(_ range: Range<Int>) -> @Sendable (Int) -> Void {
    let path = call.rawPath
    return { [store] count in
      store?.record(
        "sent",
        [
          ("path", .string(path)), ("first", .integer(range.lowerBound)), ("count", .integer(count)),
          ("announced", .integer(range.count)),
        ])
    }
  }

  enum Selection: Equatable {
    case whole
    case part(Range<Int>)
    case unsatisfiable
  }

  private func range(in count: Int) -> Selection {
    guard let header = call[header: "range"] else { return .whole }
    if store?.strikes(.outputWithoutRange) == true { return .whole }
    if let condition = call[header: "if-range"], condition != file.entityTag { return .whole }
    return Self.selection(header, count: count)
  }

  /// Reads `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-LENGTH`; anything else asks for the whole (RFC 9110).
  static func selection(_ header: String, count: Int) -> Selection {
    guard header.hasPrefix("bytes=") else { return .whole }
    let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
      return .whole
    }
    switch (Int(ends[0]), Int(ends[1])) {
    case (let first?, let last) where last == nil ? ends[1].isEmpty : last.map { $0 >= first } == true:
      guard first < count else { return .unsatisfiable }
      return .part(first..<min(last.map { $0 + 1 } ?? count, count))
    case (nil, let length?) where ends[0].isEmpty:
      guard length > 0, count > 0 else { return .unsatisfiable }
      return .part(max(0, count - length)..<count)
    default: return .whole
    }
  }
}
