internal import KeepFiles

/// Decodes a PNG piece by piece into a small picture. Memory holds two of its rows, never the picture.
///
/// All colour types and depths, palettes and transparency; not interlaced ones. Checksums of chunks are not looked at:
/// what is drawn from is for looking at, and the bundle has checksums of its own.
struct PNGDecoder {
  /// The picture's size, once it is known.
  private(set) var header: PNGHeader?
  private let limit: Int
  private var state = State.head
  /// The bytes of a field or small chunk that came so far.
  private var field: [UInt8] = []
  private var palette: [UInt8] = []
  private var transparency: [UInt8] = []
  private var rows: PNGRows?
  private let inflater: Inflater?
  /// The two bytes that a zlib stream begins with, still to come.
  private var streamHead = 2

  private enum State: Equatable {
    /// The signature of eight bytes.
    case head
    /// Length and name of a chunk.
    case name
    /// So many bytes of a chunk are still to come.
    case data(Chunk, Int)
    /// The checksum of a chunk.
    case sum
    /// Nothing more is wanted.
    case finished
    case broken
  }

  private enum Chunk { case header, palette, transparency, pixels, other }

  /// Decodes to a long side of at most `limit` pixels.
  init(limit: Int) {
    self.limit = limit
    self.inflater = Inflater()
  }

  /// Takes the next bytes; false when no more are wanted, for good or ill.
  mutating func update(_ piece: UnsafeRawBufferPointer) -> Bool {
    var rest = piece[...]
    while !rest.isEmpty {
      switch state {
      case .head: if let bytes = take(8, &rest) { state = bytes == Self.signature ? .name : .broken }
      case .name: if let bytes = take(8, &rest) { begin(bytes) }
      case .sum: if take(4, &rest) != nil { state = .name }
      case .data(let chunk, let count): takeData(of: chunk, count, &rest)
      case .finished, .broken: return false
      }
    }
    return state != .finished && state != .broken
  }

  /// The small picture; `nil` when the bytes were not a whole PNG of a sort that is decoded.
  func finish() -> Raster? { rows?.finish() }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// A field of fixed length, once it is whole.
  private mutating func take(_ count: Int, _ rest: inout Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
    let part = rest.prefix(count - field.count)
    field += part
    rest = rest.dropFirst(part.count)
    guard field.count == count else { return nil }
    defer { field = [] }
    return field
  }

  private mutating func begin(_ bytes: [UInt8]) {
    let length = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard length < 1 << 31 else { return state = .broken }
    let chunk: Chunk
    switch String(decoding: bytes[4...], as: UTF8.self) {
    case "IHDR": chunk = .header
    case "PLTE": chunk = .palette
    case "tRNS": chunk = .transparency
    case "IDAT": chunk = .pixels
    case "IEND": return state = .finished
    default: chunk = .other
    }
    let isFirst = header == nil
    guard isFirst == (chunk == .header), chunk == .pixels || chunk == .other || length <= 768 else {
      return state = .broken
    }
    if chunk == .pixels, rows == nil, !beginRows() { return state = .broken }
    state = .data(chunk, length)
    if length == 0 { end(chunk) }
  }

  private mutating func beginRows() -> Bool {
    guard let header, inflater != nil else { return false }
    rows = PNGRows(header, palette: palette, transparency: transparency, limit: limit)
    return rows != nil
  }

  private mutating func takeData(of chunk: Chunk, _ count: Int, _ rest: inout Slice<UnsafeRawBufferPointer>) {
    let part = rest.prefix(count)
    rest = rest.dropFirst(part.count)
    state = .data(chunk, count - part.count)
    switch chunk {
    case .pixels: inflate(part)
    case .other: break
    case .header, .palette, .transparency: field += part
    }
    if part.count == count, case .data = state { end(chunk) }
  }

  private mutating func end(_ chunk: Chunk) {
    state = .sum
    switch chunk {
    case .header:
      header = PNGHeader(field)
      if header == nil { state = .broken }
    case .palette: palette = field
    case .transparency: transparency = field
    case .pixels, .other: break
    }
    field = []
  }

  private mutating func inflate(_ part: Slice<UnsafeRawBufferPointer>) {
    let skipped = min(streamHead, part.count)
    streamHead -= skipped
    let stream = UnsafeRawBufferPointer(rebasing: part.dropFirst(skipped))
    guard let inflater, !stream.isEmpty else { return }
    switch inflater.decode(stream, { rows?.add($0) ?? false }) {
    case .hungry: break
    case .finished, .stopped: state = .finished
    case .corrupt: state = .broken
    }
  }
}
