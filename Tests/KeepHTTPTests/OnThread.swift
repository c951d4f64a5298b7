import Foundation

/// Does something that blocks on a thread of its own, and waits for it without blocking.
func onThread(_ work: @escaping @Sendable () throws -> Void) async throws {
  try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
    Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
  }
}
