import Glibc
import KeepModel
import SystemPackage

/// The process's environment.
enum Environment {
  /// A variable that is set and not empty.
  static subscript(name: String) -> String? {
    getenv(name).flatMap { String(validatingCString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A variable that is set and not empty, as a path: bytes, which need not be UTF-8.
  static func path(_ name: String) -> FilePath? {
    getenv(name).flatMap { $0.pointee == 0 ? nil : FilePath(platformString: $0) }
  }

  /// The user's home folder.
  static var home: FilePath { path("HOME") ?? "." }
}

/// The wall clock, for stamping.
enum SystemTime {
  /// How far ahead of the machine's clock it is: a debug build's tests let days pass by it.
  private static let ahead: Duration = {
    #if DEBUG
      return .seconds(Environment["COMFYKEEP_CLOCK_AHEAD"].flatMap { Int64($0) } ?? 0)
    #else
      return .zero
    #endif
  }()

  static let now: @Sendable () -> Timestamp = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    return now.advanced(by: ahead)
  }
}
