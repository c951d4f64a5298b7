import KeepModel
import SystemPackage
import Testing

@Suite struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000+00:00"),
    ("2025-07-22T13:05:16.143086", "2025-07-22T13:05:16.143+00:00"),
    ("2025-09-15T10:50:06.654+02:00", "2025-09-15T08:50:06.654+00:00"),
    ("2025-01-01T00:30:00-0130", "2025-01-01T02:00:00.000+00:00"),
    ("2025-01-01 00:30:00+01", "2024-12-31T23:30:00.000+00:00"),
    ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000+00:00"),
    ("2000-02-29T00:00:00.1", "2000-02-29T00:00:00.100+00:00"),
    ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999+00:00"),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000+00:00"),
    ("9999-12-31T23:59:59.999999999z", "9999-12-31T23:59:59.999+00:00"),
  ])
  func readsAndWritesMoments(_ text: String, _ expected: String) throws {
    let moment = try #require(Timestamp(parsing: text))
    #expect(moment.description == expected)
    #expect(Timestamp(parsing: moment.description) == moment)
    #expect(moment.day == String(expected.prefix(10)))
  }

  @Test(arguments: [
    "", "2025", "2025-07-22", "2025-07-22T", "2025-07-22T13:05", "2025-13-01T00:00:00", "2025-00-01T00:00:00",
    "2025-01-00T00:00:00", "2025-01-32T00:00:00", "2025-02-29T00:00:00", "2025-02-31T00:00:00",
    "2025-04-31T00:00:00",
    "1900-02-29T00:00:00", "2025-01-01T24:00:00", "2025-01-01T00:60:00", "2025-01-01T00:00:61",
    "2025-01-01T00:00:00.",
    "2025-01-01T00:00:00.1234567890123456789", "2025-01-01T00:00:00+24:00", "2025-01-01T00:00:00+1",
    "25-01-01T00:00:00",
    "2025-01-01T00:00:00 ", " 2025-01-01T00:00:00", "+025-01-01T00:00:00", "2025-1-1T0:0:0",
    "２025-01-01T00:00:00",
    "1753189516", "2025-01-01T00:00:00+02:0", "2025-01-01T00:00:00ZZ",
  ])
  func refusesOthers(_ text: String) { #expect(Timestamp(parsing: text) == nil) }

  @Test func everyDayAroundTwoCenturiesFollowsTheOneBefore() throws {
    var moment = try #require(Timestamp(parsing: "1896-01-01T12:00:00Z"))
    var day = moment.day
    for _ in 0..<(366 * 110) {
      moment = moment.advanced(by: .seconds(86_400))
      #expect(day < moment.day)
      day = moment.day
      #expect(Timestamp(parsing: "\(day)T12:00:00Z") == moment)
    }
  }

  @Test func timeHasEndsThatAreNotPassed() {
    let now = Timestamp(milliseconds: 1_000)
    #expect(now.advanced(by: .milliseconds(5)) == Timestamp(milliseconds: 1_005))
    #expect(now.advanced(by: .milliseconds(-2_001)) == Timestamp(milliseconds: -1_001))
    #expect(now.advanced(by: .microseconds(1_999)) == Timestamp(milliseconds: 1_001))
    #expect(now.advanced(by: .seconds(Int64.max)) == Timestamp(milliseconds: .max))
    #expect(now.advanced(by: .seconds(Int64.min)) == Timestamp(milliseconds: .min))
    for extreme in [Int64.min, .min + 1, .max] {
      #expect(!Timestamp(milliseconds: extreme).description.isEmpty)
    }
  }
}

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func agreesWithRFC4648(_ text: String, _ encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
    #expect(Base64.decode(Array(encoded.utf8)) == Array(text.utf8))
    #expect(Base64.encodedCount(of: UInt64(text.utf8.count)) == UInt64(encoded.utf8.count))
  }

  @Test func everyByteSurvives() {
    for count in [255, 256, 257, 4096] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167) }
      #expect(Base64.decode(Array(Base64.encode(bytes).utf8)) == bytes)
    }
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zg===", "=Zg=", "====", "=", "Z===", "Zh==", "Zm9=", "Zm8=Zm8=", "Zm9v\n", "Zm 9",
    "Zm-_", "Zm9vé",
    "Zg==Zg==",
  ])
  func refusesWhatIsNotCanonical(_ text: String) { #expect(Base64.decode(Array(text.utf8)) == nil) }

  @Test func dataURIsAreReadAndMeasured() throws {
    let read = try #require(DataURI.decode("data:image/png;base64,Zm9v"))
    #expect(read.mediaType == "image/png")
    #expect(read.bytes == Array("foo".utf8))
    for text in [
      "", "data:", "data:image/png,Zm9v", "data:image/png;base64", "Zm9v", "DATA:a/b;base64,Zg=",
      "data:a/b;base64,Z",
    ] {
      #expect(DataURI.decode(text) == nil, "\(text)")
    }
    let asset = Asset(path: "a", size: 4, checksum: Checksum(of: []), mediaType: "image/png")
    #expect(asset.dataURILength == ByteCount(UInt64("data:image/png;base64,Zm9vYg==".utf8.count)))
  }
}

@Suite struct ByteCountTests {
  @Test(
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1999, "1.9 kB"), (999_999, "999.9 kB"),
      (1_000_000, "1.0 MB"),
      (2_147_483_648, "2.1 GB"), (1_000_000_000_000, "1.0 TB"), (1_000_000_000_000_000, "1.0 PB"),
      (.max, "18446.7 PB"),
    ] as [(UInt64, String)])
  func readsWell(_ bytes: UInt64, _ text: String) { #expect(ByteCount(bytes).description == text) }

  @Test func countsAndCompares() {
    #expect(ByteCount.mebibytes(64).bytes == 67_108_864)
    #expect(ByteCount.megabytes(10).bytes == 10_000_000)
    #expect(ByteCount(1) < 2)
  }
}

@Suite struct NodeInputTests {
  @Test(arguments: [
    ("189.image", "189", "image"), ("38:42.text", "38:42", "text"), ("My.Node.seed", "My.Node", "seed"),
    ("a..b", "a.", "b"), ("é.\u{301}x", "é", "\u{301}x"), (" . ", " ", " "),
  ])
  func theLastDotParts(_ text: String, _ node: String, _ name: String) throws {
    let input = try #require(NodeInput(parsing: text))
    #expect(input.node == NodeID(node))
    #expect(input.name == InputName(name))
    #expect(Array(input.description.utf8) == Array(text.utf8))
  }

  @Test(arguments: ["", ".", "189", "189.", ".image", "é"])
  func refusesOthers(_ text: String) { #expect(NodeInput(parsing: text) == nil) }

  @Test func identifiersCompareByBytes() {
    #expect(NodeID("\u{E9}") != NodeID("e\u{301}"))
    #expect(Set([NodeID("\u{E9}"), NodeID("e\u{301}")]).count == 2)
    #expect(NodeID("10") < NodeID("9"))
    #expect(NodeID("\u{1F600}") < NodeID("\u{FB01}"))
    #expect(NodeInput(node: "1", name: "z") < NodeInput(node: "2", name: "a"))
  }

  @Test(arguments: [
    ("a", true), ("38:42", true), ("A-b_c.d", true), ("..a", true),
    (String(repeating: "a", count: 128), true),
    ("", false), (".", false), ("..", false), ("a/b", false), ("a%2f", false), ("a b", false), ("é", false),
    ("a\0", false),
    ("a\u{301}", false), (String(repeating: "a", count: 129), false),
  ])
  func pathSafeIsOneHarmlessComponent(_ text: String, _ expected: Bool) {
    #expect(RequestID(text).isPathSafe == expected)
  }
}

@Suite struct SecretTests {
  private let secret = Secret("tok/en+Ü9")

  @Test func isNeverShown() {
    var dumped = ""
    dump(secret, to: &dumped)
    for text in [
      "\(secret)", secret.debugDescription, String(reflecting: secret), dumped, "\([secret])",
      "\(Optional(secret) as Any)",
    ] {
      #expect(!text.contains("tok"))
      #expect(!text.contains("9"))
    }
    #expect(secret.reveal() == "tok/en+Ü9")
  }

  @Test(arguments: [
    "tok/en+Ü9", "tok%2Fen%2B%C3%9C9", "tok%2fen%2b%c3%9c9", "dG9rL2VuK8OcOQ==", "dG9rL2VuK8OcOQ",
    "tok/en+Ü9tok/en+Ü9",
    "tok/en+Ü9\u{301}", "\u{301}tok/en+Ü9\r\n",
  ])
  func isStruckOutInEveryForm(_ form: String) {
    let message = secret.redacting("before \(form) after").utf8
    #expect(message.contains("**redacted**".utf8))
    #expect(message.starts(with: "before ".utf8) && message.suffix(6).elementsEqual(" after".utf8))
    for part in ["tok", "dG9", "en", "Ü9", "OcOQ"] { #expect(!message.dropFirst(7).contains(part.utf8)) }
  }

  @Test func otherTextStays() {
    #expect(secret.redacting("tok/en é\r\n\u{301}") == "tok/en é\r\n\u{301}")
    #expect(secret.redacting("") == "")
    #expect(Secret("").redacting("text") == "text")
    #expect(Secret("abc").redacting("abc") == "abc")
  }
}
