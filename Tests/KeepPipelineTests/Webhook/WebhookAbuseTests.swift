import KeepModel
import KeepTestKit
import Testing

@testable import KeepPipeline

/// What the network sends to an open port (fault row 73).
@Suite struct WebhookAbuseTests {
  private static var limits: WebhookLimits {
    var limits = ListeningOffice.patient
    limits.reading = .seconds(5)
    return limits
  }

  /// Each one is answered or closed by the listener, none is taken that must not be, and the next good delivery is.
  @Test(arguments: RawAbuse.all)
  func anAbuseEndsAndAGoodDeliveryFollows(_ abuse: RawAbuse) async throws {
    try await ListeningOffice.open(limits: Self.limits) { office in
      let bytes = abuse.bytes(office.target)
      let raw = try await RawCaller.exchange(port: office.port, bytes, endsWriting: abuse.endsWriting)
      let answer = ListeningOffice.answer(try #require(raw, "the connection hangs"))
      #expect(office.book.taken.isEmpty || abuse.mayBeTaken)
      #expect(office.book.taken.count <= 1)
      #expect((answer.status == 200) == !office.book.taken.isEmpty, "\(answer.text.prefix(200))")
      #expect(!answer.text.contains(office.secret.secret.reveal()))
      #expect(try await office.deliverPatiently("good").status == 200)
      #expect(office.book.taken.last?.request == "good")
    }
  }

  @Test func allAtOnceKeepNobodyOut() async throws {
    #expect(RawAbuse.all.count >= 45)
    #expect(Set(RawAbuse.all.map(\.name)).count == RawAbuse.all.count)
    try await ListeningOffice.open(limits: Self.limits) { office in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for abuse in RawAbuse.all {
          group.addTask {
            let bytes = abuse.bytes(office.target)
            return try await RawCaller.exchange(port: office.port, bytes, endsWriting: abuse.endsWriting)
              != nil
          }
        }
        for try await hasEnded in group { #expect(hasEnded) }
      }
      #expect(try await office.deliverPatiently("good").status == 200)
    }
  }

  /// A connection that is reset at any point takes nothing along.
  @Test func aSenderThatHangsUpIsForgotten() async throws {
    try await ListeningOffice.open(limits: Self.limits) { office in
      let whole = office.message(ListeningOffice.body("cut"))
      for count in stride(from: 0, to: whole.count, by: 7) {
        try await RawCaller.onThread {
          _ = try RawCaller(port: office.port).write(Array(whole.prefix(count)))
        }
      }
      #expect(office.book.taken.isEmpty)
      #expect(try await office.deliverPatiently("good").status == 200)
    }
  }
}
