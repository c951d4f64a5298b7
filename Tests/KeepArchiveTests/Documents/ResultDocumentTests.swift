import KeepModel
import Testing

@testable import KeepArchive

@Suite struct ResultDocumentTests {
  private func make(_ document: String) throws -> (text: String, document: RunDocument) {
    let made = ResultDocument.make(try .fixture(document: document))
    return (String(decoding: made.bytes, as: UTF8.self), made)
  }

  private func places(_ document: RunDocument) -> [String] {
    document.redactions.map { "\($0.document) \($0.pointer) \($0.rule)" }
  }

  @Test func volatileMembersGoAndAllElseStaysCanonically() throws {
    let (text, document) = try make(
      #"{"status":"succeeded","queue_position":3,"status_url":"a","result_url":"b","cancel_url":"c","log_url":"d","instance_id":"e","expires_in":9,"x":{"queue_position":1e-07},"a":[18446744073709551615]}"#
    )
    #expect(
      text == """
        {
          "a": [
            18446744073709551615
          ],
          "status": "succeeded",
          "x": {
            "queue_position": 1e-07
          }
        }

        """)
    #expect(document.path == "run/result.json")
    #expect(document.entry.size == UInt64(text.utf8.count))
    #expect(document.entry.checksum == Checksum(of: Array(text.utf8)))
    #expect(document.redactions.isEmpty)
  }

  @Test func addressesOfFilesLoseTheirQueries() throws {
    let (text, document) = try make(
      #"{"outputs":{"9":{"images":[{"filename":"a b.png","url":"https://h/a b.png?X-Amz-Signature=SECRET#f","alt":{"u":["HTTP://u:pw@h/c?t=SECRET"]}}]}}}"#
    )
    #expect(!text.contains("SECRET") && !text.contains("pw@"))
    #expect(text.contains(#""url": "https://h/a b.png""#))
    #expect(text.contains(#""HTTP://REDACTED@h/c""#))
    #expect(
      places(document) == [
        "run/result.json /outputs/9/images/0/alt/u/0 credential",
        "run/result.json /outputs/9/images/0/alt/u/0 url-query",
        "run/result.json /outputs/9/images/0/url url-query",
      ])
  }

  @Test func onlySignedAddressesLoseTheirQueriesInTexts() throws {
    let (text, document) = try make(
      #"{"outputs":{"1":{"text":["https://h/a?sig=SECRET","https://h/w?v=1","what? https://h/?sig=2"]}}}"#)
    #expect(!text.contains("SECRET"))
    #expect(text.contains("https://h/w?v=1") && text.contains("\"what? https://h/\""))
    #expect(
      places(document) == [
        "run/result.json /outputs/1/text/0 url-query", "run/result.json /outputs/1/text/2 url-query",
      ])
  }

  @Test func theArchivedAnswerGivesTheSameOutputs() throws {
    let original = try RunResult.fixture(
      document:
        #"{"output":{"1":{"t":["https://h/a?sig=1","x"],"i":[{"url":"https://h/my%20a.png?sig=1"},{"filename":"b","url":""}]}}}"#
    )
    let archived = try RunResult.fixture(
      document: String(decoding: ResultDocument.make(original).bytes, as: UTF8.self))
    let one = OutputCollector.collect(original, workflow: nil).outputs
    let other = OutputCollector.collect(archived, workflow: nil).outputs
    #expect(one.map(\.pointer) == other.map(\.pointer))
    #expect(one.count == 4)
    for (left, right) in zip(one, other) {
      switch (left.content, right.content) {
      case (.text(let left), .text(let right)): #expect(left == right)
      case (.file(let left), .file(let right)):
        #expect(left.filename == right.filename)
        #expect(left.url.flatMap { AddressText($0)?.bare } == right.url)
      default: Issue.record("kinds differ")
      }
    }
  }

  @Test func twoAnswersThatDifferInSignaturesAndQueueGiveTheSameBytes() throws {
    let one = try make(
      #"{"outputs":{"9":{"images":[{"filename":"a","url":"https://h/a?s=1"}],"b":[1]}},"queue_position":1}"#)
    let other = try make(
      #"{"queue_position":2,"outputs":{"9":{"b":[1],"images":[{"url":"https://h/a?s=2","filename":"a"}]}}}"#)
    #expect(one.document == other.document)
  }

  @Test(arguments: [
    #"{"outputs":{"1":{"k":[NaN]}}, "queue_position": 1}"#, #"{"a":1,"a":2}"#, #"{"a":"\ud800"}"#,
    "{ \"a\" : -Infinity }\r\n",
  ])
  func irregularAnswersAreKeptAsTheyCame(text: String) throws {
    let made = try make(text)
    #expect(made.document.path == "run/result.raw")
    #expect(made.document.bytes == Array(text.utf8))
    #expect(made.document.redactions.isEmpty)
  }

  @Test func irregularAnswersLoseSignedQueriesToo() throws {
    let made = try make(
      #"{"outputs":{"9":{"i":[{"q":"a \" ?","url":"https:\/\/h\/a\u003fsig=SECRET","n":NaN}]}},"x":"https://h/b?c=1"}"#
    )
    #expect(
      made.text
        == #"{"outputs":{"9":{"i":[{"q":"a \" ?","url":"https://h/a","n":NaN}]}},"x":"https://h/b?c=1"}"#)
    #expect(places(made.document) == ["run/result.raw /outputs/9/i/0/url url-query"])
  }

  @Test func aByteOrderMarkIsNoReasonToKeepTheBytes() throws {
    #expect(try make("\u{FEFF}{}").text == "{}\n")
  }

  @Test(arguments: ["null", "[]", "3", #"{"outputs":null}"#, #"{"outputs":[{"url":"https://h/a?b"}]}"#])
  func answersOfOtherShapesAreKept(text: String) throws {
    #expect(try make(text).document.path == "run/result.json")
  }

  @Test func aRepeatedRequestLosesItsSecretsButErrorsStayAsTheyAre() throws {
    let answer =
      #""error":[{"token":"left alone"}],"extra_data":{"api_key_comfy_org":"SECRET-KEY"},"webhook":"https://me/h?SECRET""#
    let clean = try make("{\(answer)}")
    #expect(!clean.text.contains("SECRET"))
    #expect(clean.text.contains("left alone"))
    #expect(
      places(clean.document) == [
        "run/result.json /extra_data/api_key_comfy_org credential", "run/result.json /webhook url-query",
      ])
    let raw = try make("{\(answer),\"n\":NaN}")
    #expect(!raw.text.contains("SECRET"))
    #expect(raw.text.hasSuffix(#""webhook":"https://me/h","n":NaN}"#))
  }

  @Test func aRawAnswerListsOnlyWhatWasStruckOut() throws {
    let raw = try make(#"{"token":"1","outputs":{"1":{"k":["1"]}},"n":NaN}"#)
    #expect(raw.text == #"{"token":"1","outputs":{"1":{"k":["1"]}},"n":NaN}"#)
    #expect(raw.document.redactions.isEmpty)
  }
}
