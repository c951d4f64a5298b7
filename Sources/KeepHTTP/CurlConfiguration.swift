public import KeepModel
public import SystemPackage

extension CurlTransport {
  /// How to connect, whom to trust and when to give up.
  ///
  /// There is never a limit on the whole time of an exchange: a transfer that moves may take days.
  public struct Configuration: Sendable {
    /// A file of certificate authorities in PEM to trust in place of the system's; `nil` for the system's.
    public var caFile: FilePath?
    /// The `User-Agent` header.
    public var userAgent: String
    /// The longest wait for name, connection and TLS together.
    public var connectTimeout: Duration
    /// A transfer that stays below this many bytes a second for the whole of ``slowWindow`` is given up.
    public var slowestRate: ByteCount
    /// How long a transfer may stay below ``slowestRate``; also the longest silence of a server.
    public var slowWindow: Duration
    /// The most connections to one host at a time; further exchanges wait their turn.
    public var connectionsPerHost: Int
    /// How much is taken from a connection at once.
    public var receiveBuffer: ByteCount
    /// The proxies to use, by default those of the environment.
    public var proxies: ProxySettings

    /// The defaults, with the given trust.
    public init(caFile: FilePath? = nil) {
      self.caFile = caFile
      self.userAgent = "comfykeep/1.0"
      self.connectTimeout = .seconds(10)
      self.slowestRate = 10
      self.slowWindow = .seconds(60)
      self.connectionsPerHost = 16
      self.receiveBuffer = ByteCount(256 * 1024)
      self.proxies = .environment
    }
  }
}

extension Duration {
  /// Whole milliseconds, at least 1, as libcurl takes them.
  var curlMilliseconds: Int {
    let (seconds, attoseconds) = components
    return max(1, Int(clamping: seconds) &* 1000 &+ Int(attoseconds / 1_000_000_000_000_000))
  }

  /// Seconds rounded up, at least 1, as libcurl takes them.
  var curlSeconds: Int { (curlMilliseconds + 999) / 1000 }
}
