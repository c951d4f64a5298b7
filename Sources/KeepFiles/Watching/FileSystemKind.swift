internal import Glibc
package import SystemPackage

/// What kind of file system a folder lies on: whether the kernel can tell of all that changes there.
package struct FileSystemKind: Sendable, Hashable {
  /// The kernel's name of it, such as `ext4`; empty where it is not known.
  package let name: String

  /// A kind by its name in the table of mounts.
  package init(name: String) { self.name = name }

  /// The kind that a folder lies on, links followed.
  package init(of folder: FilePath) {
    let device = FileStatus.of(folder).map { UInt64($0.st_dev) }
    let mount = device.flatMap { MountTable.now().mount(ofDevice: $0, at: Self.withoutLinks(folder)) }
    self.name = mount?.kind ?? ""
  }

  /// Whether others than this machine's kernel change files there, which `inotify(7)` does not see.
  package var isRemote: Bool { name.hasPrefix("fuse.") || Self.remote.contains(name) }

  // `fuseblk` is a disk of this machine, and `overlay` lies on one.
  private static let remote: Set<String> = [
    "9p", "acfs", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "drvfs", "fuse", "gfs2", "gpfs",
    "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs", "pvfs2", "smb3", "smbfs", "vboxsf",
    "virtiofs",
    "vmhgfs", "vxfs",
  ]

  /// A path without links, as mounts are told; the path itself where that cannot be had.
  static func withoutLinks(_ path: FilePath) -> FilePath {
    guard let resolved = path.withPlatformString({ realpath($0, nil) }) else { return path }
    defer { free(resolved) }
    return FilePath(platformString: resolved)
  }
}
