import KeepFiles
import KeepModel
import KeepSubmit
import SystemPackage

/// One `--asset NODE.INPUT[=FILE|FOLDER|URL]`.
struct AssetArgument {
  /// Where the files of an input come from.
  enum Source: Equatable {
    /// It takes each PATH, or the column of a table.
    case each
    /// One file for every run.
    case file(FilePath)
    /// The file of the same name, its extension aside, in a folder.
    case folder(FilePath)
    /// One address for every run.
    case url(HTTPURL)
  }

  let input: NodeInput
  let source: Source

  /// Reads an argument.
  ///
  /// - Throws: ``KeepError`` with `usage` for a text of another form, `input_rejected` for an unknown node or input,
  ///   and for a URL that the service could not fetch.
  init(_ text: String, in workflow: Workflow?, allowsLocalURLs: Bool) throws(KeepError) {
    let equals = text.utf8.firstIndex(of: UInt8(ascii: "="))
    self.input = try Self.input(String(equals.map { text[..<$0] } ?? text[...]), in: workflow)
    let value = equals.map { String(text[text.utf8.index(after: $0)...]) }
    self.source =
      try value.map { value throws(KeepError) in
        try Self.source(value, .option("--asset"), allowsLocalURLs: allowsLocalURLs)
      } ?? .each
  }

  /// The input that a name stands for.
  static func input(_ name: String, in workflow: Workflow?) throws(KeepError) -> NodeInput {
    if let workflow { return try NodeReference.resolve(name, in: workflow) }
    guard let input = NodeInput(parsing: name) else {
      throw KeepError(
        .usage, .option(name), "names no node input", hint: "write NODE.INPUT, such as 189.image")
    }
    return input
  }

  /// What a file, a folder or a URL stands for.
  static func source(
    _ value: String, _ subject: KeepError.Subject, allowsLocalURLs: Bool
  ) throws(KeepError) -> Source {
    guard value.contains("://") else {
      let path = FilePath(value)
      return Folder.isFolder(path) ? .folder(path) : .file(path)
    }
    guard let url = HTTPURL(value) else {
      throw KeepError(.inputRejected, subject, "is not an http or https URL that a service could fetch")
    }
    let host = url.origin.host
    guard
      allowsLocalURLs
        || url.origin.scheme == "https" && !url.isLoopback && IPAddress(host)?.isPublic != false
    else {
      throw KeepError(
        .inputRejected, .address(url.withoutQuery.description),
        "is not a public https URL, which the service needs",
        hint: "host the file where a server without a login can fetch it by https, or add --allow-http")
    }
    return .url(url)
  }
}
