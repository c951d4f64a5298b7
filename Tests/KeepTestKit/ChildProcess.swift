public import Glibc
import SystemPackage

/// A program that runs beside the test.
///
/// Foundation's `Process` misses the end of a child while another child that was started at the same time
/// still runs; suites run at the same time. This one is `posix_spawn` and `waitpid`.
public final class ChildProcess {
  /// Why a child could not be used.
  public struct Failure: Error {
    /// What went wrong.
    public let reason: String

    /// Says what went wrong.
    public init(reason: String) { self.reason = reason }
  }

  /// Where its words go.
  public enum Streams {
    /// Standard input and output are pipes; standard error is thrown away.
    case pipes
    /// Standard input is empty; output and errors go into files that exist.
    case files(output: String, errors: String)
  }

  /// The process's id.
  public let identifier: pid_t
  private var input: Int32 = -1
  private var output: Int32 = -1
  private var status: Int32?

  /// Starts a program found on the path.
  ///
  /// - Parameters:
  ///   - folder: Where it runs; this process's folder if `nil`.
  ///   - environment: Its whole environment; this process's if `nil`.
  public init(
    _ arguments: [String], in folder: String = ".", environment: [String: String]? = nil,
    streams: Streams = .pipes
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var theirs: [Int32] = []
    switch streams {
    case .files(let output, let errors):
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_APPEND, 0)
      posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_APPEND, 0)
    case .pipes:
      var (toChild, fromChild): ([Int32], [Int32]) = ([0, 0], [0, 0])
      guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw Failure(reason: "no pipe") }
      for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
      posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
      theirs = [toChild[0], fromChild[1]]
      input = toChild[1]
      output = fromChild[0]
    }
    var identifier: pid_t = 0
    let words = folder == "." ? arguments : ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + arguments
    var argv = words.map { strdup($0) } + [nil]
    var variables = (environment ?? [:]).map { strdup("\($0)=\($1)") } + [nil]
    let result =
      environment == nil
      ? posix_spawnp(&identifier, words[0], &actions, nil, &argv, environ)
      : posix_spawnp(&identifier, words[0], &actions, nil, &argv, &variables)
    for text in argv + variables { free(text) }
    for end in theirs { close(end) }
    self.identifier = identifier
    if result != 0 {
      status = -1
      throw Failure(reason: "\(arguments[0]) cannot be started: \(result)")
    }
  }

  /// Ends the program.
  deinit {
    if status == nil {
      signal(SIGKILL)
      _ = waitForEnd()
    }
    if input >= 0 { close(input) }
    if output >= 0 { close(output) }
  }

  /// Whether it has not ended yet.
  public var isRunning: Bool {
    guard status == nil else { return false }
    var ended: Int32 = 0
    guard waitpid(identifier, &ended, WNOHANG) == identifier else { return true }
    status = ended
    return false
  }

  /// Sends it a signal.
  public func signal(_ number: Int32) {
    if status == nil { kill(identifier, number) }
  }

  /// Waits for the program to end; returns its exit status, or -1 where a signal ended it.
  public func waitForEnd() -> Int32 {
    var ended = status ?? 0
    if status == nil { while waitpid(identifier, &ended, 0) < 0, errno == EINTR {} }
    status = ended
    return ended & 0x7F == 0 ? ended >> 8 & 0xFF : -1
  }

  /// Waits for the program to end; whether SIGKILL ended it, rather than a crash or the program itself.
  public func waitForKill() -> Bool {
    _ = waitForEnd()
    return (status ?? 0) & 0x7F == SIGKILL
  }

  /// What the program has written since; waits for at least a byte.
  public func read() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = Glibc.read(output, &buffer, buffer.count)
    guard count > 0 else { throw Failure(reason: "the program has closed its output") }
    return Array(buffer[..<count])
  }

  /// Gives the program something to read.
  public func write(_ bytes: [UInt8]) throws {
    guard Glibc.write(input, bytes, bytes.count) == bytes.count else {
      throw Failure(reason: "the program does not read")
    }
  }
}

extension ChildProcess {
  /// Runs a program to its end; returns its status and all that it said, output and errors as they came.
  public static func run(
    _ arguments: [String], in folder: String = "."
  ) throws -> (status: Int32, text: [UInt8]) {
    let words = try TemporaryFolder()
    let file = try words.write([], to: "words").string
    let child = try ChildProcess(arguments, in: folder, streams: .files(output: file, errors: file))
    return (child.waitForEnd(), try words.read("words"))
  }
}
