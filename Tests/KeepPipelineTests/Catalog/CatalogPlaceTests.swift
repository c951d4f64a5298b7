import KeepModel
import SystemPackage
import Testing

@testable import KeepPipeline

@Suite struct CatalogPlaceTests {
  private func address(_ path: FilePath, in root: FilePath) -> String {
    CatalogPlace(layout: ArchiveLayout(root: root)).address(of: path)
  }

  @Test(arguments: ["/kept", "/", ".", "kept", "../kept", "/a b/ü", "/kept/"] as [FilePath])
  func anAddressIsThePathFromTheArchiveOn(_ root: FilePath) {
    #expect(address(root.appending("day/run-1.zip"), in: root) == "day/run-1.zip")
    #expect(address(root.appending("a b%/ü\"\n~.zip"), in: root) == "a%20b%25/%C3%BC%22%0A~.zip")
    #expect(address(root, in: root) == "")
  }

  @Test func whatLiesElsewhereKeepsItsPath() {
    #expect(address("/kept-too/a.zip", in: "/kept") == "/kept-too/a.zip")
    #expect(address("/other/a b.zip", in: "/kept") == "/other/a%20b.zip")
  }

  @Test func aNameNeedNotBeUTF8() throws {
    let bytes: [CChar] = [0x2F, 0x6B, 0x2F, -1, -128, 0x2E, 0x7A, 0]
    let path = bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { FilePath(platformString: $0) }
    }
    #expect(address(try #require(path), in: "/k") == "%FF%80.z")
  }
}
