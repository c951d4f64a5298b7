internal import KeepModel

/// What a list of runs tells of one, read from its bundle beside the manifest.
package struct RunSummary: Sendable, Equatable {
  /// The texts that the run was prompted with, those that were set over the workflow first, and those that say what is
  /// not wanted last.
  package let prompts: [String]
  /// The seeds, with their own digits.
  package let seeds: [String]
  /// What the service said went wrong; empty where nothing did.
  package let error: String

  /// Reads the archived request and workflow. What is missing, damaged or too large there is left out: a list tells
  /// what it can.
  package init(_ manifest: Manifest, in reader: borrowing BundleReader) {
    var contents = RunContents(manifest: manifest)
    contents.request = manifest.documents.request.flatMap { reader.document($0.path) }
    contents.workflow = manifest.documents.workflow.flatMap { reader.document($0.path) }
      .flatMap { try? Workflow(document: $0) }
    let (values, spoken) = (contents.values, contents.spoken)
    let prompts = values.filter(\.isPrompt) + spoken.filter { !$0.isSeed }
    self.prompts = Self.unique(prompts.filter { !$0.isUnwanted } + prompts.filter(\.isUnwanted))
    self.seeds = Self.unique((values + spoken).filter(\.isSeed))
    self.error = RunErrorText(manifest.run).text
  }

  /// The texts, each once.
  private static func unique(_ values: [Parameter]) -> [String] {
    var seen: Set<String> = []
    return values.map(\.text).filter { seen.insert($0).inserted }
  }
}

extension Parameter {
  /// Whether it says what is not to be seen.
  fileprivate var isUnwanted: Bool {
    "\(title ?? "") \(name.rawValue)".lowercased().contains("negative")
  }
}

extension BundleReader {
  /// A document by its path relative to `data/`; `nil` where there is none that can be read.
  fileprivate func document(_ path: String) -> JSONValue? {
    guard let bytes = try? bytes(of: "data/\(path)", limit: .mebibytes(16)) else { return nil }
    return try? JSONDocument(parsing: bytes).value
  }

  /// The beginning of a text by its path relative to `data/`, cut between characters; `nil` where it cannot be read.
  package func beginning(of path: String, limit: Int) -> String? {
    var bytes: [UInt8] = []
    do throws(KeepError) {
      try read("data/\(path)") { piece throws(KeepError) in
        bytes += piece.prefix(limit + 4 - bytes.count)
        guard bytes.count < limit + 4 else { throw KeepError(.failure, .none, "nothing more is wanted") }
      }
    } catch {
      guard bytes.count >= limit + 4 else { return nil }
    }
    return TextExcerpt(bytes, limit: limit).text
  }
}
