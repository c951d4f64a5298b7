import ArgumentParser
import KeepModel

/// Looks at a command line before its parser does, where that one would take a file's name for options, or would
/// say something else than what is wrong.
enum ArgumentCheck {
  /// The options that take a length of time.
  private static let durations: Set<String> = [
    "--max-wait", "--poll-interval", "--upload-lifetime", "--retention", "--queue", "--cold-start",
    "--run-time",
  ]

  /// - Throws: ``KeepError`` with code `usage`.
  static func check(_ arguments: [String]) throws(KeepError) {
    if let first = arguments.first, !first.hasPrefix("-"), !commands.contains(first) {
      throw KeepError(.usage, .option(first), "is no command", hint: "comfykeep --help lists them")
    }
    let options = Array(arguments.prefix { $0 != "--" })
    for (index, argument) in options.enumerated() where isSingleDashed(argument) {
      if index > 0, durations.contains(options[index - 1]) {
        throw KeepError(.usage, .option(options[index - 1]), TimeSpan.refusal(of: argument))
      }
      // -q and -r can be written as one. A file's name must not pass for options, least of all for -h.
      guard argument.utf8.count > 2, !argument.dropFirst().allSatisfy({ "qr".contains($0) }) else { continue }
      throw KeepError(
        .usage, .option(argument), "is no option",
        hint: "if it is a file, use ./\(argument), or -- before all files")
    }
  }

  private static func isSingleDashed(_ argument: String) -> Bool {
    argument.hasPrefix("-") && !argument.hasPrefix("--") && argument.utf8.count > 1
  }

  private static var commands: [String] {
    Comfykeep.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
  }
}
