/// What a person wants a deployment to be like; what is `nil` is left as it is.
public struct DeploymentSettings: Sendable, Hashable {
  /// The name; the service wants one with every change.
  public var name: String?
  /// The id of a workflow that was saved at the service.
  public var workflowID: String?
  /// Its version, such as `v1`.
  public var workflowVersion: String?
  /// The kind of machine, such as `AMPERE_48`: exactly one.
  public var hardware: String?
  /// How many instances are kept, and billed, while idle.
  public var minInstances: Int?
  /// How many requests may run at once.
  public var maxInstances: Int?
  /// How many requests wait for each instance before another one is added.
  public var queueSize: Int?
  /// How many seconds an idle instance stays, and is billed, before it stops.
  public var keepWarmSeconds: Int?
  /// Whether it takes requests.
  public var isEnabled: Bool?

  /// Nothing is wanted yet.
  public init() {}

  /// Words for machines with 16, 24, 48, 48, 80, 80 and 141 GB that the service is known to take.
  public static let knownHardware = [
    "TURING_16", "AMPERE_24", "AMPERE_48", "ADA_48_PLUS", "AMPERE_80", "ADA_80_PLUS", "HOPPER_141",
  ]

  /// What RunComfy's page sets for a new deployment: one machine of 48 GB at most, none while idle.
  public static var standard: DeploymentSettings {
    var settings = DeploymentSettings()
    settings.hardware = "AMPERE_48"
    settings.minInstances = 0
    settings.maxInstances = 1
    settings.queueSize = 1
    settings.keepWarmSeconds = 60
    return settings
  }

  /// These settings, with those of `other` where there are none.
  public func filled(from other: DeploymentSettings) -> DeploymentSettings {
    var settings = self
    settings.name = name ?? other.name
    settings.workflowID = workflowID ?? other.workflowID
    settings.workflowVersion = workflowVersion ?? other.workflowVersion
    settings.hardware = hardware ?? other.hardware
    settings.minInstances = minInstances ?? other.minInstances
    settings.maxInstances = maxInstances ?? other.maxInstances
    settings.queueSize = queueSize ?? other.queueSize
    settings.keepWarmSeconds = keepWarmSeconds ?? other.keepWarmSeconds
    settings.isEnabled = isEnabled ?? other.isEnabled
    return settings
  }

  /// Whether machines would be billed while nothing runs.
  public var isBilledWhileIdle: Bool { (minInstances ?? 0) > 0 }

  /// Refuses numbers that no service can mean. The documents name two generations of upper limits, 3 and 10
  /// instances or 30 and 60, so what is above the smaller ones is only worth saying.
  ///
  /// - Parameter current: The deployment that is changed, for the bound that is left as it is.
  /// - Returns: what is worth saying and no reason to stop.
  /// - Throws: ``KeepError`` with code `usage`.
  public func check(against current: Deployment? = nil) throws(KeepError) -> [String] {
    if let name, name.allSatisfy(\.isWhitespace) { throw KeepError(.usage, .option("--name"), "is empty") }
    let numbers = [
      ("--min-instances", minInstances), ("--max-instances", maxInstances), ("--queue-size", queueSize),
      ("--keep-warm", keepWarmSeconds),
    ]
    for case (let option, let number?) in numbers where number < 0 {
      throw KeepError(.usage, .option(option), "is at least 0, found \(number)")
    }
    if let least = minInstances ?? current?.minInstances, let most = maxInstances ?? current?.maxInstances,
      most < least
    {
      throw KeepError(
        .usage, .option(maxInstances == nil ? "--min-instances" : "--max-instances"),
        "at most \(most) instances are less than at least \(least)")
    }
    if maxInstances == 0 {
      throw KeepError(
        .usage, .option("--max-instances"), "is at least 1, found 0",
        hint: "comfykeep deployments pause stops a deployment")
    }
    return advice
  }

  private var advice: [String] {
    var advice: [String] = []
    if let hardware, !Self.knownHardware.contains(hardware) {
      advice.append(
        "\(hardware) is none of the known machines: \(Self.knownHardware.joined(separator: ", "))")
    }
    if let minInstances, minInstances > 3 {
      advice.append(
        "--min-instances \(minInstances) is above the 3 that some of the service's documents allow")
    }
    if let maxInstances, maxInstances > 10 {
      advice.append(
        "--max-instances \(maxInstances) is above the 10 that some of the service's documents allow")
    }
    if isBilledWhileIdle, let minInstances {
      advice.append(
        "\(minInstances) instance\(minInstances == 1 ? " is" : "s are") kept running and billed while idle")
    }
    return advice
  }
}
