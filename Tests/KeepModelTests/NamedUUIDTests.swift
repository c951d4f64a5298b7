import KeepModel
import Testing

@Suite struct NamedUUIDTests {
  @Test func version5AgreesWithTheRFC() {
    // RFC 9562, appendix A.4
    let dns: UInt128 = 0x6ba7b810_9dad_11d1_80b4_00c04fd430c8
    #expect(
      NamedUUID.version5(namespace: dns, name: "www.example.com")
        == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
  }

  @Test(arguments: [
    "", "b2ceeb12", "b2ceeb12e2424cf5a564c80bcd3300f5", "g2ceeb12-e242-4cf5-a564-c80bcd3300f5",
  ])
  func textThatIsNoUUIDIsNot(text: String) {
    #expect(NamedUUID.normalized(text) == nil)
  }

  @Test func normalizedUUIDIsLowerCase() {
    #expect(
      NamedUUID.normalized("B2CEEB12-E242-4CF5-A564-C80BCD3300F5")
        == "b2ceeb12-e242-4cf5-a564-c80bcd3300f5")
  }
}
