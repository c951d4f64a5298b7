internal import KeepFiles
internal import KeepModel
internal import KeepTransport
internal import Synchronization

extension S3Store {
  /// The size of all of a file's parts but the last: at least the store's, and so large that 10,000 do.
  func partSize(of asset: Asset) -> UInt64 {
    let mebibyte: UInt64 = 1 << 20
    let needed = (asset.size.bytes + 9_999) / 10_000
    return max(partSize.bytes, (needed + mebibyte - 1) / mebibyte * mebibyte)
  }
}

/// Sends a large asset in parts, several at a time, and goes on with what an interrupted upload has left.
///
/// Nothing is kept here between two runs: an upload that is open for the same key is found by asking the store, and
/// its parts count where their size and digest are those of the file. The file is hashed part by part before each
/// leaves, and the upload is completed only when all of it was the asset. A refusal aborts the upload, so that no
/// orphan costs money; a connection that cannot be made leaves it, to be gone on with.
struct S3Multipart {
  let store: S3Store
  let asset: Asset
  let key: String
  let progress: @Sendable (UInt64) -> Void
  /// What the store is to keep beside the bytes.
  var metadata = HTTPHeaders()
  /// Whether the key comes from the bytes: what has it can only be them then.
  var isNameOfBytes = true

  /// At most this many parts are under way at a time.
  private static let width = 4

  /// One part that the store has.
  struct Part: Sendable, Hashable {
    let number: Int
    let tag: String
    let checksum: Checksum
  }

  /// A part of the file that is hashed and may be sent.
  private struct HashedPart: Sendable {
    let number: Int
    let part: FilePart
    let tag: String?
  }

  /// Returns whether the bytes were there already.
  ///
  /// - Throws: ``KeepError`` as ``ObjectStore/put(_:progress:)``.
  func run() async throws(KeepError) -> Bool {
    let uploads = S3Uploads(store: store, key: key)
    switch try await store.presence(of: asset, at: key) {
    case .same:
      // What a killed try left open costs money for ever.
      for open in try await uploads.open() { await uploads.abort(open) }
      return true
    case .other(let what): throw occupied(what)
    case .absent, .hidden: break
    }
    let (upload, found) = try await begin(uploads)
    do throws(KeepError) {
      let parts = try await send(upload, having: found)
      // The condition of the completion alone is not enough, and the parts may have taken hours.
      let seen = try await store.presence(of: asset, at: key)
      if case .other(let what) = seen { throw occupied(what) }
      try await uploads.complete(upload, parts, needsCondition: !isNameOfBytes && seen != .absent)
    } catch {
      // Another upload of the same bytes may have completed or aborted it meanwhile.
      if let status = error.httpStatus, [404, 409, 412].contains(status),
        try await store.presence(of: asset, at: key) == .same
      {
        await uploads.abort(upload)
        return true
      }
      if error.code != .unavailable, error.code != .interrupted { await uploads.abort(upload) }
      throw error
    }
    try await confirm()
    // Also one that was opened by a request whose answer was lost.
    for other in try await uploads.open() where other != upload { await uploads.abort(other) }
    return false
  }

  /// The upload to go on with and what it has, or a new one.
  private func begin(
    _ uploads: S3Uploads
  ) async throws(KeepError) -> (upload: String, found: [Int: S3Uploads.Found]) {
    if let last = try await uploads.open().last {
      do throws(KeepError) {
        let found = try await uploads.parts(of: last)
        if try isOurs(found) { return (last, found) }
      } catch {
        if error.code != .unavailable, error.code != .interrupted { await uploads.abort(last) }
        throw error
      }
      await uploads.abort(last)
    }
    return (try await uploads.start(asset.mediaType, metadata), [:])
  }

  /// Whether an upload was begun for these bytes, by its first part: what the store is to keep beside them was told when
  /// it was begun, and cannot be told anew.
  private func isOurs(_ found: [Int: S3Uploads.Found]) throws(KeepError) -> Bool {
    guard !metadata.fields.isEmpty else { return true }
    guard let first = found.keys.min() else { return false }
    var source = try PartSource(asset, partSize: partSize)
    while let next = try source.next(withTag: { $0 == first }) {
      if next.number == first { return found[first].flatMap { reused(next, $0) } != nil }
    }
    return false
  }

  private func confirm() async throws(KeepError) {
    switch try await store.presence(of: asset, at: key) {
    case .same, .hidden: return
    case .absent: throw failed("the store said that the upload is complete, and has nothing under its name")
    case .other(let what): throw failed("the store said that the upload is complete, and has \(what)")
    }
  }

  /// The size of all parts but the last.
  var partSize: UInt64 { store.partSize(of: asset) }

  /// Sends what is not there, and returns all parts in order.
  private func send(
    _ upload: String, having found: [Int: S3Uploads.Found]
  ) async throws(KeepError) -> [Part] {
    let meter = Meter(progress)
    do {
      return try await withThrowingTaskGroup(of: Part.self) { group in
        var parts: [Part] = []
        var source = try PartSource(asset, partSize: partSize)
        var running = 0
        while let next = try source.next(withTag: { found[$0] != nil }) {
          if let there = found[next.number], let part = reused(next, there) {
            parts.append(part)
            meter.add(next.part.length)
            continue
          }
          if running >= Self.width, let done = try await group.next() {
            parts.append(done)
            running -= 1
          }
          running += 1
          group.addTask {
            let part = try await self.send(next, upload)
            meter.add(next.part.length)
            return part
          }
        }
        for try await part in group { parts.append(part) }
        return parts.sorted { $0.number < $1.number }
      }
    } catch let error as KeepError {
      throw error
    } catch {
      throw Task.isCancelled
        ? KeepError(.interrupted, address, "the upload was interrupted")
        : failed("the upload failed: \(error)")
    }
  }

  /// A part that an earlier try has left, where it is that of the file.
  private func reused(_ part: HashedPart, _ found: S3Uploads.Found) -> Part? {
    guard found.size == part.part.length else { return nil }
    let isSame = found.checksum.map { $0 == part.part.checksum.base64 } ?? (found.tag == part.tag)
    return isSame ? Part(number: part.number, tag: found.tag, checksum: part.part.checksum) : nil
  }

  private func send(_ part: HashedPart, _ upload: String) async throws(KeepError) -> Part {
    let request = store.bucket.request(
      .put, key, query: [("partNumber", String(part.number)), ("uploadId", upload)],
      headers: ["x-amz-checksum-sha256": part.part.checksum.base64], body: asset.body(part.part),
      hash: part.part.checksum)
    let answer = try await store.answer(to: request)
    guard (200...299).contains(answer.status), let tag = answer.headers["ETag"], !tag.isEmpty else {
      throw store.refusal(answer, request.url, "part \(part.number) of the upload")
    }
    return Part(number: part.number, tag: S3Store.unquoted(tag), checksum: part.part.checksum)
  }

  /// Hashes a file part by part, and as a whole.
  private struct PartSource: ~Copyable {
    private let asset: Asset
    private let partSize: UInt64
    private let reader: FileReader
    private var whole = ChecksumHasher()
    private var offset: UInt64 = 0
    private var number = 0

    init(_ asset: Asset, partSize: UInt64) throws(KeepError) {
      let reader = try FileReader(asset.path, code: .inputRejected)
      guard reader.size == asset.size.bytes else { throw .changed(asset) }
      self.asset = asset
      self.partSize = partSize
      self.reader = reader
    }

    /// The next part; `nil` after the last, once the whole was the asset.
    mutating func next(withTag needsTag: (Int) -> Bool) throws(KeepError) -> HashedPart? {
      guard offset < asset.size.bytes else { return nil }
      number += 1
      let length = min(partSize, asset.size.bytes - offset)
      let wantsTag = needsTag(number)
      var (hasher, tagger) = (ChecksumHasher(), EntityTagHasher())
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FileReader.pieceSize, alignment: 16)
      defer { buffer.deallocate() }
      var rest = length
      while rest > 0 {
        guard !Task.isCancelled else {
          throw KeepError(.interrupted, .path(asset.path), "was not read to its end")
        }
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(UInt64(buffer.count), rest))])
        guard try reader.read(into: piece) == piece.count else { throw .changed(asset) }
        whole.update(UnsafeRawBufferPointer(piece))
        hasher.update(UnsafeRawBufferPointer(piece))
        if wantsTag { tagger.update(UnsafeRawBufferPointer(piece)) }
        rest -= UInt64(piece.count)
      }
      defer { offset += length }
      // The last part does not leave before the whole is known to be the asset.
      if offset + length == asset.size.bytes, whole.finish() != asset.checksum { throw .changed(asset) }
      return HashedPart(
        number: number, part: FilePart(offset: offset, length: length, checksum: hasher.finish()),
        tag: wantsTag ? tagger.finish() : nil)
    }
  }

  /// Adds up what was sent, from several tasks.
  private final class Meter: Sendable {
    private let sent = Mutex<UInt64>(0)
    private let progress: @Sendable (UInt64) -> Void

    init(_ progress: @escaping @Sendable (UInt64) -> Void) { self.progress = progress }

    func add(_ count: UInt64) {
      sent.withLock { sent in
        sent += count
        progress(sent)
      }
    }
  }

  private var address: KeepError.Subject { .address(store.bucket.url(key).description) }

  private func occupied(_ what: String) -> KeepError {
    failed("the name is taken by other bytes: \(what)", hint: "remove them; nothing is overwritten")
  }

  private func failed(_ reason: String, hint: String? = nil) -> KeepError {
    KeepError(.uploadFailed, address, reason, hint: hint)
  }
}
