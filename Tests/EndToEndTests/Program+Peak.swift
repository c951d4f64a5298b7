import SystemPackage
import Testing

extension Program {
  /// Runs to the end; gives the most memory that the program had, in KiB, too.
  func measured(_ arguments: [String]) throws -> (result: Result, peak: Int) {
    let script = """
      import resource, subprocess, sys
      status = subprocess.run(sys.argv[1:]).returncode
      print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
      sys.exit(status)
      """
    let result = try run(arguments, launcher: ["/usr/bin/python3", "-c", script])
    let peak = result.errors.split(separator: "\n").last?.split(separator: " ").last.flatMap { Int($0) }
    return (result, try #require(peak))
  }

  /// Runs `arguments` on a small file and then on a large one, and tells how much more memory the large one took at
  /// its peak.
  ///
  /// What the program takes for itself varies with the build and the machine by more than a file's share should be.
  /// - Returns: the large file's result, and the difference of the peaks in KiB.
  func compared(_ arguments: (FilePath) -> [String], small: FilePath, large: FilePath) throws
    -> (result: Result, growth: Int)
  {
    let first = try measured(arguments(small))
    guard first.result.status == 0 else { return (first.result, 0) }
    let second = try measured(arguments(large))
    return (second.result, second.peak - first.peak)
  }
}
