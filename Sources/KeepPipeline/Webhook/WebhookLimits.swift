package import KeepModel

/// How much of what strangers may cost a listener.
package struct WebhookLimits: Sendable {
  /// How many connections may be open. One more, and the one that has been reading for longest is closed.
  package var connections = 64
  /// How long head and body may take together, from the first moment of the connection on.
  package var reading: Duration = .seconds(10)
  /// How long the answer may take; the service waits 10 s for it (contract 4).
  package var answering: Duration = .seconds(8)
  /// How large a body may be.
  package var body: ByteCount = .mebibytes(1)
  /// How many bytes all header lines may have together.
  package var head = 16_384
  /// How many deliveries a second are looked into on average.
  package var rate = 50
  /// How many of them may come at once.
  package var burst = 200
  /// How many deliveries may be with the taker at once; more are told to come again.
  package var taking = 32
  /// How many deliveries are remembered, so that a repeated one is not taken twice.
  package var remembered = 4096

  /// 64 connections, 10 s and 1 MiB each, 50 deliveries a second.
  package init() {}
}
