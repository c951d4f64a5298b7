import ArgumentParser

/// What is told, and how.
struct OutputOptions: ParsableArguments {
  @Flag(help: "One JSON object a line on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress, and of checks nothing but what is wrong.")
  var quiet = false
}
