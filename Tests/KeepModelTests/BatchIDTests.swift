import KeepModel
import Testing

@Suite struct BatchIDTests {
  @Test func aBatchIsNamedByItsTimeAndFourDigits() throws {
    let names = (0..<200).map { _ in BatchID(at: Timestamp(milliseconds: 1_790_000_000_999)).rawValue }
    for name in names {
      #expect(name.wholeMatch(of: #/20260921-141320-[0-9a-f]{4}/#) != nil, "\(name)")
    }
    #expect(Set(names).count > 1)
    #expect(BatchID("x").description == "x")
  }

  @Test func laterBatchesSortLater() {
    let times: [Int64] = [1_790_000_000_000, 1_790_000_001_000, 1_790_100_000_000, 1_900_000_000_000]
    let names = times.map { BatchID(at: Timestamp(milliseconds: $0)).rawValue }
    #expect(names == names.sorted())
  }
}
