import KeepModel
import KeepTransport
import Testing

@testable import KeepInput

/// Against the example that AWS documents under "Authenticating Requests: Using Query Parameters".
@Suite struct S3PresignerTests {
  private let presigner = S3Presigner(
    signing: RequestSigning(
      region: "us-east-1", accessKey: "AKIAIOSFODNN7EXAMPLE",
      secretKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
    sessionToken: nil)

  @Test func theDocumentedExampleIsSignedAsDocumented() throws {
    let url = try #require(HTTPURL("https://examplebucket.s3.amazonaws.com/test.txt"))
    let moment = try #require(Timestamp(parsing: "2013-05-24T00:00:00Z"))
    #expect(
      presigner.url(url, from: moment, lifetime: .seconds(86_400)).description
        == "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
  }

  @Test func aSessionTokenIsPartOfTheURLAndOfTheSignature() throws {
    let url = try #require(HTTPURL("https://127.0.0.1:8333/b/k.png"))
    let moment = Timestamp(milliseconds: 1_700_000_000_000)
    let plain = presigner.url(url, from: moment, lifetime: .seconds(60))
    let token = S3Presigner(signing: presigner.signing, sessionToken: Secret("to/ken="))
      .url(url, from: moment, lifetime: .seconds(60))
    #expect(token.query?.contains("&X-Amz-Security-Token=to%2Fken%3D&X-Amz-SignedHeaders=host&") == true)
    #expect(token.description.suffix(64) != plain.description.suffix(64))
  }

  @Test func theSecretIsNowhereInTheURL() throws {
    let url = try #require(HTTPURL("https://127.0.0.1:8333/b/k.png"))
    let text = presigner.url(url, from: Timestamp(milliseconds: 0), lifetime: .seconds(60)).description
    #expect(!text.contains("wJalrXUtnFEMI"))
  }
}
