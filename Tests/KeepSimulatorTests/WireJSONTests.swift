import KeepModel
import Testing

@testable import KeepSimulator

@Suite struct WireJSONTests {
  @Test(arguments: [
    #"{"z":1,"a":[true,null,"\"\\\n"],"n":18446744073709551615,"f":1.50}"#, "[]", "{}", #""é😀""#,
  ])
  func membersAndDigitsStayAsTheyWere(_ text: String) throws {
    let value = try JSONDocument(parsing: Array(text.utf8)).value
    #expect(String(decoding: WireJSON.encode(value), as: UTF8.self) == text)
  }

  @Test func longTextWithAControlCharacterIsNotJSON() {
    let text = "\"" + String(repeating: "A", count: 5000) + "\u{1}\""
    #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
  }
}
