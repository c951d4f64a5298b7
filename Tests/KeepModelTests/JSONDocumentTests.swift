import KeepModel
import Testing

@Suite struct JSONDocumentTests {
  @Test(
    arguments: [
      ("null", .null), (" true ", true), ("false", false), ("\"a\"", "a"), ("[]", []), ("{}", [:]),
      ("\t[1 ,\r\n2]", [1, 2]), ("{\"a\":{\"b\":[null]}}", ["a": ["b": [.null]]]),
      (#""\"\\\/\b\f\n\r\t\u0041""#, "\"\\/\u{8}\u{C}\n\r\tA"), (#""\ud83d\ude00""#, "😀"),
      (#""\u0000""#, "\0"),
    ] as [(String, JSONValue)])
  func readsWhatIsJSON(_ text: String, _ value: JSONValue) throws {
    #expect(try JSONDocument(parsing: Array(text.utf8)).value == value)
  }

  @Test(arguments: [
    "", " ", "nul", "nulls", "TRUE", "tru", "[1,]", "[,1]", "[1 2]", "[1", "[", "]", "{", "}", "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1 \"b\":2}", "\"", "\"a", "\"\\\"", "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"", "\"\u{1}\"", "\"a\nb\"", "1 2", "01", "-", "-a", "+1", ".5", "1.", "1e", "1e+", "1.e1",
    "0x1", "1_0",
    "--1", "NaN", "Infinity", "-Infinity", "// a\n1", "1//", "\u{FEFF}1", "\u{A0}1", "\\u0031", "[1]]",
  ])
  func refusesWhatIsNot(_ text: String) {
    #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
  }

  @Test(arguments: [
    "0", "-0", "18446744073709551615", "18446744073709551616", "1e-07", "-1.50E+300", "1E400",
    "0.10000000000000000001",
    "123456789012345678901234567890",
  ])
  func numbersKeepTheirDigits(_ text: String) throws {
    let number = try #require(try JSONDocument(parsing: Array(text.utf8)).value.number)
    #expect(number.text == text)
    #expect(JSONNumber(text) == number)
    #expect(CanonicalJSON.compact(.number(number)) == Array(text.utf8))
  }

  @Test func numbersAreReadExactlyOrNotAtAll() {
    #expect(JSONNumber("18446744073709551615")?.unsigned == .max)
    #expect(JSONNumber("18446744073709551615")?.signed == nil)
    #expect(JSONNumber("18446744073709551616")?.unsigned == nil)
    #expect(JSONNumber("-9223372036854775808")?.signed == .min)
    #expect(JSONNumber("1.0")?.unsigned == nil)
    #expect(JSONNumber("1e2")?.signed == nil)
    #expect(JSONNumber("1e2")?.double == 100)
    for text in ["", " 1", "1 ", "01", "NaN", "\"1\"", "[1]", "+1"] {
      #expect(JSONNumber(text) == nil, "\(text)")
    }
  }

  @Test(
    arguments: [
      (Array("\u{FEFF}{}".utf8), .byteOrderMark, [:]),
      (Array("[NaN]".utf8), .notANumber, [.number(JSONNumber(unchecked: "NaN"))]),
      (Array("-Infinity".utf8), .notANumber, .number(JSONNumber(unchecked: "-Infinity"))),
      (Array("{\"a\":1,\"b\":2,\"a\":3}".utf8), .duplicateKey, ["a": 3, "b": 2]),
      (Array(#""\ud800""#.utf8), .loneSurrogate, "\u{FFFD}"),
      (Array(#""\udc00x""#.utf8), .loneSurrogate, "\u{FFFD}x"),
      (Array(#""\ud800\u0041""#.utf8), .loneSurrogate, "\u{FFFD}A"),
      ([0x22, 0x61, 0xFF, 0x22], .invalidUTF8, "a\u{FFFD}"),
    ] as [([UInt8], JSONDocument.Irregularity, JSONValue)])
  func irregularitiesAreNotedOrThrown(
    _ bytes: [UInt8], _ irregularity: JSONDocument.Irregularity, _ value: JSONValue
  ) throws {
    #expect(throws: JSONError.self) { try JSONDocument(parsing: bytes) }
    let document = try JSONDocument(parsing: bytes, options: .lenient)
    #expect(document.irregularities == [irregularity])
    #expect(document.value == value)
  }

  @Test func cleanTextHasNoIrregularities() throws {
    #expect(try JSONDocument(parsing: Array(#"{"a":"é😀"}"#.utf8), options: .lenient).irregularities.isEmpty)
  }

  @Test func keysThatOnlyLookAlikeAreTwo() throws {
    let document = try JSONDocument(parsing: Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
    #expect(document.value["\u{E9}"] == 1)
    #expect(document.value["e\u{301}"] == 2)
    #expect(document.value.object?.count == 2)
    #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
  }

  @Test func depthAndNumberOfValuesAreBounded() throws {
    let deep = { (count: Int) in
      Array(String(repeating: "[", count: count).utf8) + Array(String(repeating: "]", count: count).utf8)
    }
    _ = try JSONDocument(parsing: deep(512))
    #expect(failure(deep(513)) == "nested too deep at byte 512")
    #expect(throws: JSONError.self) { try JSONDocument(parsing: deep(1_000_000)) }
    #expect(throws: JSONError.self) {
      try JSONDocument(parsing: Array(String(repeating: "{\"a\":", count: 100_000).utf8))
    }
    var options = JSONDocument.Options.strict
    options.maximumDepth = 2
    options.maximumValues = 3
    _ = try JSONDocument(parsing: Array("[1,2]".utf8), options: options)
    #expect(throws: JSONError.self) { try JSONDocument(parsing: Array("[1,2,3]".utf8), options: options) }
  }

  private func failure(_ bytes: [UInt8]) -> String? {
    do throws(JSONError) {
      _ = try JSONDocument(parsing: bytes)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func errorsNameTheByte() {
    #expect(failure(Array("[1, x]".utf8)) == "expected a value at byte 4")
    #expect(failure([0x5B]) == "unexpected end at byte 1")
  }

  @Test func everyCutAndEveryChangedByteIsReadOrRefused() {
    let text = Array(#"{"a":[1.5e3,"x\u00e9\ud83d\ude00",null,true,{"b":-0}],"ü":"\\"}"#.utf8)
    for count in 0..<text.count {
      #expect(throws: JSONError.self) {
        try JSONDocument(parsing: Array(text.prefix(count)), options: .lenient)
      }
    }
    for place in text.indices {
      for byte: UInt8 in [0, 0x22, 0x5C, 0x5B, 0x7D, 0x30, 0x80, 0xC3, 0xED, 0xFF] {
        var changed = text
        changed[place] = byte
        guard let value = try? JSONDocument(parsing: changed, options: .lenient).value else { continue }
        let written = CanonicalJSON.compact(value)
        #expect((try? JSONDocument(parsing: written, options: .lenient).value) != nil)
      }
    }
  }
}

@Suite struct CanonicalJSONTests {
  @Test func keysGoByUTF16AndNothingElseMoves() throws {
    // U+1F600 is D83D DE00 in UTF-16 and so comes before U+FB01, though not by code point.
    let text = #"{"ﬁ":1,"😀":2,"b":[3,1,2],"a":{"z":1,"A":1},"":0}"#
    let value = try JSONDocument(parsing: Array(text.utf8)).value
    #expect(string(CanonicalJSON.compact(value)) == #"{"":0,"a":{"A":1,"z":1},"b":[3,1,2],"😀":2,"ﬁ":1}"#)
  }

  @Test func escapesAreThoseOfRFC8785() {
    #expect(
      string(CanonicalJSON.quoted("\u{8}\t\n\u{C}\r\u{1}\u{1F}\"\\/\u{7F}é\u{2028}\r\n"))
        == "\"\\b\\t\\n\\f\\r\\u0001\\u001f\\\"\\\\/\u{7F}é\u{2028}\\r\\n\"")
  }

  @Test func indentedTextIsStable() throws {
    let value: JSONValue = ["b": [], "a": [1, ["c": [:]]], "d": "x"]
    let expected = """
      {
        "a": [
          1,
          {
            "c": {}
          }
        ],
        "b": [],
        "d": "x"
      }

      """
    #expect(string(CanonicalJSON.indented(value)) == expected)
    #expect(try JSONDocument(parsing: CanonicalJSON.indented(value)).value["b"] == [])
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let text = #"{"a":[1e-07,18446744073709551615,"\u0000\"\\"],"e\u0301":null,"\u00e9":true}"#
    let value = try JSONDocument(parsing: Array(text.utf8)).value
    #expect(try JSONDocument(parsing: CanonicalJSON.compact(value)).value == value)
  }

  private func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

@Suite struct JSONPointerTests {
  @Test(arguments: [
    ("", []), ("/", [""]), ("/a/b", ["a", "b"]), ("//", ["", ""]), ("/a~1b/m~0n", ["a/b", "m~n"]),
    ("/~01", ["~1"]), ("/~10", ["/0"]), ("/~1\u{301}", ["/\u{301}"]), ("/~2~", ["~2~"]),
    ("/é/0", ["é", "0"]),
  ])
  func readsTheForm(_ text: String, _ tokens: [String]) throws {
    let pointer = try #require(JSONPointer(parsing: text))
    #expect(pointer.tokens.map { Array($0.utf8) } == tokens.map { Array($0.utf8) })
  }

  @Test(arguments: ["a", "#/a", " /a"])
  func refusesAnotherForm(_ text: String) { #expect(JSONPointer(parsing: text) == nil) }

  @Test(arguments: ["~", "/", "~1", "~01", "a/b~c", "/\u{301}", "~\u{301}", "", "😀"])
  func everyKeyIsWrittenSoThatItIsReadBack(_ key: String) throws {
    let pointer = JSONPointer([key, "x"])
    let back = try #require(JSONPointer(parsing: pointer.description))
    #expect(back.tokens.map { Array($0.utf8) } == [Array(key.utf8), Array("x".utf8)])
  }

  @Test func findsValues() {
    let document: JSONValue = ["a": [10, ["b": "c"]], "0": true]
    #expect(JSONPointer(["a", "1", "b"]).value(in: document) == "c")
    #expect(JSONPointer().appending("a").appending(0).value(in: document) == 10)
    #expect(JSONPointer(["0"]).value(in: document) == true)
    for tokens in [
      ["a", "2"], ["a", "-1"], ["a", "01"], ["a", "+0"], ["a", ""], ["a", "0", "x"], ["b"],
    ] {
      #expect(JSONPointer(tokens).value(in: document) == nil, "\(tokens)")
    }
  }
}
