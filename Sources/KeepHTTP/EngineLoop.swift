import CCurl
import KeepModel

/// What runs on the engine's thread: it alone knows libcurl's handles.
final class EngineLoop {
  private let engine: Engine
  private let multi: UnsafeMutableRawPointer
  private var transfers: [ObjectIdentifier: Transfer] = [:]

  /// The longest sleep. libcurl wakes earlier for its own timers, and orders wake it at once.
  private static let longestSleep: Int32 = 60_000

  init(_ engine: Engine, _ multi: UnsafeMutableRawPointer) {
    self.engine = engine
    self.multi = multi
    let limit = max(1, engine.configuration.connectionsPerHost)
    ck_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, limit)
  }

  /// Carries out orders and moves bytes until the engine is shut down.
  func run() {
    while let orders = engine.takeOrders() {
      for order in orders { carryOut(order) }
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      finishTransfers()
      for transfer in transfers.values where transfer.hasNews {
        transfer.hasNews = false
        transfer.exchange.wake()
      }
      curl_multi_poll(multi, nil, 0, Self.longestSleep, nil)
    }
    stop()
  }

  private func carryOut(_ order: Engine.Order) {
    switch order {
    case .start(let exchange): start(exchange)
    case .resume(let exchange):
      guard let transfer = transfers[ObjectIdentifier(exchange)] else { return }
      curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
    case .remove(let exchange):
      guard let transfer = transfers[ObjectIdentifier(exchange)] else { return }
      remove(transfer, failure: Self.over)
    }
  }

  private func start(_ exchange: Exchange) {
    guard !exchange.isOver else { return exchange.end(Self.over) }
    guard let transfer = Transfer(exchange) else { return exchange.end(Self.noMemory) }
    do throws(KeepError) {
      try TransferOptions.apply(to: transfer, engine.configuration)
    } catch {
      return exchange.end(error)
    }
    guard curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
      return exchange.end(Self.noMemory)
    }
    transfers[ObjectIdentifier(exchange)] = transfer
  }

  private func finishTransfers() {
    var code = CURLE_OK
    while let easy = ck_multi_next_done(multi, &code) {
      var context: UnsafeMutableRawPointer?
      ck_get_pointer(easy, CURLINFO_PRIVATE, &context)
      guard let context else { continue }
      let transfer = Transfer.from(context)
      remove(transfer, failure: transfer.outcome(code, engine.configuration))
    }
  }

  /// Takes a transfer out of libcurl, and then lets its caller know.
  private func remove(_ transfer: Transfer, failure: KeepError?) {
    curl_multi_remove_handle(multi, transfer.easy)
    transfers[ObjectIdentifier(transfer.exchange)] = nil
    transfer.exchange.end(failure)
  }

  private func stop() {
    for transfer in transfers.values { remove(transfer, failure: Self.over) }
    for case .start(let exchange) in engine.takeRemainingOrders() { exchange.end(Self.over) }
    curl_multi_cleanup(multi)
  }

  private static let over = KeepError(
    .interrupted, .none, "the transfer was aborted", delivery: .unknown)
  private static let noMemory = KeepError(
    .unavailable, .none, "there is not enough memory for the transfer", retry: .backOff,
    delivery: .notDelivered)
}
