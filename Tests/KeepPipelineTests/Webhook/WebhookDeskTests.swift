import KeepModel
import KeepTestKit
import Synchronization
import Testing

@testable import KeepPipeline

/// What becomes of deliveries, without connections: repeats, order, rates, time (fault rows 72 and 75).
@Suite struct WebhookDeskTests {
  private let secret = WebhookSecret()

  private func desk(
    _ limits: WebhookLimits = WebhookLimits(), _ book: ListeningOffice.Book = .init(),
    elapsed: @escaping @Sendable () -> Duration = { .zero }, clock: any Clock<Duration> = ContinuousClock(),
    answer: @escaping @Sendable (WebhookHint) async -> WebhookAnswer = { _ in .taken }
  ) -> WebhookDesk {
    WebhookDesk(
      secret: secret, limits: limits, log: { book.add($0) },
      take: { hint in
        book.add(hint)
        return await answer(hint)
      }, elapsed: elapsed, clock: clock)
  }

  private var head: WebhookDesk.Head { head() }

  private func head(
    _ method: String = "POST", _ types: [String] = ["application/json"], length: Int? = 10,
    target: String? = nil
  ) -> WebhookDesk.Head {
    WebhookDesk.Head(
      method: method, target: target ?? "/comfykeep/\(secret.secret.reveal())", types: types, length: length)
  }

  private func send(_ desk: WebhookDesk, _ request: String, _ status: String = "succeeded") async
    -> WebhookReply
  {
    await desk.reply(to: head, body: Array(ListeningOffice.body(request, status).utf8))
  }

  @Test func aRepeatedDeliveryIsTakenOnceInAnyOrder() async {
    let book = ListeningOffice.Book()
    let desk = desk(WebhookLimits(), book)
    for status in ["succeeded", "in_queue", "succeeded", "in_progress", "in_queue", "succeeded"] {
      #expect(await send(desk, "r-1", status) == .taken)
    }
    #expect(book.taken.map(\.status) == ["succeeded", "in_queue", "in_progress"])
  }

  @Test func whatWasNotTakenIsAskedForAgain() async {
    let book = ListeningOffice.Book()
    let answers = Mutex<[WebhookAnswer]>([.busy, .unknown, .taken])
    let desk = desk(WebhookLimits(), book, answer: { _ in answers.withLock { $0.removeFirst() } })
    #expect(await send(desk, "r-1") == .busy)
    #expect(await send(desk, "r-1") == .notFound)
    #expect(await send(desk, "r-1") == .taken)
    #expect(await send(desk, "r-1") == .taken)
    #expect(book.taken.count == 3)
  }

  @Test func theMemoryIsBounded() async {
    let book = ListeningOffice.Book()
    var limits = WebhookLimits()
    limits.remembered = 2
    let desk = desk(limits, book)
    for request in ["a", "b", "a", "c", "b", "a"] { #expect(await send(desk, request) == .taken) }
    // "a" went for "c"; "b" was still known.
    #expect(book.taken.map(\.request) == ["a", "b", "c", "a"])
  }

  @Test func anotherKeyIsAnotherDelivery() async {
    let book = ListeningOffice.Book()
    let desk = desk(WebhookLimits(), book)
    for digit in ["a", "b"] {
      let key = String(repeating: digit, count: 64)
      let target = "/comfykeep/\(secret.secret.reveal())?submission_key=\(key)"
      _ = await desk.reply(to: head(target: target), body: Array(ListeningOffice.body("r").utf8))
    }
    #expect(book.taken.count == 2)
  }

  @Test func repeatsWaitForTheFirstAndShareItsAnswer() async {
    let book = ListeningOffice.Book()
    let (begun, go) = (Signal(), Signal())
    let desk = desk(
      WebhookLimits(), book,
      answer: { _ in
        begun.fire()
        await go.wait()
        return .busy
      })
    let replies = await withTaskGroup(of: WebhookReply.self) { group in
      group.addTask { await send(desk, "r-1") }
      await begun.wait()
      for _ in 1..<40 { group.addTask { await send(desk, "r-1") } }
      // Other runs are not held up, and more than so many are told to come again.
      go.fire()
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(replies.allSatisfy { $0 == .busy } && replies.count == 40)
  }

  @Test func moreThanSoManyAtOnceAreToldToComeAgain() async {
    var limits = WebhookLimits()
    limits.taking = 2
    let begun = Mutex(0)
    let (both, go) = (Signal(), Signal())
    let desk = desk(
      limits,
      answer: { _ in
        let number = begun.withLock { count in
          count += 1
          return count
        }
        if number == 2 { both.fire() }
        await go.wait()
        return .taken
      })
    await withDiscardingTaskGroup { group in
      for request in ["a", "b"] { group.addTask { #expect(await send(desk, request) == .taken) } }
      await both.wait()
      #expect(await send(desk, "c") == .busy)
      go.fire()
    }
    #expect(await send(desk, "c") == .taken)
  }

  @Test func aTakerThatIsTooSlowIsStopped() async {
    let clock = ManualClock()
    let wasStopped = Mutex(false)
    let desk = desk(
      clock: clock,
      answer: { _ in
        let stopped = Signal()
        await withTaskCancellationHandler {
          await stopped.wait()
        } onCancel: {
          stopped.fire()
        }
        wasStopped.withLock { $0 = Task.isCancelled }
        return .taken
      })
    #expect(await send(desk, "r-1") == .busy)
    #expect(wasStopped.withLock { $0 })
    #expect(clock.sleeps == [.seconds(8)])
  }

  @Test func theRateIsLimitedForThoseWhoKnowTheSecretAlone() {
    let moment = Mutex(Duration.zero)
    let desk = desk(elapsed: { moment.withLock { $0 } })
    // A thousand strangers use nothing up.
    for _ in 0..<1000 { #expect(desk.refusal(of: head(target: "/comfykeep/guess")) == .notFound) }
    for _ in 0..<200 { #expect(desk.refusal(of: head) == nil) }
    #expect(desk.refusal(of: head) == .tooMany)
    moment.withLock { $0 += .seconds(1) }
    for _ in 0..<50 { #expect(desk.refusal(of: head) == nil) }
    #expect(desk.refusal(of: head) == .tooMany)
  }

  @Test func whoDoesNotKnowTheSecretLearnsNothing() {
    let desk = desk()
    let wrong = "/comfykeep/\(WebhookSecret().secret.reveal())"
    let heads = [
      head(target: wrong), head("GET", target: wrong), head("POST", [], target: wrong),
      head(length: .max, target: wrong), head(target: "/"), head(target: ""), head("\u{1B}", target: "*"),
    ]
    for head in heads { #expect(desk.refusal(of: head) == .notFound) }
    #expect(desk.refusal(of: head("GET")) == .notPOST)
    #expect(desk.refusal(of: head("post")) == .notPOST)
    for types in [[], ["text/plain"], ["application/json", "application/json"], ["application/jsonx"], [""]] {
      #expect(desk.refusal(of: head("POST", types)) == .notJSON)
    }
    #expect(desk.refusal(of: head("POST", ["Application/JSON ; charset=utf-8"])) == nil)
    #expect(desk.refusal(of: head(length: 1_048_577)) == .tooLarge)
    #expect(desk.refusal(of: head(length: 1_048_576)) == nil)
    #expect(desk.refusal(of: head(length: nil)) == nil)
  }

  @Test func manyRefusalsMakeFewLines() async {
    let book = ListeningOffice.Book()
    let moment = Mutex(Duration.zero)
    let desk = desk(WebhookLimits(), book, elapsed: { moment.withLock { $0 } })
    for _ in 0..<1000 { _ = desk.refusal(of: head(target: "/x")) }
    #expect(book.log.count == 50)
    #expect(await send(desk, "r-1") == .taken)
    #expect(book.log.last == "webhook: 200 taken: request r-1, succeeded (and 950 more that were refused)")
  }

  @Test func aLineNeverShowsTheSecretOrSteersATerminal() async throws {
    let book = ListeningOffice.Book()
    let desk = desk(WebhookLimits(), book)
    let text = secret.secret.reveal()
    _ = await desk.reply(
      to: head, body: Array(#"{"request_id":"\#(text)","status":"\u001b[2J\n\#(text)"}"#.utf8))
    _ = desk.refusal(of: head("\u{1B}\(text)", target: "/\(text)\n"))
    #expect(book.log.count == 2)
    for line in book.log {
      #expect(!line.contains(text))
      #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }
  }
}
