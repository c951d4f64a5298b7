import Foundation
public import KeepModel
import Synchronization

/// A TCP server on a free port of the loopback that does what a script says, byte by byte.
///
/// Each connection has a thread, on which the script runs; when the script returns or throws, the connection
/// is closed. What an HTTP server would never do is what this is for.
public final class RawServer: Sendable {
  /// What to do with a connection.
  public typealias Script = @Sendable (RawConnection) throws -> Void

  private struct State {
    var connections: [RawConnection] = []
    var isStopped = false
  }

  private let listener: Int32
  private let script: Script
  private let state = Mutex(State())
  private let threads = DispatchGroup()
  /// Where it listens.
  public let port: UInt16

  /// Starts to listen.
  public init(_ script: @escaping Script) throws {
    self.script = script
    self.listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let status = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
      return bind(listener, start, length) | listen(listener, 128) | getsockname(listener, start, &length)
    }
    guard listener >= 0, status == 0 else { throw RawServerError("cannot listen: \(errno)") }
    self.port = UInt16(bigEndian: address.sin_port)
    startAccepting()
  }

  /// `http://127.0.0.1:PORT/` followed by a path.
  public func url(_ path: String = "") throws -> HTTPURL {
    guard let url = HTTPURL("http://127.0.0.1:\(port)/\(path)") else {
      throw RawServerError("\(path) makes no URL")
    }
    return url
  }

  /// How many connections were made so far.
  public var connectionCount: Int { state.withLock { $0.connections.count } }

  /// Closes everything and waits for all scripts to end.
  public func stop() {
    let connections = state.withLock { state in
      state.isStopped = true
      return state.connections
    }
    shutdown(listener, Int32(SHUT_RDWR))
    for connection in connections { connection.interrupt() }
    threads.wait()
  }

  private func startAccepting() {
    threads.enter()
    Thread.detachNewThread { [self] in
      while let connection = accept() { serve(connection) }
      close(listener)
      threads.leave()
    }
  }

  private func accept() -> RawConnection? {
    let descriptor = Foundation.accept(listener, nil, nil)
    guard descriptor >= 0 else { return nil }
    return state.withLock { state in
      let connection = RawConnection(descriptor, number: state.connections.count)
      guard !state.isStopped else { return nil }
      state.connections.append(connection)
      return connection
    }
  }

  private func serve(_ connection: RawConnection) {
    threads.enter()
    Thread.detachNewThread { [self] in
      // A script that meets a closed connection just ends; what the client saw is what tests look at.
      try? script(connection)
      connection.close()
      threads.leave()
    }
  }
}

/// What a raw server or connection ran into.
public struct RawServerError: Error, CustomStringConvertible {
  /// What it was.
  public let description: String

  init(_ description: String) { self.description = description }
}
