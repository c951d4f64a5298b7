import Glibc

/// A program that runs beside the test, with pipes at both ends.
///
/// Foundation's `Process` misses the end of a child while another child that was started at the same time
/// still runs; suites run at the same time.
final class ChildProcess {
  struct Failure: Error {
    let reason: String
  }

  private let identifier: pid_t
  private let input: Int32
  private let output: Int32
  private var hasEnded = false

  /// Starts a program found on the path, in a folder.
  init(_ arguments: [String], in folder: String) throws {
    var (toChild, fromChild): ([Int32], [Int32]) = ([0, 0], [0, 0])
    guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw Failure(reason: "no pipe") }
    for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var identifier: pid_t = 0
    let inFolder = ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + arguments
    var argv = inFolder.map { strdup($0) } + [nil]
    let status = posix_spawnp(&identifier, "sh", &actions, nil, &argv, environ)
    for argument in argv { free(argument) }
    close(toChild[0])
    close(fromChild[1])
    self.identifier = identifier
    self.input = toChild[1]
    self.output = fromChild[0]
    if status != 0 {
      hasEnded = true
      throw Failure(reason: "\(arguments[0]) cannot be started: \(status)")
    }
  }

  /// Ends the program.
  deinit {
    if !hasEnded {
      kill(identifier, SIGKILL)
      _ = waitForEnd()
    }
    close(input)
    close(output)
  }

  /// Waits for the program to end; returns its exit status, or -1.
  func waitForEnd() -> Int32 {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    hasEnded = true
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
  }

  /// What the program has written since; waits for at least a byte.
  func read() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = Glibc.read(output, &buffer, buffer.count)
    guard count > 0 else { throw Failure(reason: "the program has closed its output") }
    return Array(buffer[..<count])
  }

  /// Gives the program something to read.
  func write(_ bytes: [UInt8]) throws {
    guard Glibc.write(input, bytes, bytes.count) == bytes.count else {
      throw Failure(reason: "the program does not read")
    }
  }
}
