import Foundation
import KeepTestKit
import SystemPackage
import Testing

@Suite struct CompareTests {
  @Test func aBundleIsTheSameAsItself() throws {
    let keep = try Keep(1)
    let result = try keep.run("compare", keep.bundles[0], keep.bundles[0], "--json")
    #expect(result.status == 0, "\(result.errors)")
    let object = try #require(result.objects.first)
    #expect(object["type"] as? String == "comparison" && object["same"] as? Bool == true)
    #expect((object["differences"] as? [Any])?.isEmpty == true)
  }

  @Test func twoRunsAreToldApartByNode() throws {
    let keep = try Keep(2)
    let words = try keep.run("compare", keep.bundles[0], keep.bundles[1])
    #expect(words.status == 3, "\(words.errors)")
    #expect(words.output.contains("/images/0: "))
    #expect(words.output.contains("input "))
    #expect(words.errors.contains("1 output: "))
    let json = try keep.run("compare", keep.bundles[0], keep.bundles[1], "--json")
    let object = try #require(json.objects.first)
    #expect(object["same"] as? Bool == false && object["status"] as? Int == 3)
    let output = try #require((object["outputs"] as? [[String: Any]])?.first)
    #expect(["different", "same_picture"].contains(output["likeness"] as? String))
    #expect((output["first"] as? [String: Any])?["sha256"] != nil)
    let kinds = (object["differences"] as? [[String: Any]])?.compactMap { $0["kind"] as? String }
    #expect(kinds?.contains("input") == true)
  }

  @Test func aDamagedBundleIsNotCompared() throws {
    let keep = try Keep(2)
    try Keep.damage(keep.bundles[1])
    let result = try keep.run("compare", keep.bundles[0], keep.bundles[1])
    #expect(result.status == 30)
    #expect(result.errors.contains("does not verify"))
    #expect(try keep.run("compare", keep.bundles[0], "/nonexistent.zip").status == 74)
  }
}
