import Glibc

/// Tells the service manager how the process is doing, by systemd's protocol (`sd_notify(3)`): a datagram of
/// `NAME=value` lines to the socket that `NOTIFY_SOCKET` names. Where nothing names one, nothing is told.
struct ServiceNotifier: Sendable {
  /// What there is to tell.
  enum State: Hashable, Sendable {
    /// It has started, or has read its recipes again.
    case ready
    /// It begins to read its recipes again; ``ready`` has to follow, whatever came of it.
    case reloading
    /// It begins to stop.
    case stopping
    /// It is alive, as the watchdog wants to know.
    case alive
    /// What it does, in a few words for people; nothing else is told.
    case status
  }

  /// A socket's address as the kernel wants it: a path, or a name without a file that begins with a zero.
  struct Address: Hashable, Sendable {
    let bytes: [UInt8]

    /// Reads `NOTIFY_SOCKET`: `/path` or `@name`; `nil` for anything else, and for what is too long for a socket.
    init?(_ text: [UInt8]) {
      guard text.count > 1, text.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
        return nil
      }
      switch text.first {
      case UInt8(ascii: "/"): self.bytes = text
      case UInt8(ascii: "@"): self.bytes = [0] + text.dropFirst()
      default: return nil
      }
    }
  }

  /// Where the manager listens, if one does.
  let address: Address?
  /// How often ``State/alive`` is to be told, half of the time in which the manager expects it; `nil` where it
  /// does not.
  let watchdog: Duration?

  /// Reads what the manager has set.
  ///
  /// - Parameters:
  ///   - process: Our process id; the watchdog may want to hear of another one.
  ///   - variable: The value of a variable.
  init(process: pid_t, _ variable: (String) -> [UInt8]?) {
    self.address = variable("NOTIFY_SOCKET").flatMap { Address($0) }
    func text(_ name: String) -> String? { variable(name).map { String(decoding: $0, as: UTF8.self) } }
    let isOurs = text("WATCHDOG_PID").map { Int32($0) == process } ?? true
    let time = text("WATCHDOG_USEC").flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
    self.watchdog = address != nil && isOurs ? time.map { .microseconds(max(1, $0 / 2)) } : nil
  }

  /// Reads what the manager has set, and takes it out of the environment, so that no program that is started from
  /// here on can speak in our name. To be called before there are other threads.
  static func taken() -> ServiceNotifier {
    let notifier = ServiceNotifier(process: getpid()) { name in
      getenv(name).map {
        Array(UnsafeBufferPointer(start: $0, count: strlen($0))).map { UInt8(bitPattern: $0) }
      }
    }
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
    return notifier
  }

  /// Tells the manager; whether it was told. Nothing hangs on it: a manager that does not listen for a second is
  /// not waited for.
  @discardableResult
  func tell(_ state: State, _ words: String? = nil) -> Bool {
    guard let address else { return false }
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = Duration.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    return Self.send(Self.message(state, words, at: now), to: address)
  }

  /// The datagram: `at` is CLOCK_MONOTONIC's time, by which the manager knows a reload that it has asked for.
  static func message(_ state: State, _ words: String?, at now: Duration) -> String {
    var lines: [String] = []
    switch state {
    case .ready: lines.append("READY=1")
    case .reloading:
      let (seconds, attoseconds) = now.components
      lines += ["RELOADING=1", "MONOTONIC_USEC=\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)"]
    case .stopping: lines.append("STOPPING=1")
    case .alive: lines.append("WATCHDOG=1")
    case .status: break
    }
    // One line, and a datagram of more than 4 KiB is thrown away whole.
    if let words { lines.append("STATUS=\(Terminal.safe(String(words.unicodeScalars.prefix(400))))") }
    return lines.joined(separator: "\n")
  }

  private static func send(_ message: String, to address: Address) -> Bool {
    let file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { return false }
    defer { close(file) }
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: address.bytes) }
    // A name without a file ends where its length says.
    let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + address.bytes.count } ?? 0
    let bytes = Array(message.utf8)
    let sent = withUnsafePointer(to: place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(file, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
      }
    }
    return sent == bytes.count
  }
}
