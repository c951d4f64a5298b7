import KeepModel
import Testing

@Suite struct HTTPURLTests {
  @Test(arguments: [
    ("https://api.runcomfy.net/prod/v1", "https://api.runcomfy.net/prod/v1"),
    ("HTTPS://Example.COM", "https://example.com/"), ("http://h:80/a", "http://h/a"),
    ("https://h:443", "https://h/"), ("https://h:8443/a?b=c&d", "https://h:8443/a?b=c&d"),
    ("http://h?x", "http://h/?x"), ("http://h/?", "http://h/?"), ("http://h/a#b", "http://h/a"),
    ("http://h#b", "http://h/"), ("http://[::1]:8080/", "http://[::1]:8080/"),
    ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"), ("http://127.0.0.1/", "http://127.0.0.1/"),
    ("https://a_b.example/x:y@z", "https://a_b.example/x:y@z"), ("http://h//a//b", "http://h//a//b"),
    ("http://xn--bcher-kva.example/%C3%A9", "http://xn--bcher-kva.example/%C3%A9"),
  ])
  func readsAddresses(_ text: String, _ expected: String) throws {
    let url = try #require(HTTPURL(text))
    #expect(url.description == expected)
    #expect(HTTPURL(url.description) == url)
  }

  @Test(arguments: [
    "", "h", "//h", "http:/h", "http://", "http:///a", "ftp://h/", "file:///etc/passwd", "javascript://h",
    " http://h",
    "http://h/ a", "http://h/\n", "http://h/\r\nHost:x", "http://h/\0", "http://h/é", "http://é/",
    "http://user@h/",
    "http://user:pw@h/", "http://h\\@x/", "http://h\\x/", "http://h:0/", "http://h:65536/", "http://h:/",
    "http://h:+80/",
    "http://h:-1/", "http://h: 80/", "http://h:80:80/", "http://h:8a/", "http://.h/", "http://h./",
    "http://a..b/",
    "http://-h/", "http://h-/", "http://a b/", "http://h%2e/", "http://h,x/", "http://1/", "http://127.1/",
    "http://0x7f.0.0.1/", "http://0x7f000001/", "http://2130706433/", "http://017700000001/",
    "http://127.0.0.01/",
    "http://1.2.3.256/", "http://1.2.3.4.5/", "http://a.0x1/", "http://a.1/", "http://[::1/", "http://::1/",
    "http://[::1]x/", "http://[::1%25eth0]/", "http://[1.2.3.4]/", "http://[]/", "http://[::1]:/",
    "http://h/<a>",
    "http://h/\"", "http://h/`", "http://h/{a}", "http://h/a|b", "http://h/^", "http://h:８０/",
    "http://h#@x\\",
  ])
  func refusesDoubtfulSpellings(_ text: String) { #expect(HTTPURL(text) == nil) }

  @Test func refusesEndlessText() {
    #expect(HTTPURL("http://h/" + String(repeating: "a", count: 16_384)) == nil)
    #expect(HTTPURL("http://" + String(repeating: "a", count: 64) + ".example/") == nil)
    #expect(HTTPURL("http://" + String(repeating: "a.", count: 130) + "example/") == nil)
  }

  @Test func originsTellWhereCredentialsMayGo() throws {
    let url = try #require(HTTPURL("https://API.example/a"))
    #expect(url.origin == HTTPURL("https://api.example:443/b?c")?.origin)
    for other in [
      "http://api.example/", "https://api.example:444/", "https://api.example.org/", "https://pi.example/",
    ] {
      #expect(try #require(HTTPURL(other)).origin != url.origin)
    }
  }

  @Test func buildsOnIt() throws {
    let url = try #require(HTTPURL("https://h/base/?q=1"))
    #expect(url.appending("a b", "c/d", "é").description == "https://h/base/a%20b/c%2Fd/%C3%A9")
    #expect(url.adding(query: [("k&", "v=w")]).description == "https://h/base/?q=1&k%26=v%3Dw")
    #expect(url.withoutQuery.description == "https://h/base/")
    #expect(url.withoutQuery.adding(query: []).query == nil)
  }

  @Test(arguments: [
    ("http://localhost/", true), ("http://127.9.9.9/", true), ("http://[::1]/", true),
    ("http://[::ffff:127.0.0.1]/", true), ("http://localhost.example/", false), ("http://10.0.0.1/", false),
    ("http://[64:ff9b::7f00:1]/", false), ("http://[2002:7f00:1::]/", false), ("http://127.example/", false),
  ])
  func loopbackIsThisMachineAlone(_ text: String, _ expected: Bool) throws {
    #expect(try #require(HTTPURL(text)).isLoopback == expected)
  }
}

@Suite struct IPAddressTests {
  @Test(
    arguments: [
      ("1.2.3.4", [1, 2, 3, 4]), ("0.0.0.0", [0, 0, 0, 0]), ("255.255.255.255", [255, 255, 255, 255]),
      ("::", [UInt8](repeating: 0, count: 16)), ("::1", [UInt8](repeating: 0, count: 15) + [1]),
      ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
      ("1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]),
      ("FFFF::abcd", [255, 255] + [UInt8](repeating: 0, count: 12) + [0xAB, 0xCD]),
      ("::ffff:1.2.3.4", [UInt8](repeating: 0, count: 10) + [255, 255, 1, 2, 3, 4]),
      ("1:2:3:4:5:6:1.2.3.4", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4]),
    ] as [(String, [UInt8])])
  func readsAddresses(_ text: String, _ bytes: [UInt8]) { #expect(IPAddress(text)?.bytes == bytes) }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.+4", "1.2.3.-0", "1.2.3.", ".1.2.3",
    "1..2.3",
    "0x1.2.3.4", "1.2.3.4 ", "１.2.3.4", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
    "12345::", "g::",
    "+1::", "-0::", "::1%eth0", "1.2.3.4::", "1.2.3.4::1", "::1.2.3", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4",
    "[::1]",
    "1:", ":1", "1:2:3:4::5:6:7:8",
  ])
  func refusesOthers(_ text: String) { #expect(IPAddress(text) == nil) }

  @Test(arguments: [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1",
    "198.17.0.1",
    "223.255.255.255", "2606:4700::1111", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
  ])
  func publicHosts(_ text: String) throws { #expect(try #require(IPAddress(text)).isPublic) }

  @Test(arguments: [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::192.168.0.1", "64:ff9b:1::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
    "3fff::1",
    "2001::1", "2001:1ff::1", "2002:7f00:1::", "2002:c0a8:101::1", "100::1", "fec0::1",
  ])
  func hostsThatAreNotPublic(_ text: String) throws { #expect(try !#require(IPAddress(text)).isPublic) }

  @Test func loopbackIsNoGatewaysBusiness() throws {
    for text in ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"] {
      #expect(try #require(IPAddress(text)).isLoopback)
    }
    for text in ["128.0.0.1", "0.0.0.0", "::", "::2", "64:ff9b::127.0.0.1", "2002:7f00:1::"] {
      #expect(try !#require(IPAddress(text)).isLoopback)
    }
  }
}
