import Foundation
import KeepTestKit
import SystemPackage
import Testing

extension SamplePhotos {
  /// A folder with one photo that takes far more than the sockets between two processes take in.
  static func large() throws -> TemporaryFolder {
    let folder = try folder(1)
    let script = """
      import os, struct, sys, zlib
      path = sys.argv[1]
      photo = open(path, "rb").read()
      filler = b"fiLl" + os.urandom(12 << 20)
      chunk = struct.pack(">I", len(filler) - 4) + filler + struct.pack(">I", zlib.crc32(filler))
      open(path, "wb").write(photo[:33] + chunk + photo[33:])
      """
    let made = try Judges.run("/usr/bin/python3", ["-c", script, folder("photo-00.png").string])
    try #require(made.status == 0, "\(made.output)")
    return folder
  }
}

extension TemporaryFolder {
  /// The states of the submissions in the archive that is here.
  var states: [String] {
    get throws {
      try Program().run("list", "--json", "--archive", path.string).objects
        .filter { $0["type"] as? String == "run" }.compactMap { $0["state"] as? String }
    }
  }

  /// The key of the one submission in the archive that is here.
  var key: String {
    get throws {
      let list = try Program().run("list", "--json", "--archive", path.string).objects
      return try #require(list.compactMap { $0["submission_key"] as? String }.first)
    }
  }
}
