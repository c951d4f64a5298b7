internal import KeepModel
internal import KeepTransport

/// The open multipart uploads of one key.
struct S3Uploads {
  let store: S3Store
  let key: String

  /// A part as the store lists it.
  struct Found: Sendable {
    let size: UInt64
    let tag: String
    /// Base64, where the store keeps one.
    let checksum: String?
  }

  /// A list may come in this many pages.
  private static let pageLimit = 20

  /// The ids of those open, oldest first; none where the store does not list them.
  ///
  /// - Throws: ``KeepError`` with `unavailable`.
  func open() async throws(KeepError) -> [String] {
    let request = store.bucket.request(.get, "", query: [("prefix", key), ("uploads", "")])
    let answer = try await store.answer(to: request)
    guard answer.status == 200, let list = XMLElement.parse(answer.body) else { return [] }
    return list.all("Upload").filter { $0["Key"]?.text == key }
      .sorted { ($0["Initiated"]?.text ?? "") < ($1["Initiated"]?.text ?? "") }
      .compactMap { $0["UploadId"]?.text }.filter(Self.isIdentifier)
  }

  /// Opens a new one.
  ///
  /// - Parameter metadata: What the store is to keep beside the bytes.
  /// - Throws: ``KeepError`` with `upload_failed` when the store refuses, `unavailable`.
  func start(
    _ type: MediaType, _ metadata: HTTPHeaders = HTTPHeaders()
  ) async throws(KeepError) -> String {
    var headers: HTTPHeaders = ["Content-Type": type.rawValue, "x-amz-checksum-algorithm": "SHA256"]
    for field in metadata.fields { headers.add(field.name, field.value) }
    let request = store.bucket.request(.post, key, query: [("uploads", "")], headers: headers)
    let answer = try await store.answer(to: request)
    guard answer.status == 200, let id = XMLElement.parse(answer.body)?["UploadId"]?.text,
      Self.isIdentifier(id)
    else { throw store.refusal(answer, request.url, "opening the upload") }
    return id
  }

  /// The parts of one, by number.
  ///
  /// - Throws: ``KeepError`` with `upload_failed` when the store refuses, `unavailable`.
  func parts(of upload: String) async throws(KeepError) -> [Int: Found] {
    var found: [Int: Found] = [:]
    var marker = 0
    for _ in 0..<Self.pageLimit {
      var query = [("uploadId", upload)]
      if marker > 0 { query.append(("part-number-marker", String(marker))) }
      let request = store.bucket.request(.get, key, query: query)
      let answer = try await store.answer(to: request)
      guard answer.status == 200, let list = XMLElement.parse(answer.body) else {
        throw store.refusal(answer, request.url, "listing the parts")
      }
      for part in list.all("Part") {
        guard let number = part["PartNumber"].flatMap({ Int($0.text) }), (1...10_000).contains(number),
          let size = part["Size"].flatMap({ UInt64($0.text) }), let tag = part["ETag"]?.text
        else { continue }
        found[number] = Found(
          size: size, tag: S3Store.unquoted(tag), checksum: part["ChecksumSHA256"].map(\.text))
      }
      guard list["IsTruncated"]?.text == "true",
        let next = list["NextPartNumberMarker"].flatMap({ Int($0.text) }), next > marker
      else { break }
      marker = next
    }
    return found
  }

  /// Makes one object of the parts, unless something has the name by now.
  ///
  /// - Parameter needsCondition: Whether only the condition protects what may have the name, since it was not seen that
  ///   nothing has. A store that does not know it (501) is not sent to without then.
  /// - Throws: ``KeepError`` with `upload_failed` when the store refuses, `unavailable`.
  func complete(
    _ upload: String, _ parts: [S3Multipart.Part], needsCondition: Bool = false
  ) async throws(KeepError) {
    let document = Array(Self.document(parts).utf8)
    var isConditional = true
    while true {
      let request = store.bucket.request(
        .post, key, query: [("uploadId", upload)], headers: isConditional ? ["If-None-Match": "*"] : [:],
        body: RequestBody(bytes: document, contentType: "application/xml"), hash: Checksum(of: document))
      let answer = try await store.answer(to: request)
      if answer.status == 501, isConditional {
        guard !needsCondition else { throw .unseen(.address(store.bucket.url(key).description)) }
        isConditional = false
        store.access.noteUnconditional()
        continue
      }
      // The answer may be 200 long before the store knows whether it succeeds: the document decides.
      guard answer.status == 200, XMLElement.parse(answer.body)?.name == "CompleteMultipartUploadResult"
      else {
        throw store.refusal(answer, request.url, "completing the upload")
      }
      return
    }
  }

  private static func document(_ parts: [S3Multipart.Part]) -> String {
    let list = parts.map { part in
      "<Part><PartNumber>\(part.number)</PartNumber><ETag>&quot;\(escaped(part.tag))&quot;</ETag>"
        + "<ChecksumSHA256>\(part.checksum.base64)</ChecksumSHA256></Part>"
    }
    return "<CompleteMultipartUpload>\(list.joined())</CompleteMultipartUpload>"
  }

  /// A tag is the store's own word, and still not to be trusted with our document.
  private static func escaped(_ text: String) -> String {
    text.map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      default: String(character)
      }
    }.joined()
  }

  /// Gives one up. What led here is what the caller is told; the next upload of the same key goes on with it otherwise.
  func abort(_ upload: String) async {
    guard !Task.isCancelled else { return }
    let request = store.bucket.request(.delete, key, query: [("uploadId", upload)])
    do throws(KeepError) { _ = try await store.answer(to: request) } catch {}
  }

  /// It goes into the queries of requests that are signed.
  private static func isIdentifier(_ text: String) -> Bool {
    (1...1024).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
