import KeepFiles
public import KeepModel
public import SystemPackage

/// Where the API token comes from: the environment or a private file, never an argument.
public enum TokenSource {
  /// The token in a file that only its owner can read.
  ///
  /// - Throws: ``KeepError`` with code `token_refused` when the file is missing, not a regular file,
  ///   readable by others, empty, or holds no token.
  public static func file(_ path: FilePath) throws(KeepError) -> Secret {
    let reader = try FileReader(path, code: .tokenRefused)
    guard try reader.permissions().isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
    else {
      throw KeepError(
        .tokenRefused, .path(path), "the token file can be read by others",
        hint: "chmod 600 \(path.string)")
    }
    guard reader.size <= 8192 else {
      throw KeepError(.tokenRefused, .path(path), "holds no token: it has \(ByteCount(reader.size))")
    }
    var bytes: [UInt8] = []
    // The file that was looked at, not what may lie at its path by now.
    try reader.forEachPiece { piece in bytes += piece }
    return try checked(String(decoding: bytes, as: UTF8.self), .path(path))
  }

  /// The token in an environment variable.
  ///
  /// - Throws: ``KeepError`` with code `token_refused` when it is not set or holds no token.
  public static func environment(_ name: String, _ value: String?) throws(KeepError) -> Secret {
    guard let value else {
      throw KeepError(
        .tokenRefused, .option(name), "no token is set",
        hint: "export \(name)=… with the token from your RunComfy profile page, or use --token-file")
    }
    return try checked(value, .option(name))
  }

  /// A token is 1 to 4,096 printable ASCII characters without spaces, and without a pasted `Bearer `.
  private static func checked(
    _ text: String, _ subject: KeepError.Subject
  ) throws(KeepError) -> Secret {
    let token = text.trimming { $0 == "\n" || $0 == "\r" || $0 == "\r\n" || $0 == " " || $0 == "\t" }
    guard !token.lowercased().hasPrefix("bearer ") else {
      throw KeepError(.tokenRefused, subject, "holds \"Bearer \" in front of the token; leave that out")
    }
    guard (1...4096).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw KeepError(.tokenRefused, subject, "holds no token: printable ASCII without spaces is needed")
    }
    return Secret(token)
  }
}

extension String {
  fileprivate func trimming(_ isSpace: (Character) -> Bool) -> String {
    let front = drop(while: isSpace)
    return String(front.reversed().drop(while: isSpace).reversed())
  }
}
