/// How much strangers may cost the dashboard, and how often it looks.
struct DashboardLimits: Sendable {
  /// How many connections may be open. One more, and the one that has been reading for longest is closed.
  var connections = 64
  /// How many pages may be told live.
  var streams = 32
  /// How long a request may take to arrive.
  var reading: Duration = .seconds(10)
  /// How long an answer may take, and how long a browser may leave unread what it is told.
  var writing: Duration = .seconds(30)
  /// How large a body may be, in bytes.
  var body = 4096
  /// How many bytes all header lines may have together.
  var head = 16_384
  /// How often the state is asked for while somebody looks.
  var tick: Duration = .seconds(1)
  /// After how many quiet ticks a page is told that we are there.
  var beat = 15
}
