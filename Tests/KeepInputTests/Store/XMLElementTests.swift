import Testing

@testable import KeepInput

@Suite struct XMLElementTests {
  private func parse(_ text: String) -> XMLElement? { XMLElement.parse(Array(text.utf8)) }

  @Test func aRefusalIsRead() throws {
    let root = try #require(
      parse(
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- from a store -->
        <Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>NoSuchBucket</Code>
          <Message a='b'>it&#39;s &lt;not&gt; &amp; there</Message><Empty/><x:Host x:id="1">h</x:Host></Error>

        """))
    #expect(root.name == "Error")
    #expect(root["Code"]?.text == "NoSuchBucket")
    #expect(root["Message"]?.text == "it's <not> & there")
    #expect(root["Empty"]?.text == "")
    #expect(root["Host"]?.text == "h")
  }

  @Test func elementsOfOneNameAreAListInOrder() {
    let root = parse("<L><P><N>1</N></P><Q/><P><N>2</N></P></L>")
    #expect(root?.all("P").map { $0["N"]?.text } == ["1", "2"])
  }

  @Test func charactersInASectionStayAsTheyAre() {
    #expect(parse("<a>x<![CDATA[<&>]]>y</a>")?.text == "x<&>y")
  }

  @Test(arguments: [
    "", "text", "<a>", "<a></b>", "<a></a><b></b>", "<a>&undefined;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
    "<a b></a>",
    "<a b=1></a>", "<a b=\"<\"></a>", "<a><!--", "<a><![CDATA[x</a>", "<a>\u{1}</a>", "<1 a=\"", "</a>",
    "< a></a>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a>&#99999999999;</a>", "<a>&#+65;</a>", "<a:b:c/>",
    "<:a/>",
  ])
  func whatIsNotPlainXMLIsRefused(_ text: String) {
    #expect(parse(text) == nil)
  }

  @Test func bytesThatAreNoTextAreRefused() {
    #expect(XMLElement.parse(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) == nil)
  }

  @Test func depthSizeAndCountAreBounded() {
    let deep = { String(repeating: "<a>", count: $0) + String(repeating: "</a>", count: $0) }
    #expect(parse(deep(XMLElement.depthLimit)) != nil)
    #expect(parse(deep(XMLElement.depthLimit + 1)) == nil)
    #expect(parse(deep(200_000)) == nil)
    #expect(parse("<a>\(String(repeating: "<b/>", count: XMLElement.countLimit))</a>") == nil)
    #expect(parse("<a>\(String(repeating: " ", count: XMLElement.sizeLimit))</a>") == nil)
  }
}
