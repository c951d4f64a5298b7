import Glibc
import KeepFiles
import Testing

@Suite struct InotifyEventTests {
  /// A record as the kernel writes it; `length` where it lies.
  private func record(_ watch: Int32, _ mask: UInt32, _ name: [UInt8], padded: Int, length: UInt32? = nil)
    -> [UInt8]
  {
    func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
    return bytes(watch) + bytes(mask) + bytes(UInt32(7)) + bytes(length ?? UInt32(padded)) + name
      + [UInt8](repeating: 0, count: padded - name.count)
  }

  private func parse(_ bytes: [UInt8]) -> [InotifyEvent] { bytes.withUnsafeBytes { InotifyEvent.parse($0) } }

  @Test func takesRecordsApart() {
    let names: [[UInt8]] = [
      Array("a.png".utf8), [0x0a, 0xff, 0xfe, 0x20], [], [UInt8](repeating: 0x78, count: 255),
    ]
    let bytes = names.enumerated().flatMap { record(Int32($0), 8, $1, padded: ($1.count + 15) / 16 * 16) }
    #expect(
      parse(bytes)
        == names.enumerated().map { InotifyEvent(watch: Int32($0.offset), mask: 8, name: $0.element) })
  }

  @Test func knowsLostEvents() {
    let mask = UInt32(IN_Q_OVERFLOW)
    #expect(parse(record(-1, mask, [], padded: 0)) == [InotifyEvent(watch: -1, mask: mask, name: [])])
  }

  @Test func stopsWhereARecordIsCutOff() {
    let whole = record(1, 8, Array("one".utf8), padded: 16) + record(2, 8, Array("two".utf8), padded: 16)
    for count in 0...whole.count {
      #expect(parse(Array(whole.prefix(count))).map(\.watch) == Array([1, 2].prefix(count / 32)))
    }
  }

  @Test func aLengthThatLiesEndsTheList() {
    let lie = record(1, 8, Array("one".utf8), padded: 16, length: .max)
    #expect(parse(lie) == [])
    #expect(parse(record(2, 8, [], padded: 0) + lie).map(\.watch) == [2])
  }

  @Test func aNameThatFillsItsRoomNeedsNoZero() {
    let name = [UInt8](repeating: 0x61, count: 16)
    #expect(parse(record(1, 8, name, padded: 16)).map(\.name) == [name])
  }
}
