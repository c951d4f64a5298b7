import KeepModel
import KeepSubmit
import Synchronization

/// Keeps a program from submitting once the account's balance is below a floor, or cannot be read.
///
/// The service takes a run's price from the balance when it does, which is not known. So a look counts for half a
/// minute at most, and for no more submits than could each cost ``presumedCost`` without coming near the floor; runs
/// that go on at the same time may still bring it below.
final class BalanceFloor: Sendable {
  /// The last look.
  private struct Look {
    let result: Result<Balance, KeepError>
    let at: Duration
    /// How many submits it allowed.
    var submits: Int64 = 0
  }

  /// What a run is taken to cost until the next look, in millionths of a dollar: less than this above the floor, every
  /// submit needs a look of its own.
  static let presumedCost: Int64 = 2_000_000

  private let minimum: Balance
  private let reader: BalanceReader
  private let stopwatch: Stopwatch
  private let freshFor: Duration
  private let turns = Turns()
  private let last = Mutex<Look?>(nil)

  /// - Parameter freshFor: How long a look counts, one that failed too.
  init(
    minimum: Balance, reader: BalanceReader, clock: any Clock<Duration>, freshFor: Duration = .seconds(30)
  ) {
    self.minimum = minimum
    self.reader = reader
    self.stopwatch = Stopwatch(clock)
    self.freshFor = freshFor
  }

  /// Returns where a run may be submitted.
  ///
  /// - Throws: ``KeepError`` with code `deployment_unusable` below the floor, as for an account that is out of
  ///   credit; what ``BalanceReader/balance()`` throws where it cannot be read. Nothing must be sent then.
  func check() async throws(KeepError) {
    // One looks, the others wait for what it saw.
    let look = await turns.alone("balance") { await latest() }
    switch look.result {
    case .failure(let error):
      throw KeepError(
        error.code, .none, "not submitted, since \(error.reason)",
        hint: error.hint ?? "without --min-balance runs are submitted unseen", delivery: .notDelivered,
        httpStatus: error.httpStatus)
    case .success(let balance) where balance < minimum:
      throw KeepError(
        .deploymentUnusable, .none,
        "not submitted, since \(balance) are left in the account, less than the \(minimum) of --min-balance",
        hint: "add funds or lower --min-balance, then run the same command again", delivery: .notDelivered)
    case .success: return
    }
  }

  private func latest() async -> Look {
    let look: Look
    if let known = last.withLock({ $0 }), isFresh(known) { look = known } else { look = await taken() }
    last.withLock { last in
      last = look
      last?.submits += 1
    }
    return look
  }

  private func taken() async -> Look {
    let result: Result<Balance, KeepError>
    do throws(KeepError) {
      result = .success(try await reader.balance())
    } catch {
      result = .failure(error)
    }
    return Look(result: result, at: stopwatch.elapsed())
  }

  private func isFresh(_ look: Look) -> Bool {
    guard stopwatch.elapsed() - look.at < freshFor else { return false }
    // What is refused stays so: no submit takes anything from it.
    guard case .success(let balance) = look.result, balance >= minimum else { return true }
    let headroom = balance.microdollars &- minimum.microdollars
    return headroom / Self.presumedCost > look.submits
  }
}

extension Run {
  /// Returns where the balance allows a submit, or no floor is set.
  ///
  /// - Throws: as ``BalanceFloor/check()``; ``KeepError`` with code `interrupted` where a person stops meanwhile.
  func checkBalance() async throws(KeepError) {
    guard let floor = pipeline.balanceFloor else { return }
    let isChecked: Bool?
    do {
      isChecked = try await pipeline.interruption.orValue {
        try await floor.check()
        return true
      }
    } catch {
      throw .foreign(error)
    }
    if isChecked == nil { throw .interruptedBeforeSubmit }
  }
}
