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
}
