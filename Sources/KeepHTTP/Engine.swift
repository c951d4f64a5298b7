import CCurl
import KeepModel
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The way to libcurl's thread: orders go in from any thread, and are carried out on that one.
final class Engine: Sendable {
  /// What the engine may be told to do.
  enum Order: Sendable {
    case start(Exchange)
    /// The reader has caught up: let the sender go on.
    case resume(Exchange)
    case remove(Exchange)
  }

  private struct Inbox {
    var orders: [Order] = []
    var isClosed = false
    /// Whether the thread has been told that there is something in the inbox.
    var isAnnounced = false
  }

  private let inbox = Mutex(Inbox())
  private let thread = Mutex<pthread_t?>(nil)
  let configuration: CurlTransport.Configuration

  /// libcurl's handle for all transfers.
  ///
  /// Unsafe, and used thus: the engine's thread alone makes calls with it; other threads only call
  /// `curl_multi_wakeup`, which libcurl allows, and only under the inbox's lock while it is not closed. The
  /// thread cleans the handle up after it has closed the inbox.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

  private static let isLibraryReady = ck_global_init() == CURLE_OK

  /// Starts the thread.
  ///
  /// - Throws: ``KeepError`` with code `failure` when libcurl or the thread cannot be started.
  init(_ configuration: CurlTransport.Configuration) throws(KeepError) {
    guard Self.isLibraryReady, let multi = curl_multi_init() else {
      throw KeepError(.failure, .none, "libcurl cannot be started")
    }
    self.multi = multi
    self.configuration = configuration
    try startThread()
  }

  private func startThread() throws(KeepError) {
    let box = Unmanaged.passRetained(self)
    #if canImport(Glibc)
      var started = pthread_t()
      let status = pthread_create(&started, nil, { Engine.main($0) }, box.toOpaque())
      let handle: pthread_t? = started
    #else
      var handle: pthread_t?
      let status = pthread_create(&handle, nil, { Engine.main($0) }, box.toOpaque())
    #endif
    guard status == 0 else {
      box.release()
      curl_multi_cleanup(multi)
      throw KeepError(.failure, .none, "no thread can be started for the network: error \(status)")
    }
    thread.withLock { $0 = handle }
  }

  private static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let engine = Unmanaged<Engine>.fromOpaque(context).takeRetainedValue()
    // Signals are for the threads of the program.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    EngineLoop(engine, engine.multi).run()
    return nil
  }

  /// Gives an order.
  ///
  /// - Returns: `false` once the engine is shut down.
  @discardableResult
  func send(_ order: Order) -> Bool {
    inbox.withLock { inbox in
      guard !inbox.isClosed else { return false }
      inbox.orders.append(order)
      announce(&inbox)
      return true
    }
  }

  private func announce(_ inbox: inout Inbox) {
    guard !inbox.isAnnounced else { return }
    inbox.isAnnounced = true
    curl_multi_wakeup(multi)
  }

  /// Takes the orders given since the last time; `nil` when the engine is to stop.
  func takeOrders() -> [Order]? {
    inbox.withLock { inbox in
      inbox.isAnnounced = false
      guard !inbox.isClosed else { return nil }
      defer { inbox.orders = [] }
      return inbox.orders
    }
  }

  /// The orders that came too late.
  func takeRemainingOrders() -> [Order] {
    inbox.withLock { inbox in
      defer { inbox.orders = [] }
      return inbox.orders
    }
  }

  /// Aborts all transfers and waits for the thread to end. May be called more than once.
  func shutDown() {
    inbox.withLock { inbox in
      guard !inbox.isClosed else { return }
      announce(&inbox)
      inbox.isClosed = true
    }
    let handle = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let handle else { return }
    if pthread_equal(handle, pthread_self()) != 0 {
      pthread_detach(handle)
    } else {
      pthread_join(handle, nil)
    }
  }
}
