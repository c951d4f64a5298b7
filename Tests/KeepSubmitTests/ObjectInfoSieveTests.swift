import KeepModel
import Testing

@testable import KeepSubmit

/// A few entries out of a document that is too large to hold.
@Suite struct ObjectInfoSieveTests {
  private func sift(_ text: String, pieces size: Int = .max, classes: [String] = ["B", "C"]) throws
    -> JSONValue
  {
    try sift(Array(text.utf8), pieces: size, classes: classes)
  }

  private func sift(_ bytes: [UInt8], pieces size: Int = .max, classes: [String]) throws -> JSONValue {
    var sieve = ObjectInfoSieve(classes: classes)
    var rest = bytes[...]
    while !rest.isEmpty {
      try sieve.take(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return try sieve.finish()
  }

  private func reason(_ text: String) -> String? {
    let error = #expect(throws: KeepError.self) { try sift(text) }
    #expect(error?.code == .inputRejected)
    return error?.reason
  }

  private static let document = #"""
    { "A" : {"input":{"required":{"x":["INT",{"tooltip":"a \"brace\" } ] , \\"}]}}},
      "B":{"input":{"required":{"y":["FLOAT",{"max":Infinity,"min":-1e-7}]}}, "output_node" : true} ,
      "noise":[1,{"k":"}"}], "flag":true,"none":null, "n":-1.5e3,"t":"a,}" ,
      "C\u0041":{"input":{}} }
    """#

  @Test(arguments: [1, 2, 3, 7, 64, 4096]) func theEntriesComeOutHoweverThePiecesFall(size: Int) throws {
    let schema = try sift(Self.document, pieces: size, classes: ["B", "CA", "Z"])
    #expect(schema.object?.keys == ["B", "CA"])
    #expect(schema["B"]?["input"]?["required"]?["y"]?[1]?["max"]?.number?.text == "Infinity")
    #expect(schema["B"]?["output_node"] == true)
  }

  @Test func aByteOrderMarkIsPassed() throws {
    let bytes = [0xEF, 0xBB, 0xBF] + Array(Self.document.utf8)
    #expect(try sift(bytes, pieces: 2, classes: ["B"]).object?.keys == ["B"])
  }

  @Test func allEntriesAreCounted() throws {
    var sieve = ObjectInfoSieve(classes: [])
    try sieve.take(Array(Self.document.utf8))
    #expect(try sieve.finish() == .object(JSONObject()))
    #expect(sieve.count == 8)
  }

  @Test(arguments: [
    "", "[1]", "<html>", "{", #"{"A"#, #"{"A":"#, #"{"A":{"input":{}}"#, #"{"A":{"input":{}},"#,
    #"{"A":{"input":{}}} x"#, #"{"A" {"input":{}}}"#, #"{"A":{"input":{}},}"#, #"{A:{"input":{}}}"#,
    #"{"A":{"input":{}} "B":{}}"#, #"{"A":{"input"}}"#, "{}", #"{"A":{}}"#, #"{"A":1}"#,
    #"{"A":{"input":{}},"B":{"input":[}]}"#, #"{"error_code":404001,"error_message":"gone"}"#,
  ])
  func whatIsNoneIsRefused(text: String) {
    #expect(reason(text) != nil)
  }

  @Test func aWorkflowThatWasNamedByMistakeIsRecognised() {
    #expect(reason(#"{"id":"x","nodes":[{"id":1}],"links":[]}"#)?.contains("workflow.json") == true)
    #expect(
      reason(#"{"6":{"class_type":"A","inputs":{}}}"#)?.contains("workflow_api.json") == true)
  }

  @Test func aKeyWithoutEndIsCut() {
    let text = "{\"" + String(repeating: "a", count: 5000)
    #expect(reason(text)?.contains("key") == true)
  }

  @Test func deepNestingOfWhatIsPassedOverCostsNothing() throws {
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let schema = try sift(#"{"A":{"input":{}},"X":\#(deep),"B":{"input":{}}}"#)
    #expect(schema.object?.keys == ["B"])
    #expect(reason(#"{"B":\#(deep)}"#)?.contains("nested too deep") == true)
  }
}
