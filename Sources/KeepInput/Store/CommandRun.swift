internal import Dispatch
internal import Glibc
internal import KeepModel
internal import Synchronization
internal import SystemPackage

/// One run of a program, from start to end, in a process group of its own that ends with it or with our task.
struct CommandRun {
  let arguments: [[UInt8]]
  /// What it is called in errors.
  let name: String

  /// How a run ended.
  struct Outcome: Sendable {
    /// As `waitpid` gives it.
    var status: Int32 = 0
    var output: [UInt8] = []
    var errors: [UInt8] = []

    var isSuccess: Bool { status == 0 && output.count <= CommandRun.outputLimit }

    /// What happened, in words.
    var ending: String {
      if output.count > CommandRun.outputLimit {
        return "printed more than \(CommandRun.outputLimit / 1024) KiB and was stopped"
      }
      let signal = status & 0x7F
      return signal == 0 ? "ended with status \(status >> 8 & 0xFF)" : "was ended by signal \(signal)"
    }

    /// The last line of its output that is not blank.
    var lastLine: String {
      CommandRun.lines(output).last ?? ""
    }

    /// The end of what it said on standard error, safe to print.
    var lastWords: String {
      let lines = CommandRun.lines(errors).suffix(3).map { line in
        String(
          String.UnicodeScalarView(
            line.unicodeScalars.suffix(200).map { scalar in
              let isPlain =
                scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                && scalar.properties.generalCategory != .format
              return isPlain ? scalar : "?"
            }))
      }
      return lines.joined(separator: " / ")
    }
  }

  /// More output than this is none that a URL is looked for in.
  static let outputLimit = 65_536
  /// This much of the end of its errors is kept.
  private static let errorLimit = 4096

  /// Which process is to be killed when the task is cancelled: none before it is started or after it was waited for.
  private final class Handle: Sendable {
    private struct State {
      var identifier: pid_t?
      var isCancelled = false
    }
    private let state = Mutex(State())

    /// Starts a process, unless it is too late; the closure returns its id.
    func start(_ spawn: () throws(KeepError) -> pid_t) throws(KeepError) -> pid_t? {
      let result: Result<pid_t?, KeepError> = state.withLock { state in
        guard !state.isCancelled else { return .success(nil) }
        do throws(KeepError) {
          state.identifier = try spawn()
          return .success(state.identifier)
        } catch { return .failure(error) }
      }
      return try result.get()
    }

    func kill() {
      state.withLock { state in
        state.isCancelled = true
        if let identifier = state.identifier { _ = Glibc.kill(-identifier, SIGKILL) }
      }
    }

    /// Waits for a process that has ended; its id may belong to another from then on.
    func reap() -> Int32 {
      state.withLock { state in
        var status: Int32 = 0
        guard let identifier = state.identifier else { return status }
        // What it has left running in its group is not for us to wait for.
        _ = Glibc.kill(-identifier, SIGKILL)
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        state.identifier = nil
        return status
      }
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }
  }

  /// Runs the program to its end, which has to come in time.
  ///
  /// - Throws: ``KeepError`` as ``outcome()``; `uploadFailed` when it takes longer.
  func outcome(within limit: Duration) async throws(KeepError) -> Outcome {
    do {
      return try await withThrowingTaskGroup(of: Outcome?.self) { group in
        group.addTask { try await outcome() }
        group.addTask {
          try await Task.sleep(for: limit)
          return nil
        }
        defer { group.cancelAll() }
        guard let outcome = try await group.next() ?? nil else {
          throw KeepError(
            .uploadFailed, .option("upload.command"),
            "\(name) did not end within \(limit.components.seconds) s")
        }
        return outcome
      }
    } catch let error as KeepError {
      throw error
    } catch {
      throw interrupted
    }
  }

  /// Runs the program to its end.
  ///
  /// - Throws: ``KeepError`` with code `uploadFailed` when it cannot be started, `interrupted` when cancelled.
  func outcome() async throws(KeepError) -> Outcome {
    let handle = Handle()
    let result: Result<Outcome, KeepError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Blocking reads have a thread of their own.
        DispatchQueue(label: "comfykeep.command").async {
          do throws(KeepError) { continuation.resume(returning: .success(try follow(handle))) } catch {
            continuation.resume(returning: .failure(error))
          }
        }
      }
    } onCancel: {
      handle.kill()
    }
    if handle.isCancelled { throw interrupted }
    return try result.get()
  }

  private var interrupted: KeepError {
    KeepError(.interrupted, .option("upload.command"), "\(name) was stopped")
  }

  private func follow(_ handle: Handle) throws(KeepError) -> Outcome {
    let (output, errors) = (try pipe(), try pipe())
    defer {
      for end in [output.readEnd, errors.readEnd] { try? end.close() }
    }
    let started: pid_t?
    do throws(KeepError) {
      started = try handle.start { () throws(KeepError) in try spawn(output.writeEnd, errors.writeEnd) }
    } catch {
      for end in [output.writeEnd, errors.writeEnd] { try? end.close() }
      throw error
    }
    for end in [output.writeEnd, errors.writeEnd] { try? end.close() }
    guard let identifier = started else { throw interrupted }
    var outcome = Outcome()
    listen(to: identifier, output.readEnd, errors.readEnd, &outcome)
    outcome.status = handle.reap()
    return outcome
  }

  private func pipe() throws(KeepError) -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
    do {
      let ends = try FileDescriptor.pipe()
      for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
      return ends
    } catch {
      throw KeepError(.uploadFailed, .option("upload.command"), "\(name) cannot be started: no pipe")
    }
  }

  /// Reads both streams until the program has ended or has said too much.
  private func listen(
    to identifier: pid_t, _ output: FileDescriptor, _ errors: FileDescriptor, _ outcome: inout Outcome
  ) {
    var streams = [output, errors].map { pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0) }
    var hasEnded = false
    while streams.contains(where: { $0.fd >= 0 }), outcome.output.count <= Self.outputLimit {
      // A process that it left behind may hold the streams open: then its own end counts.
      let ready = poll(&streams, nfds_t(streams.count), hasEnded ? 0 : 100)
      if ready == 0, hasEnded { return }
      for index in streams.indices where streams[index].fd >= 0 && streams[index].revents != 0 {
        let bytes = Self.read(streams[index].fd)
        if bytes.isEmpty { streams[index].fd = -1 }
        if index == 0 {
          outcome.output += bytes
        } else {
          outcome.errors = (outcome.errors + bytes).suffix(Self.errorLimit)
        }
      }
      hasEnded = hasEnded || Self.hasEnded(identifier)
    }
    while outcome.output.count <= Self.outputLimit, !Self.hasEnded(identifier) {
      _ = poll(nil, 0, 20)
    }
  }

  private static func read(_ descriptor: Int32) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    return count > 0 ? Array(buffer[..<count]) : []
  }

  /// Whether a process has ended, without waiting for it.
  private static func hasEnded(_ identifier: pid_t) -> Bool {
    var information = siginfo_t()
    let options = WEXITED | WNOHANG | WNOWAIT
    guard waitid(P_PID, id_t(identifier), &information, options) == 0 else { return true }
    return information.si_signo != 0
  }

  /// Keeps what is open here from the program: connections of libcurl, for one, are not closed by themselves.
  private static func closeOursOnSpawn() {
    guard let folder = opendir("/proc/self/fd") else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
  }

  /// Starts the program: no shell, no descriptor of ours but the two pipes, signals as a fresh process has them.
  private func spawn(_ output: FileDescriptor, _ errors: FileDescriptor) throws(KeepError) -> pid_t {
    Self.closeOursOnSpawn()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.rawValue, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { bytes in
      strdup(bytes.map { CChar(bitPattern: $0) } + [0])
    }
    words.append(nil)
    defer { for word in words { free(word) } }
    var identifier: pid_t = 0
    let program = String(decoding: arguments[0], as: UTF8.self)
    var variables = Self.environment()
    defer { for variable in variables { free(variable) } }
    variables.append(nil)
    let status = posix_spawnp(&identifier, program, &actions, &attributes, words, variables)
    guard status == 0 else {
      throw KeepError(
        .uploadFailed, .option("upload.command"),
        "\(name) cannot be started: \(Errno(rawValue: status).description.lowercased())",
        hint: "is it installed and on the PATH?")
    }
    return identifier
  }

  /// Whether `NAME=VALUE` is no secret that is the service's alone.
  static func isPassedOn(_ variable: String) -> Bool {
    !["RUNCOMFY_API_TOKEN=", "COMFY_ORG_API_KEY="].contains { variable.utf8.starts(with: $0.utf8) }
  }

  /// The environment without the secrets that are the service's alone.
  private static func environment() -> [UnsafeMutablePointer<CChar>?] {
    var variables: [UnsafeMutablePointer<CChar>?] = []
    var place = environ
    while let variable = place.pointee {
      if isPassedOn(String(cString: variable)) { variables.append(strdup(variable)) }
      place += 1
    }
    return variables
  }

  /// A path that begins with `/`.
  static func absolute(_ path: FilePath) -> FilePath {
    guard !path.isAbsolute, let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return FilePath(platformString: folder).pushing(path)
  }

  /// Lines that are not blank, without the blanks around them.
  static func lines(_ bytes: [UInt8]) -> [String] {
    bytes.split { $0 == 0x0A || $0 == 0x0D }.map { line in
      let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
      var rest = line.drop(while: isBlank)
      while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
      return String(decoding: rest, as: UTF8.self)
    }.filter { !$0.isEmpty }
  }
}
