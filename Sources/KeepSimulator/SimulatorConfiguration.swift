public import KeepModel
public import SystemPackage

extension Simulator {
  /// What the simulated service is to be like.
  public struct Configuration: Sendable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port of the API; 0 for any free one.
    public var port = 0
    /// The port of outputs and uploads; 0 for any free one.
    public var outputPort = 0
    /// The one token that the API takes.
    public var token = Secret("simulator-token")
    /// What can be submitted to.
    public var deployments: [Deployment] = Deployment.samples
    /// What goes wrong, or differs.
    public var faults: [ArmedFault] = []
    /// How long things take.
    public var timing = Timing()
    /// How long results are kept after a run ended.
    public var retention: Duration = .seconds(7 * 86_400)
    /// The simulated time.
    public var clock = SimulatorClock()
    /// Where one line of JSON is appended for every request, submission and webhook.
    public var log: FilePath?
    /// How large a request body may be; above, the answer is 413.
    public var maximumBody: ByteCount = .mebibytes(256)
    /// Fetches media from other origins than the simulator's own, `nil` where nothing is there; without it no such
    /// address is fetched, and a run with one fails.
    public var fetch: (@Sendable (String) async -> FetchedMedia?)?
    /// What is in the account at the start.
    public var balance = Balance(microdollars: 100_000_000)
    /// What each accepted submission takes from it, at once.
    public var runCost = Balance(microdollars: 0)
    /// How long the longer side of a drawn picture may be.
    public var longestSide = 512

    /// The service as it is by default: three sample deployments, no faults.
    public init() {}
  }

  /// How long things take in simulated time.
  public struct Timing: Sendable {
    /// From the submit until an instance is assigned, at least.
    public var queue: Duration = .milliseconds(50)
    /// Added to the first run of an instance, and after it stood idle.
    public var coldStart: Duration = .milliseconds(50)
    /// The run itself.
    public var run: Duration = .milliseconds(50)
    /// How long an idle instance stays warm.
    public var keepWarm: Duration = .seconds(60)
    /// How many runs of one deployment may go on at once; more wait in the queue.
    public var instances = 8

    /// 50 ms each for queue, cold start and run.
    public init() {}
  }

  /// A deployment that can be submitted to.
  public struct Deployment: Sendable {
    /// Its id.
    public var id: DeploymentID
    /// Its name.
    public var name: String
    /// The saved graph.
    public var workflow: Workflow
    /// Default overrides, node id → `{"inputs": …}`.
    public var overrides = JSONObject()
    /// Whether it takes submissions; a paused one answers 10002.
    public var isEnabled = true
    /// Whether it belongs to another account; then every call answers 403003.
    public var isForeign = false
    /// Its readme in Markdown.
    public var readme = "A workflow of the simulator."
    /// The kind of machine.
    public var hardware = "AMPERE_48"
    /// How many instances are kept while idle.
    public var minInstances = 0
    /// How many runs may go on at once; `nil` for what the timing says.
    public var maxInstances: Int?
    /// How many requests wait for each instance before another one is added.
    public var queueSize = 1
    /// How many seconds an idle instance stays; `nil` for what the timing says.
    public var keepWarmSeconds: Int?
    /// When it was made; `nil` for long ago.
    public var createdAt: Timestamp?
    /// When it was last changed; `nil` for long ago.
    public var updatedAt: Timestamp?

    /// A deployment of a workflow.
    public init(id: DeploymentID, name: String, workflow: Workflow) {
      self.id = id
      self.name = name
      self.workflow = workflow
    }

    /// The three samples: a picture from a picture, a clip from a clip, several outputs.
    public static let samples: [Deployment] = [
      sample(1, "image-to-image", SampleWorkflow.imageToImage),
      sample(2, "video-to-video", SampleWorkflow.videoToVideo),
      sample(3, "several-outputs", SampleWorkflow.severalOutputs),
    ].compactMap { $0 }

    /// The id of the sample deployment with a number from 1 to 3.
    public static func sampleID(_ number: Int) -> DeploymentID {
      DeploymentID("00000000-0000-4000-8000-00000000000\(number)")
    }

    private static func sample(_ number: Int, _ name: String, _ text: String) -> Deployment? {
      // The texts are our own; a test reads all three.
      guard let document = try? JSONDocument(parsing: Array(text.utf8)).value,
        let workflow = try? Workflow(document: document)
      else { return nil }
      return Deployment(id: sampleID(number), name: name, workflow: workflow)
    }
  }

  /// Where a simulator listens.
  public struct Addresses: Sendable, Hashable {
    /// The API, such as `http://127.0.0.1:40001`: what `RUNCOMFY_API_URL` is to be.
    public let api: String
    /// The origin of outputs.
    public let outputs: String
    /// The folder that takes uploads by PUT.
    public var uploads: String { outputs + "/uploads" }
  }
}
