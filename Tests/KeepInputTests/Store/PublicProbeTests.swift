import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepInput

@Suite struct PublicProbeTests {
  private let url = HTTPURL("https://media.example.org/a.png?X-Amz-Signature=abc")
  private let clock = ManualClock()

  private func check(
    _ answers: [(status: Int, headers: HTTPHeaders, body: [UInt8])], _ asset: Asset?
  ) async throws -> KeepError? {
    let transport = ScriptedTransport { _, number in
      let answer = answers[min(number, answers.count - 1)]
      return .response(BufferedResponse(status: answer.status, headers: answer.headers, body: answer.body))
    }
    let probe = PublicProbe(over: transport, clock: clock, now: { Timestamp(milliseconds: 0) })
    let url = try #require(url)
    do throws(KeepError) {
      try await probe.check(url, asset: asset)
      return nil
    } catch {
      #expect(!"\(error)".contains("abc"))
      #expect(transport.exchanges.allSatisfy { $0.request.reach == .publicOnly })
      #expect(
        transport.exchanges.allSatisfy { $0.request.headers.fields.isEmpty && $0.request.bearer == nil })
      return error
    }
  }

  @Test func theAssetsBytesAreGood() async throws {
    let sample = try SampleAsset(5000)
    #expect(try await check([(200, ["Content-Length": "5000"], sample.bytes)], sample.asset) == nil)
    #expect(try await check([(200, [:], sample.bytes)], sample.asset) == nil)
  }

  @Test func aLargeFileIsJudgedByItsStartAndItsLength() async throws {
    let sample = try SampleAsset(900_000)
    let start = Array(sample.bytes.prefix(300_000))
    #expect(try await check([(200, ["Content-Length": "900000"], start)], sample.asset) == nil)
  }

  @Test(
    arguments: [
      (200, ["Content-Length": "4999"], "x", "serves 4999 bytes where the file has 5000"),
      (200, [:], "x", "serves 1 bytes where the file has 5000"),
      (200, ["Content-Length": "5000"], "GIF89a", "serves image/gif where the file is image/png"),
      (200, ["Content-Length": "5000"], "no picture", "other bytes"),
      (200, ["Content-Length": "5000", "Content-Encoding": "gzip"], "x", "compressed"),
      (200, ["Content-Type": "text/html; charset=utf-8"], "x", "a web page"),
      (200, ["Content-Type": "image/png"], " \n<!DOCTYPE HTML><title>Log in", "a web page"),
      (302, ["Location": "https://login.example/?next=x"], "", "redirects to login.example"),
      (301, ["Location": "/elsewhere"], "", "redirects to media.example.org"),
      (401, [:], "", "asks for a login"),
      (403, [:], "", "may not be fetched by everybody"), (404, [:], "", "nothing is at the URL"),
      (410, [:], "", "is gone"), (206, [:], "", "answers 206"),
      (403, [:], "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", "expired"),
    ] as [(Int, HTTPHeaders, String, String)])
  func whatTheServiceCouldNotUseIsSaidInWords(
    _ status: Int, _ headers: HTTPHeaders, _ body: String, _ words: String
  ) async throws {
    let sample = try SampleAsset(5000)
    let error = try await check([(status, headers, Array(body.utf8))], sample.asset)
    #expect(error?.code == .uploadFailed)
    #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    #expect(clock.sleeps.isEmpty)
  }

  @Test func aServerThatIsBusyIsAskedAgain() async throws {
    let sample = try SampleAsset(5000)
    let answers: [(Int, HTTPHeaders, [UInt8])] = [(503, ["Retry-After": "3"], []), (200, [:], sample.bytes)]
    #expect(try await check(answers, sample.asset) == nil)
    #expect(clock.sleeps == [.seconds(3)])
    #expect(try await check([(503, [:], [])], sample.asset)?.code == .unavailable)
  }

  @Test func aURLThatAPersonGaveMustLeadToMedia() async throws {
    let picture = try SampleAsset(5000).bytes
    #expect(try await check([(200, [:], picture)], nil) == nil)
    #expect(try await check([(200, ["Content-Type": "model/obj"], Array("v 0 0 0".utf8))], nil) == nil)
    for (headers, body, words) in [
      (["Content-Type": "application/json"], "{}", "application/json"), ([:], "%PDF-1.7", "application/pdf"),
      ([:], "hello", "no image"), ([:], "", "empty"), ([:], "<html>", "web page"),
    ] as [(HTTPHeaders, String, String)] {
      let error = try await check([(200, headers, Array(body.utf8))], nil)
      #expect(error?.code == .inputRejected)
      #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    }
  }

  @Test func nothingMoreIsReadThanIsNeeded() async throws {
    let sample = try SampleAsset(5000)
    let endless = ScriptedTransport { _, _ in
      .broken(
        status: 200, headers: [:], pieces: Array(repeating: sample.bytes, count: 3),
        KeepError(.failure, .none, "read too far"))
    }
    let probe = PublicProbe(over: endless, clock: clock, now: { Timestamp(milliseconds: 0) })
    let error = await #expect(throws: KeepError.self) {
      try await probe.check(try #require(url), asset: sample.asset)
    }
    #expect(error?.reason.contains("more than the file's 5000") == true, "\(error?.reason ?? "")")
  }
}
