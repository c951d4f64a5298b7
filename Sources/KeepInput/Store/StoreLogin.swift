internal import KeepFiles
internal import KeepModel
internal import KeepTransport
internal import SystemPackage

/// Who we are to one upload server, as its requests say it.
struct StoreLogin: Sendable {
  private let bearer: Secret?
  private let basic: Secret?
  private let headers: [PutTarget.Header]

  /// The login for a server; a netrc file is read now.
  ///
  /// - Throws: ``KeepError`` with code `usage` when a netrc file cannot be read or knows nothing of the host, or a
  ///   header says what the login says too.
  init(
    _ credentials: UploadCredentials, headers: [PutTarget.Header] = [], host: String
  ) throws(KeepError) {
    self.headers = headers
    switch credentials {
    case .none: (bearer, basic) = (nil, nil)
    case .bearer(let token): (bearer, basic) = (token, nil)
    case .basic(let user, let password): (bearer, basic) = (nil, Self.basic(user, password))
    case .netrc(let file):
      let login = try NetrcFile(file).login(for: host)
      (bearer, basic) = (nil, Self.basic(login.user, login.password))
    }
    let names = headers.map { $0.name.lowercased() }
    guard names.allSatisfy({ !Self.isOurs($0) }), Set(names).count == names.count else {
      throw KeepError(
        .usage, .option("upload.headers"),
        "a header stands there twice, or is one that is set by itself, such as If-None-Match")
    }
    guard (bearer == nil && basic == nil) || !names.contains("authorization") else {
      throw KeepError(
        .usage, .option("upload.headers"), "there are both a login and an Authorization header")
    }
  }

  private static func isOurs(_ name: String) -> Bool {
    ["if-none-match", "if-match", "range", "content-range", "content-type", "destination", "overwrite"]
      .contains(name)
  }

  private static func basic(_ user: String, _ password: Secret) -> Secret {
    Secret("Basic \(Base64.encode(Array("\(user):\(password.reveal())".utf8)))")
  }

  /// A request that says who we are.
  func request(
    _ method: HTTPRequest.Method, _ url: HTTPURL, headers more: HTTPHeaders = HTTPHeaders(),
    body: RequestBody? = nil
  ) -> HTTPRequest {
    var all = more
    if let basic { all.add("Authorization", basic.reveal()) }
    for header in headers { all.add(header.name, header.value.reveal()) }
    return HTTPRequest(method, url, headers: all, body: body, bearer: bearer)
  }
}

/// The logins of a netrc file, as curl and ftp keep them.
struct NetrcFile {
  private let path: FilePath
  private var logins: [(host: String?, user: String, password: Secret)] = []

  /// Reads a file.
  ///
  /// - Throws: ``KeepError`` with code `usage` when it cannot be read or is not one.
  init(_ path: FilePath) throws(KeepError) {
    self.path = path
    let bytes = try FileReader.bytes(of: path, limit: .mebibytes(1), code: .usage)
    var words = Self.words(String(decoding: bytes, as: UTF8.self))[...]
    var host: String?
    var (user, password): (String?, String?) = (nil, nil)
    var isOpen = false
    while let word = words.popFirst() {
      switch word {
      case "machine", "default":
        if isOpen { logins.append((host, user ?? "", Secret(password ?? ""))) }
        (user, password, isOpen) = (nil, nil, true)
        host = word == "machine" ? words.popFirst()?.lowercased() : nil
      case "login": user = words.popFirst()
      case "password": password = words.popFirst()
      case "account": _ = words.popFirst()
      default:
        throw KeepError(.usage, .path(path), "is not a netrc file", hint: "see the manual page of netrc")
      }
    }
    if isOpen { logins.append((host, user ?? "", Secret(password ?? ""))) }
  }

  /// The login for a host: the first that names it, else the default one.
  ///
  /// - Throws: ``KeepError`` with code `usage` when there is none.
  func login(for host: String) throws(KeepError) -> (user: String, password: Secret) {
    guard let login = logins.first(where: { $0.host == host }) ?? logins.first(where: { $0.host == nil })
    else { throw KeepError(.usage, .path(path), "has no login for \(host)") }
    return (login.user, login.password)
  }

  /// Words parted by blanks; a quoted one may hold blanks and `\` before a quote. Comments go to the line's end.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word: String?
    var (isQuoted, isEscaped, isComment) = (false, false, false)
    for character in text.unicodeScalars {
      let isBreak = character == "\n" || character == "\r"
      if isComment {
        isComment = !isBreak
      } else if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if isQuoted {
        if character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isQuoted = false
        } else {
          word = (word ?? "") + String(character)
        }
      } else if character == " " || character == "\t" || isBreak {
        if let done = word { words.append(done) }
        word = nil
      } else if character == "\"" && word == nil {
        (word, isQuoted) = ("", true)
      } else if character == "#" && word == nil {
        isComment = true
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return words
  }
}
