import Foundation
import KeepTestKit

/// The launchers of programs whose system calls are watched, fail, or kill; calls are counted by thread.
enum Strace {
  private static let start = ["/usr/bin/strace", "-f", "-qq"]

  /// Whether a program can be killed at a call here, which is tried once.
  static let canTrace: Bool = {
    guard
      let child = try? ChildProcess(
        killing(at: 1, of: "read") + ["/bin/cat", "/dev/null"],
        streams: .files(output: "/dev/null", errors: "/dev/null"))
    else { return false }
    return child.waitForKill()
  }()

  /// Writes the calls to a file.
  static func watching(_ calls: String, in trace: String) -> [String] {
    start + ["-o", trace, "-e", "trace=\(calls)"]
  }

  /// Lets the calls fail from one on; those that did are marked `(INJECTED)` in the trace.
  static func failing(_ calls: String, from number: Int, with errno: String, in trace: String) -> [String] {
    watching(calls, in: trace) + ["-e", "inject=\(calls):error=\(errno):when=\(number)+"]
  }

  /// Lets one call of each thread fail, and those after it go on.
  static func failingOnce(_ calls: String, at number: Int, with errno: String, in trace: String) -> [String] {
    watching(calls, in: trace) + ["-e", "inject=\(calls):error=\(errno):when=\(number)"]
  }

  /// Kills the program at a call.
  static func killing(at number: Int, of calls: String) -> [String] {
    watching(calls, in: "/dev/null") + ["-e", "inject=\(calls):signal=SIGKILL:when=\(number)"]
  }
}
