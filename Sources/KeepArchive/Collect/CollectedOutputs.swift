package import KeepModel

/// What a result holds, by the shape of its values.
package struct CollectedOutputs: Sendable, Equatable {
  /// Everything to archive, in order of node id, key (both by UTF-16 code units), index.
  package var outputs: [NodeOutput] = []
  /// What a person should know, in the order it was met.
  package var notes: [CollectionNote] = []
}

/// Something about a result that a person should know; nothing of it stops the archiving.
package struct CollectionNote: Sendable, Equatable, CustomStringConvertible {
  /// What was met.
  package enum Kind: String, Sendable, CaseIterable {
    /// The name holds a counter such as `%03d`: it stands for many files, of which none is listed.
    case patternFilename = "pattern_filename"
    /// `type` is none of `output`, `temp`, `input`.
    case unknownType = "unknown_type"
    /// A text names a media file that the result does not list, so it cannot be downloaded.
    case mentionedFile = "mentioned_file"
    /// The node waits for the next part of a batch.
    case unfinishedBatch = "unfinished_batch"
    /// A `data:` URI, which stays in the result.
    case inlineData = "inline_data"
    /// A text whose exact characters cannot be told, which stays in the result.
    case brokenText = "broken_text"
    /// A value in which nothing can be listed where a list is due, which stays in the result.
    case notAList = "not_a_list"
    /// A key that an object names twice: only the last of its values was read.
    case duplicateKey = "duplicate_key"
    /// A node that saves files according to its class, but lists none.
    case nothingReported = "nothing_reported"
  }

  /// What was met.
  package let kind: Kind
  /// At which node; `nil` where it is about the result as a whole.
  package let node: NodeID?
  /// Under which key.
  package let key: OutputKey?
  /// The name or type in question, as the service gave it.
  package let detail: String?

  /// What was met, and where, in words. Foreign text in it is not escaped.
  package var description: String {
    let place = (node.map { "node \($0)" } ?? "the result") + (key.map { ", \($0)" } ?? "")
    let subject = detail.map { " (\($0))" } ?? ""
    return "\(place): \(Self.words[kind] ?? kind.rawValue)\(subject)"
  }

  private static let words: [Kind: String] = [
    .patternFilename: "the name stands for many files, which the service does not list",
    .unknownType: "the service's type for the file is unknown; it is kept",
    .mentionedFile: "a file is mentioned but not listed, so it cannot be downloaded",
    .unfinishedBatch: "the batch is not finished; the next run goes on with it",
    .inlineData: "inline data stays in the result document",
    .brokenText: "a text with broken characters stays in the result document",
    .notAList: "a value that lists nothing stays in the result document",
    .duplicateKey: "it names a key twice, of which the last counts; the document is kept as it came",
    .nothingReported: "the node saves files but reported none",
  ]
}
