import KeepModel
import SystemPackage
import Testing

@testable import KeepPipeline

/// Upload targets, with secrets that only the environment holds.
@Suite struct RecipeUploadTests {
  private static let variables = [
    "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hunter-aws", "AWS_SESSION_TOKEN": "hunter-session",
    "AWS_DEFAULT_REGION": "eu-west-3", "AWS_ENDPOINT_URL": "https://all.example",
    "AWS_ENDPOINT_URL_S3": "https://s3.example", "TOKEN": "hunter-token", "NAME": "me", "WORD": "hunter-word",
    "ID2": "AKID2", "KEY2": "hunter-2", "BROKEN": "a\nb", "EMPTY": "",
  ]

  private func target(_ upload: String, _ variables: [String: String] = variables) throws -> UploadTarget? {
    try RecipeReaderTests.recipe("upload: \(upload)").upload.target { variables[$0] }
  }

  @Test func noTargetIsNone() throws {
    #expect(try Recipe().upload.target { _ in nil } == nil)
    #expect(try Recipe.standard.upload.target { _ in nil } == nil)
  }

  @Test func awsVariablesFillInWhatIsNotNamed() throws {
    let expected = S3Target(
      endpoint: HTTPURL("https://s3.example"), bucket: "b", prefix: "in/{date}", region: "eu-west-3",
      accessKey: "AKID", secretKey: Secret("hunter-aws"), sessionToken: Secret("hunter-session"))
    #expect(try target("s3://b/in/{date}") == .s3(expected))
    let plain = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "k"]
    #expect(
      try target("s3://b", plain) == .s3(S3Target(bucket: "b", accessKey: "AKID", secretKey: Secret("k"))))
  }

  @Test func whatIsNamedHoldsBeforeAWSVariables() throws {
    let expected = S3Target(
      endpoint: HTTPURL("https://mine.example:9000"), bucket: "b", region: "r", addressing: .path,
      accessKey: "AKID2", secretKey: Secret("hunter-2"), publicTemplate: "https://cdn.example/{key}",
      linkLifetime: .seconds(7200))
    let text =
      "{to: s3://b, endpoint: 'https://mine.example:9000', region: r, addressing: path, access_key_env: ID2, "
      + "secret_key_env: KEY2, public_url: 'https://cdn.example/{key}', lifetime: 2h}"
    #expect(try target(text) == .s3(expected), "another key's session token is not ours")
  }

  @Test func httpTargetsHaveTheirLogins() throws {
    let template = "https://h.example/in/{sha256}.{ext}"
    #expect(try target("https://h.example/in/") == .put(PutTarget(template: template)))
    #expect(
      try target("{to: '\(template)', bearer_env: TOKEN, headers: {X-K: {env: WORD}}}")
        == .put(
          PutTarget(
            template: template, headers: [.init(name: "X-K", value: Secret("hunter-word"))],
            credentials: .bearer(Secret("hunter-token")))))
    #expect(
      try target("{to: 'webdavs://h.example/in/', user_env: NAME, password_env: WORD}")
        == .webDAV(
          WebDAVTarget(template: template, credentials: .basic(user: "me", password: Secret("hunter-word")))))
    #expect(
      try target("{to: 'webdav://h.example/in/', netrc: n}")
        == .webDAV(
          WebDAVTarget(template: template.replacing("https", with: "http"), credentials: .netrc("work/n"))))
    #expect(
      try target("{command: [mytool, '{path}'], lifetime: 1h}")
        == .command(CommandTarget(arguments: ["mytool", "{path}"], linkLifetime: .seconds(3600))))
  }

  @Test(
    arguments: [
      ("ftp://h/", "is no place"), ("h.example", "is no place"), ("s3://", "names no bucket"),
      ("s3://b/{sha1}", "{sha1} is not known"), ("https://h.example/a.png", "holds no {sha256}"),
      ("https://me:hunter2@h.example/{sha256}", "is no http or https URL without a login"),
      ("https://h.example/{sha256}/{x", "{x} is not known"),
      ("{to: s3://b, bearer_env: TOKEN}", "S3 does not take a login"),
      ("{to: 'https://h.example/', region: r}", "PUT does not take region"),
      ("{to: 'webdavs://h.example/', headers: {A: {env: WORD}}}", "WebDAV does not take headers"),
      ("{command: t, to: s3://b}", "cannot be combined"),
      ("{command: t, region: r}", "a command does not take"),
      ("{region: r}", "names no target"), ("{to: 'https://h.example/', user_env: NAME}", "needs both"),
      ("{to: 'https://h.example/', bearer_env: TOKEN, netrc: n}", "more than one login"),
      ("{to: 'https://h.example/', bearer_env: hunter2}", "that bearer_env names is not set"),
      ("{to: 'https://h.example/', bearer_env: EMPTY}", "is not set or empty"),
      ("{to: 'https://h.example/', bearer_env: BROKEN}", "control characters"),
      ("{to: 'https://h.example/', headers: {'A:b': {env: WORD}}}", "names no header"),
    ] as [(String, String)])
  func whatMakesNoSenseIsRefusedWithoutSecrets(upload: String, words: String) throws {
    do {
      _ = try target(upload)
      Issue.record("\(upload) is taken")
    } catch let error as KeepError {
      #expect(error.code == .usage)
      #expect("\(error)".contains(words), "\(error)")
      #expect(!"\(error) \(error.hint ?? "")".contains("hunter"))
    }
  }

  @Test func withoutKeysTheVariablesAreNamed() {
    #expect(throws: KeepError(.usage, .option("--upload-auth"), "")) { try target("s3://b", [:]) }
  }
}
