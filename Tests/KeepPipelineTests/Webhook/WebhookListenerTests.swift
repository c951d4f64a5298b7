import KeepModel
import KeepTestKit
import Synchronization
import Testing

@testable import KeepPipeline

/// The listener on its port (fault rows 72, 74, 75 and 77 to 80).
@Suite struct WebhookListenerTests {
  @Test func aDeliveryIsHandedOver() async throws {
    try await ListeningOffice.open { office in
      let answer = try await office.deliver("r-1")
      #expect(answer.status == 200)
      let hint = try #require(office.book.taken.first)
      #expect(hint.request == "r-1" && hint.word == "succeeded")
      #expect(hint.submission == SubmissionKey(ListeningOffice.key))
      #expect(office.book.taken.count == 1)
      let prefixed = try await office.send(
        office.message(ListeningOffice.body("r-2"), to: "/a/b" + office.target))
      #expect(prefixed.status == 200)
    }
  }

  // MARK: 72

  @Test func aForgedDeliveryChangesNothingAndLooksLikeAnyOther() async throws {
    try await ListeningOffice.open { office in
      let stale = WebhookSecret().secret.reveal()
      let body = ListeningOffice.body("r-1")
      let targets = [
        "/", "/comfykeep", "/comfykeep/", "/comfykeep/\(stale)",
        "/comfykeep/\(stale)?submission_key=\(ListeningOffice.key)",
        "/comfykeep/\(office.secret.secret.reveal())x", "/comfykeep/\(office.secret.secret.reveal())/",
        "/robots.txt",
        "/comfykeep/\(office.secret.secret.reveal().dropLast())", "*",
        "http://evil.example/comfykeep/\(stale)",
      ]
      var answers: Set<String> = []
      for target in targets { answers.insert(try await office.send(office.message(body, to: target)).text) }
      answers.insert(try await office.send(office.message(body, to: "/x", method: "GET")).text)
      answers.insert(try await office.send(office.message(body, to: "/x", type: "text/html")).text)
      #expect(answers.count == 1, "\(answers)")
      #expect(answers.first?.hasPrefix("HTTP/1.1 404 Not Found\r\n") == true)
      #expect(office.book.taken.isEmpty)
    }
  }

  @Test func aReplayedDeliveryIsAcknowledgedAndNotTakenAgain() async throws {
    try await ListeningOffice.open { office in
      let recorded = office.message(ListeningOffice.body("r-1"))
      for _ in 0..<5 {
        let answer = try await office.send(recorded)
        #expect(answer.status == 200)
      }
      #expect(office.book.taken.count == 1)
    }
  }

  // MARK: 74

  @Test func twoHundredSlowSendersKeepNobodyOut() async throws {
    try await ListeningOffice.open { office in
      let slow = try await RawCaller.onThread {
        try (0..<200).map { number in
          let caller = try RawCaller(port: office.port)
          let whole = office.message(ListeningOffice.body("slow-\(number)"))
          caller.write(Array(whole.prefix(number % 2 == 0 ? 20 : whole.count - 1)))
          return caller
        }
      }
      for number in 0..<10 { #expect(try await office.deliver("good-\(number)").status == 200) }
      #expect(Set(office.book.taken.map(\.request)).count == 10)
      // The oldest had to make room; they were closed without a word.
      let areClosed = try await RawCaller.onThread { slow.prefix(100).allSatisfy { $0.readToEnd() == [] } }
      #expect(areClosed)
    }
  }

  @Test func aSlowSenderIsClosedWhenItsTimeIsOver() async throws {
    var limits = ListeningOffice.patient
    limits.reading = .seconds(1)
    try await ListeningOffice.open(limits: limits) { office in
      let whole = office.message(ListeningOffice.body("r"))
      for count in [0, 1, 60, whole.count - 1] {
        let answer = try await RawCaller.exchange(port: office.port, Array(whole.prefix(count)))
        #expect(answer == [], "\(count) bytes")
      }
      // One byte after the other does not gain time.
      let isClosed = try await RawCaller.onThread {
        let caller = try RawCaller(port: office.port)
        while caller.write("x") {}
        return caller.readToEnd() != nil
      }
      #expect(isClosed)
      #expect(try await office.deliverPatiently("r").status == 200)
      #expect(office.book.taken.count == 1)
    }
  }

  // MARK: 75

  @Test func fortyAtOnceAreOne() async throws {
    let (begun, go) = (Signal(), Signal())
    try await ListeningOffice.open(answer: { _ in
      begun.fire()
      await go.wait()
      return .taken
    }) { office in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<40 { group.addTask { try await office.deliver("r-1").status } }
        await begun.wait()
        go.fire()
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses == Array(repeating: 200, count: 40))
      #expect(office.book.taken.count == 1)
    }
  }

  // MARK: 77

  @Test func aRunThatIsNotOursIsNotFound() async throws {
    try await ListeningOffice.open(answer: { $0.request == "ours" ? .taken : .unknown }) { office in
      let unknown = try await office.deliver("theirs")
      #expect(unknown.status == 404)
      #expect(unknown == (try await office.send(office.message("{}", to: "/wrong"))))
      #expect(try await office.deliver("ours").status == 200)
    }
  }

  @Test func aBusyTakerIsComeBackTo() async throws {
    try await ListeningOffice.open(answer: { _ in .busy }) { office in
      let answer = try await office.deliver("r")
      #expect(answer.status == 503 && answer.text.lowercased().contains("\r\nretry-after: 5\r\n"))
    }
  }

  @Test func tooManyAreToldSo() async throws {
    var limits = ListeningOffice.patient
    (limits.burst, limits.rate) = (3, 0)
    try await ListeningOffice.open(limits: limits) { office in
      for number in 0..<3 { #expect(try await office.deliver("r-\(number)").status == 200) }
      let answer = try await office.deliver("r-3")
      #expect(answer.status == 429 && answer.text.lowercased().contains("\r\nretry-after: 1\r\n"))
      #expect(office.book.taken.count == 3)
    }
  }

  // MARK: 79

  @Test func aTakenPortIsSaidSo() async throws {
    try await ListeningOffice.open { office in
      let second = try WebhookListener(port: office.port, secret: office.secret) { _ in .taken }
      let error = await #expect(throws: KeepError.self) { try await second.run() }
      #expect(error?.code == .usage && error?.subject == .address("127.0.0.1:\(office.port)"))
      #expect(error?.reason.contains("taken") == true && error?.hint != nil)
      #expect(try await office.deliver("r").status == 200)
    }
  }

  @Test func anAddressOfAnotherMachineIsSaidSo() async throws {
    let listener = try WebhookListener(
      port: 0, host: "192.0.2.7", isOpenToOthers: true, secret: WebhookSecret()
    ) { _ in
      .taken
    }
    let error = await #expect(throws: KeepError.self) { try await listener.run() }
    #expect(error?.code == .usage && error?.reason.contains("not an address of this machine") == true)
  }

  @Test(arguments: ["0.0.0.0", "::", "192.0.2.7", "10.0.0.1", "example.com", "", "127.0.0.1:80", "[::1]"])
  func onlyTheLoopbackIsListenedOnUnasked(_ host: String) throws {
    let error = try #require(throws: KeepError.self) {
      try WebhookListener(port: 0, host: host, secret: WebhookSecret()) { _ in .taken }
    }
    #expect(error.code == .usage && error.hint != nil)
  }

  @Test(arguments: ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
  func theLoopbackNeedsNoAsking(_ host: String) throws {
    let listener = try WebhookListener(port: 0, host: host, secret: WebhookSecret()) { _ in .taken }
    #expect(listener.host == (host == "localhost" ? "127.0.0.1" : host))
  }

  // MARK: 80

  @Test func theSecretIsInNoLogAndNoAnswer() async throws {
    try await ListeningOffice.open { office in
      let text = office.secret.secret.reveal()
      var answers: [String] = []
      for target in [office.target, "/x/\(text)", office.target + "&\(text)", "/comfykeep/\(text)/\(text)"] {
        for method in ["POST", "PUT", text] {
          for body in [ListeningOffice.body(text, text), text, "{}"] {
            answers.append(try await office.send(office.message(body, to: target, method: method)).text)
          }
        }
      }
      #expect(
        answers.contains { $0.contains("200 OK") } && answers.contains { $0.contains("400 Bad Request") })
      #expect(!answers.contains { $0.contains(text) })
      #expect(!office.book.log.isEmpty && !office.book.log.contains { $0.contains(text) })
    }
  }

  // MARK: Ending

  @Test func nothingGoesOnAfterwards() async throws {
    let port = try await ListeningOffice.open { office in
      // One that says nothing, and one whose answer is awaited.
      let silent = try RawCaller(port: office.port)
      silent.write("POST ")
      return office.port
    }
    #expect(throws: RawServerError.self) { try RawCaller(port: port) }
  }

  /// One that is made just when the listener ends is closed, and ends nothing else.
  @Test func endingWhileOthersConnectIsHarmless() async throws {
    let secret = WebhookSecret()
    for _ in 0..<20 {
      let (offices, sink) = AsyncStream.makeStream(of: ListeningOffice.self)
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask {
          defer { sink.finish() }
          try await ListeningOffice.open(secret: secret) { office in for _ in 0..<8 { sink.yield(office) } }
        }
        for await office in offices {
          group.addTask {
            let message = office.message(ListeningOffice.body("r"))
            // It may come too late to get a connection at all.
            guard let caller = try? RawCaller(port: office.port) else { return }
            let raw = try await RawCaller.onThread {
              caller.write(message)
              return caller.readToEnd()
            }
            #expect(raw != nil, "the connection hangs")
          }
        }
      }
    }
  }
}
