import KeepModel

/// What has to be downloaded, and what became of each output. Decides, and touches nothing.
struct RetrievalPlan {
  /// One file to download, for one or more outputs.
  struct Job: Sendable {
    /// Of the first output that wants it.
    let name: SpoolName
    let output: NodeOutput
    let filename: String
    var url: HTTPURL
  }

  let outputs: [NodeOutput]
  let policy: DownloadPolicy
  /// What became of each output; `nil` while it is not known.
  private(set) var retrievals: [RetrievedOutput.Retrieval?]
  /// What has to be downloaded, in the order of the outputs.
  private(set) var jobs: [Job] = []
  /// Outputs whose URL may not be asked, and why not.
  private(set) var unusable: [(output: NodeOutput, why: DownloadNote)] = []
  /// Which outputs want which file of the spool.
  private var positions: [SpoolName: [Int]] = [:]

  init(_ outputs: [NodeOutput], options: Manifest.Options, policy: DownloadPolicy) {
    self.outputs = outputs
    self.policy = policy
    self.retrievals = Array(repeating: nil, count: outputs.count)
    var places: [HTTPURL: SpoolName] = [:]
    for (position, output) in outputs.enumerated() {
      guard case .file(let record) = output.content else {
        retrievals[position] = .text
        continue
      }
      if record.type == "input" || record.type == "temp" && options.temp == .omit {
        retrievals[position] = .omitted
      } else if let url = record.url.flatMap(policy.url) {
        let name = places[url] ?? SpoolName(position: position)
        if places.updateValue(name, forKey: url) == nil {
          jobs.append(Job(name: name, output: output, filename: record.filename, url: url))
        }
        positions[name, default: []].append(position)
      } else {
        retrievals[position] = .missing(record.url == nil ? .noURL : .unreachable)
        if let url = record.url {
          unusable.append(
            (output, policy.unlistedHost(of: url).map { .unlistedHost($0) } ?? .unusableAddress))
        }
      }
    }
  }

  /// Refuses more files than are taken from one run: a service that lists without end must not keep us busy.
  ///
  /// - Throws: ``KeepError`` with code `failure`.
  func check() throws(KeepError) {
    guard jobs.count > policy.maximumOutputs else { return }
    throw KeepError(
      .failure, .none, "the run lists \(jobs.count) files, and at most \(policy.maximumOutputs) are taken")
  }

  /// Settles every output that wanted a job's file.
  mutating func settle(_ job: Job, _ retrieval: RetrievedOutput.Retrieval) {
    for position in positions[job.name] ?? [] { retrievals[position] = retrieval }
  }

  /// The job with the URL that a fresh result gives for its output; `nil` if it gives none.
  func refreshed(_ job: Job, by fresh: [NodeOutput]) -> Job? {
    let twin = fresh.first {
      $0.node == job.output.node && $0.key == job.output.key && $0.index == job.output.index
    }
    guard case .file(let record)? = twin?.content, let url = record.url.flatMap(policy.url) else {
      return nil
    }
    var job = job
    job.url = url
    return job
  }

  /// Every output with what became of it.
  func results() -> [RetrievedOutput] {
    zip(outputs, retrievals).map { output, retrieval in
      RetrievedOutput(output: output, retrieval: retrieval ?? .missing(.unreachable))
    }
  }
}
