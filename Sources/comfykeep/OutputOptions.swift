import ArgumentParser

/// What is told, and how.
struct OutputOptions: ParsableArguments {
  @Flag(help: "One JSON object a line on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress, only results and errors.")
  var quiet = false
}
