import KeepModel

/// `catalog.csv`: a line for each bundle (RFC 4180: UTF-8, CRLF, every text in quotes).
///
/// A cell that a spreadsheet would take for a formula begins with an apostrophe instead.
enum CatalogTable {
  /// What the first line begins with, by which a table is known as ours.
  static let mark = "bundle,state,"

  private static let columns = [
    "bundle", "state", "service_status", "request_id", "deployment_id", "created_at", "finished_at",
    "outputs",
    "archived", "missing", "omitted", "inputs", "bytes", "seeds", "prompt", "other_prompts", "error",
  ]

  /// The table, bundles in the order given and then what cannot be read.
  static func bytes(_ entries: [CatalogEntry], _ problems: [CatalogProblem]) -> [UInt8] {
    var text = columns.joined(separator: ",") + "\r\n"
    for entry in entries { text += line(entry) + "\r\n" }
    for problem in problems {
      let cells =
        [problem.address ?? problem.path, "unreadable"] + Array(repeating: "", count: columns.count - 3)
      text += (cells + [problem.reason]).map(CSVCell.text).joined(separator: ",") + "\r\n"
    }
    return Array(text.utf8)
  }

  private static func line(_ entry: CatalogEntry) -> String {
    let texts = [
      entry.address, entry.state.rawValue, entry.status, entry.request, entry.deployment,
      entry.createdAt?.description ?? "", entry.finishedAt?.description ?? "",
    ]
    let numbers = [entry.listed, entry.archived, entry.missing, entry.omitted, entry.inputs].map(String.init)
    let rest = [
      entry.seeds.joined(separator: " "), entry.prompts.first ?? "",
      entry.prompts.dropFirst().joined(separator: "\n"), entry.error,
    ]
    return (texts.map(CSVCell.text) + numbers + [String(entry.size)] + rest.map(CSVCell.text)).joined(
      separator: ",")
  }
}
