internal import KeepModel

/// The parts of a file that are metadata, noted while it passes by.
///
/// Neighbours are joined and their number is bounded, so that a file made of nothing but small comments costs no
/// more memory than any other.
struct MetadataCuts: Sendable {
  /// In the order of the file, none touching the next.
  private(set) var ranges: [Range<UInt64>] = []
  /// Whether there were more than are noted: then nothing can be left out.
  private(set) var isOverfull = false

  /// Files met in practice have a handful of places.
  static let limit = 1024

  /// Notes a part, which lies behind those noted before.
  mutating func add(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    if let last = ranges.last, last.upperBound == range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
    } else if ranges.count < Self.limit {
      ranges.append(range)
    } else {
      isOverfull = true
    }
  }

  /// These parts and all from `end` on, as far as the file goes; `nil` where there are too many.
  func edits(end: UInt64, size: UInt64) -> [FileEdit]? {
    var all = self
    all.add(min(end, size)..<size)
    guard !all.isOverfull else { return nil }
    return all.ranges.map { FileEdit(range: min($0.lowerBound, size)..<min($0.upperBound, size), bytes: []) }
  }
}

/// A part of a file and what takes its place; an empty part is a place between two bytes.
package struct FileEdit: Sendable, Equatable {
  /// The bytes that go.
  package let range: Range<UInt64>
  /// The bytes that come.
  package let bytes: [UInt8]
}

/// Follows a file as its bytes pass by, and hands on what is left of it with edits applied.
package struct EditingPass: Sendable {
  private var edits: ArraySlice<FileEdit>
  private var position: UInt64 = 0
  private var hasBegun = false

  /// Starts at the front of a file. The edits are in its order, and none overlaps the next.
  package init(_ edits: [FileEdit]) { self.edits = edits[...] }

  /// Takes the next bytes, cut anywhere.
  ///
  /// - Throws: What `emit` throws.
  package mutating func take<Failure: Error>(
    _ piece: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    var rest = piece[...]
    while !rest.isEmpty {
      let start = edits.first?.range.lowerBound ?? .max
      if position < start {
        let kept = rest.prefix(Int(min(start - position, UInt64(rest.count))))
        try emit(UnsafeRawBufferPointer(rebasing: kept))
        pass(kept.count, &rest)
      } else if let edit = edits.first {
        try begin(edit, emit)
        pass(Int(min(edit.range.upperBound - position, UInt64(rest.count))), &rest)
        if position == edit.range.upperBound { end() }
      }
    }
  }

  /// Hands on what comes behind the last byte.
  ///
  /// - Throws: What `emit` throws.
  package mutating func finish<Failure: Error>(
    _ emit: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    while let edit = edits.first {
      try begin(edit, emit)
      end()
    }
  }

  private mutating func begin<Failure: Error>(
    _ edit: FileEdit, _ emit: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    guard !hasBegun else { return }
    hasBegun = true
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: edit.bytes.count, alignment: 1)
    defer { bytes.deallocate() }
    bytes.copyBytes(from: edit.bytes)
    if !edit.bytes.isEmpty { try emit(UnsafeRawBufferPointer(bytes)) }
  }

  private mutating func end() {
    edits.removeFirst()
    hasBegun = false
  }

  private mutating func pass(_ count: Int, _ rest: inout Slice<UnsafeRawBufferPointer>) {
    rest = rest.dropFirst(count)
    position += UInt64(count)
  }
}
