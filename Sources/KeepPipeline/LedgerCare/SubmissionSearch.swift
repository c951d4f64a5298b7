import KeepArchive
import KeepModel
import SystemPackage

/// Finds the submission that a bundle's run was of.
///
/// A bundle says what was sent. Some of that may have been meant in more than one way: a number that was drawn at random, or
/// an address that stands for a file. The key tells which, where the receipt has it.
struct SubmissionSearch {
  private let deployment: DeploymentID
  private let request: ArchivedRequest
  /// What each node input may have been given.
  private var choices: [(input: NodeInput, values: [OverrideValue])] = []
  /// Whether the bundle tells all that went in.
  private var isWhole = true

  /// How many ways are tried.
  private static let limit = 4096
  /// How many draws of a random number one command may have made, at most, to be found again.
  private static let draws = 32

  init(_ request: ArchivedRequest, deployment: DeploymentID) {
    self.request = request
    self.deployment = deployment
    for (input, value) in request.values {
      switch value {
      case .withheld: isWhole = false
      case .file(let filename, let stored):
        let asset = Asset(
          path: FilePath(filename), size: ByteCount(stored.size), checksum: stored.checksum,
          mediaType: stored.mediaType, filename: filename)
        choices.append((input, [.asset(.inline(asset))]))
      case .json(let json): choices.append((input, Self.meanings(of: json)))
      }
    }
  }

  private static func meanings(of json: JSONValue) -> [OverrideValue] {
    if let seed = json.number?.unsigned {
      return [.json(json)] + (1...draws).map { .randomSeed(seed, draw: $0) }
    }
    guard let text = json.string, let url = HTTPURL(text), url.description.utf8.elementsEqual(text.utf8)
    else {
      return [.json(json)]
    }
    return [.json(json), .asset(.hosted(url, nil))]
  }

  /// The submission with a key; `nil` where the bundle does not tell all of it.
  func submission(keyed key: SubmissionKey) -> Submission? {
    guard isWhole else { return nil }
    var tries = 0
    return found(key, Overrides(), choices[...], &tries)
  }

  /// The submission with every value as it was sent; `nil` where the bundle does not tell all of it.
  var likely: Submission? {
    guard isWhole else { return nil }
    var overrides = Overrides()
    for (input, values) in choices { overrides[input] = values[0] }
    return submission(overrides)
  }

  private func submission(_ overrides: Overrides) -> Submission {
    Submission(
      deployment: deployment, mode: request.mode, workflow: request.workflow, overrides: overrides)
  }

  private func found(
    _ key: SubmissionKey, _ overrides: Overrides,
    _ rest: ArraySlice<(input: NodeInput, values: [OverrideValue])>, _ tries: inout Int
  ) -> Submission? {
    guard let choice = rest.first else {
      tries += 1
      let submission = submission(overrides)
      return submission.key == key ? submission : nil
    }
    for value in choice.values where tries < Self.limit {
      var overrides = overrides
      overrides[choice.input] = value
      if let submission = found(key, overrides, rest.dropFirst(), &tries) { return submission }
    }
    return nil
  }
}
