import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct LeasesTests {
  @Test func aNameIsHadByOneOfTwo() throws {
    let folder = try TemporaryFolder()
    let (one, two) = (try Leases(folder("leases")), try Leases(folder("leases")))
    #expect(one.take("submission a"))
    #expect(!two.take("submission a"))
    #expect(two.take("submission b"))
    #expect(!one.take("submission b"))
    one.give("submission a")
    #expect(two.take("submission a"))
  }

  @Test func whatItsHolderLetGoOfIsFree() throws {
    let folder = try TemporaryFolder()
    let other = try Leases(folder("leases"))
    do {
      let holder = try Leases(folder("leases"))
      #expect(holder.take("request r"))
      #expect(!other.take("request r"))
    }
    #expect(other.take("request r"))
  }

  @Test func tenThousandNamesAreHadAtOnce() throws {
    let folder = try TemporaryFolder()
    let (one, two) = (try Leases(folder("leases")), try Leases(folder("leases")))
    let names = (0..<10_000).map { "request \($0)" }
    #expect(names.allSatisfy(one.take))
    #expect(!names.contains(where: two.take))
  }

  @Test func theFolderMustBeThere() throws {
    let folder = try TemporaryFolder()
    let path = folder("no").appending("leases")
    #expect(throws: KeepError(.localIO, .path(path), "")) { _ = try Leases(path) }
  }
}
