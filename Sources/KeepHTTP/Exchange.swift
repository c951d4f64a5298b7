import KeepModel
import KeepTransport
import Synchronization

/// One request and what has come of it: where its caller and the engine's thread meet.
///
/// The engine fills in head, body and ending; the caller takes them. Either side may be ahead of the other.
final class Exchange: Sendable {
  let request: HTTPRequest
  private let state = Mutex(State())

  /// Pieces grow up to this size before another is begun.
  static let pieceSize = 128 * 1024
  /// With this much waiting to be read the sender is stopped, …
  private static let highWater = 2 * pieceSize
  /// … and let go on at this.
  private static let lowWater = pieceSize

  private struct State {
    var head: ResponseHead?
    /// Whether the caller has seen the head.
    var isHeadTaken = false
    var pieces: [[UInt8]] = []
    var waitingBytes = 0
    /// The piece given out last, and buffers that came back empty.
    var handed: [UInt8] = []
    var spare: [[UInt8]] = []
    var isPaused = false
    var ending: Ending?
    var isRemoved = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private enum Ending {
    case whole
    case failed(KeepError)
  }

  init(_ request: HTTPRequest) {
    self.request = request
  }

  // MARK: The engine's side

  /// Whether the caller has given up, so that nothing more needs to be done.
  var isOver: Bool { state.withLock { $0.ending != nil } }

  func setHead(_ head: ResponseHead) {
    state.withLock { $0.head = head }
  }

  /// Appends bytes of the body; `false`, with nothing taken, when the reader has to catch up first.
  func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    state.withLock { state in
      guard state.waitingBytes < Self.highWater else {
        state.isPaused = true
        return false
      }
      guard state.ending == nil else { return true }
      state.waitingBytes += bytes.count
      if let last = state.pieces.indices.last,
        state.pieces[last].count + bytes.count <= Self.pieceSize
      {
        state.pieces[last].append(contentsOf: bytes)
        return true
      }
      var piece = state.spare.popLast() ?? []
      piece.reserveCapacity(max(bytes.count, Self.capacity(for: state.head)))
      piece.append(contentsOf: bytes)
      state.pieces.append(piece)
      return true
    }
  }

  /// A small body gets just the room it needs.
  private static func capacity(for head: ResponseHead?) -> Int {
    let length = head?.headers["Content-Length"].flatMap { UInt64($0) } ?? UInt64(pieceSize)
    return Int(min(length, UInt64(pieceSize)))
  }

  /// Lets the caller see what is there by now.
  func wake() {
    let waiters = state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Ends the exchange: libcurl does not know it any more.
  func end(_ failure: KeepError?) {
    state.withLock { state in
      state.isRemoved = true
      if state.ending == nil { state.ending = failure.map { .failed($0) } ?? .whole }
    }
    wake()
  }

  // MARK: The caller's side

  /// The head, as soon as it is there; also when the body broke off after it.
  func head() async throws(KeepError) -> ResponseHead {
    while true {
      let (head, ending) = state.withLock { state in
        state.isHeadTaken = state.isHeadTaken || state.head != nil
        return (state.head, state.ending)
      }
      if let head { return head }
      if case .failed(let error) = ending { throw error }
      await wait { $0.head != nil || $0.ending != nil }
    }
  }

  private enum Taken {
    case piece([UInt8], needsResume: Bool)
    case end
    case nothing
  }

  /// The next piece of the body; calls `resume` when the sender was stopped and may go on.
  func next(resume: () -> Void) async throws(KeepError) -> [UInt8]? {
    while true {
      switch try take() {
      case .piece(let piece, let needsResume):
        if needsResume { resume() }
        return piece
      case .end: return nil
      case .nothing: await wait { !$0.pieces.isEmpty || $0.ending != nil }
      }
    }
  }

  private func take() throws(KeepError) -> Taken {
    let (taken, failure): (Taken, KeepError?) = state.withLock { state in
      // What arrived before the body broke off is still handed out: a download can go on from there.
      if !state.pieces.isEmpty {
        Self.takeBack(&state)
        let piece = state.pieces.removeFirst()
        state.handed = piece
        state.waitingBytes -= piece.count
        let needsResume = state.isPaused && state.waitingBytes <= Self.lowWater
        if needsResume { state.isPaused = false }
        return (.piece(piece, needsResume: needsResume), nil)
      }
      switch state.ending {
      case .failed(let error): return (.nothing, error)
      case .whole: return (.end, nil)
      case nil: return (.nothing, nil)
      }
    }
    if let failure { throw failure }
    return taken
  }

  /// Empties the piece that was given out last, to fill it again.
  ///
  /// Fresh memory costs more than the copy into it. A reader that is done with its piece has let go of it by
  /// the time it asks for the next; `removeAll` sees to it that one that was kept stays as it is.
  private static func takeBack(_ state: inout State) {
    guard state.handed.capacity >= pieceSize else { return }
    state.handed.removeAll(keepingCapacity: true)
    state.spare.append(state.handed)
    state.handed = []
  }

  /// Ends the exchange from the caller's side and drops what has not been read.
  ///
  /// - Returns: Whether libcurl still knows the transfer, which has to be removed then.
  func abandon(_ failure: KeepError) -> Bool {
    let isRemoved = state.withLock { state in
      // An answer that was whole before its head was taken is lost as well: the caller must not wait for it.
      if state.ending == nil || !state.pieces.isEmpty || !state.isHeadTaken {
        state.ending = .failed(failure)
      }
      state.head = nil
      (state.pieces, state.spare, state.handed) = ([], [], [])
      state.waitingBytes = 0
      return state.isRemoved
    }
    wake()
    return !isRemoved
  }

  /// Returns once libcurl does not know the transfer any more.
  func removal() async {
    while !state.withLock({ $0.isRemoved }) { await wait { $0.isRemoved } }
  }

  private func wait(_ isReady: @Sendable (State) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isReadyNow = state.withLock { state in
        if isReady(state) { return true }
        state.waiters.append(continuation)
        return false
      }
      if isReadyNow { continuation.resume() }
    }
  }
}
