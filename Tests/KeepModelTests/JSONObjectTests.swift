import KeepModel
import Testing

/// Objects with so many members that keys are looked up by an index keep every promise of small ones.
@Suite struct JSONObjectTests {
  private static let many = 100_000

  private static func members(_ count: Int) -> [JSONObject.Member] {
    (0..<count).map { JSONObject.Member(key: "k\($0)", value: .integer($0)) }
  }

  @Test func aLargeObjectIsReadAndChangedKeyByKey() {
    var built = JSONObject()
    for number in 0..<Self.many { built["k\(number)"] = .integer(number) }
    #expect(built == JSONObject(Self.members(Self.many)))
    for number in 0..<Self.many { built["k\(number)"] = .integer(number + 1) }
    #expect((0..<Self.many).allSatisfy { built["k\($0)"] == .integer($0 + 1) })
    #expect(built.keys == (0..<Self.many).map { "k\($0)" })
    #expect(built["k"] == nil)
  }

  @Test func manyPointersIntoALargeDocumentAreResolved() throws {
    let text = CanonicalJSON.compact(["outputs": .object(JSONObject(Self.members(Self.many)))])
    let document = try JSONDocument(parsing: text).value
    let isResolved = (0..<Self.many).allSatisfy { number in
      JSONPointer(["outputs", "k\(number)"]).value(in: document) == .integer(number)
    }
    #expect(isResolved)
  }

  @Test func manyNodesOfAWorkflowAreFound() throws {
    let nodes = (0..<Self.many).map { number in
      JSONObject.Member(key: "\(number)", value: ["class_type": .string("C\(number)"), "inputs": [:]])
    }
    let workflow = try Workflow(document: .object(JSONObject(nodes)))
    #expect((0..<Self.many).allSatisfy { workflow[NodeID("\($0)")]?.classType == "C\($0)" })
    #expect(workflow["x"] == nil)
  }

  @Test(arguments: [3, 15, 16, 17, 18, 40])
  func removedKeysAreGoneAndTheOthersStay(_ count: Int) {
    var object = JSONObject(Self.members(count))
    object["k1"] = nil
    object["none"] = nil
    #expect(object.count == count - 1 && object["k1"] == nil)
    #expect((0..<count).filter { $0 != 1 }.allSatisfy { object["k\($0)"] == .integer($0) })
    object["k1"] = "again"
    #expect(object.keys.last == "k1" && object["k1"] == "again")
  }

  @Test(arguments: [1, 40])
  func keysAreComparedByteByByte(_ count: Int) {
    var object = JSONObject(Self.members(count))
    object["\u{E9}"] = 1
    object["e\u{301}"] = 2
    #expect(object["\u{E9}"] == 1 && object["e\u{301}"] == 2 && object.count == count + 2)
  }

  @Test func aCopyIsChangedAlone() {
    let object = JSONObject(Self.members(40))
    var copy = object
    copy["k3"] = "other"
    copy["more"] = 1
    copy["k0"] = nil
    #expect(object == JSONObject(Self.members(40)))
    #expect(object["more"] == nil && object["k0"] == 0 && object["k3"] == 3)
    #expect(copy["k39"] == 39 && copy["k3"] == "other")
  }

  @Test func largeAndGrownObjectsAreEqualAndHashAlike() {
    var shrunk = JSONObject(Self.members(20))
    for number in 10..<20 { shrunk["k\(number)"] = nil }
    let small = JSONObject(Self.members(10))
    #expect(shrunk == small && shrunk.hashValue == small.hashValue)
    #expect(JSONObject(Self.members(40)) != JSONObject(Self.members(40).reversed()))
  }

  @Test func theLastOfADuplicateKeyStandsInALargeObjectToo() throws {
    let members = (0..<40).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    let text = "{\(members),\"k7\":\"last\"}"
    let object = try JSONDocument(parsing: Array(text.utf8), options: .lenient).value.object
    #expect(object?["k7"] == "last" && object?["k8"] == 8 && object?.count == 40)
  }
}
