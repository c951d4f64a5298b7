public import KeepModel
import KeepTransport
public import SystemPackage

extension CurlTransport {
  /// How to connect, whom to trust and when to give up.
  ///
  /// A limit on the whole time of an exchange comes from its request alone: a download that moves may take days.
  public struct Configuration: Sendable {
    /// A file of certificate authorities in PEM to trust besides the system's folder of them; `nil` for the
    /// system's alone. Where the system has only a file of them, yours takes its place.
    public var caFile: FilePath?
    /// The `User-Agent` header.
    public var userAgent: String
    /// The longest wait for name, connection and TLS together.
    public var connectTimeout: Duration
    /// A transfer that stays below this many bytes a second for the whole of ``slowWindow`` is given up.
    public var slowestRate: ByteCount
    /// How long a transfer may stay below ``slowestRate``; also the longest silence of a server.
    public var slowWindow: Duration
    /// The same for a request with a body, whose answer may be long in coming.
    public var slowWindowWithBody: Duration
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
      self.slowWindowWithBody = .seconds(180)
      self.connectionsPerHost = 16
      self.receiveBuffer = ByteCount(128 * 1024)
      self.proxies = .environment
    }
  }
}

extension CurlTransport.Configuration {
  /// How long an exchange may stay below ``slowestRate``.
  func slowWindow(of request: HTTPRequest) -> Duration {
    request.body == nil ? slowWindow : max(slowWindow, slowWindowWithBody)
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
