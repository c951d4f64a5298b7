import KeepFiles
import SystemPackage
import Testing

@Suite struct MountTableTests {
  private let table = MountTable(
    Array(
      #"""
      22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
      nonsense
      30 22 0:25 / /mnt/my\040share rw,nosuid shared:7 master:2 propagate_from:1 - nfs4 nas:/pictures rw
      31 22 0:60 /sub /data rw - btrfs /dev/sdb rw
      32 30 0:1048577 / /mnt/my\040share/in\134side rw - fuse.sshfs host: rw
      33 22 8:17 / /data rw - xfs /dev/sdb1 rw
      34 22 8 / /x rw - ext4
      35 22 8:1 / /x rw
      """#.utf8))

  @Test func readsWhatTheKernelWrites() {
    #expect(table.mounts.map(\.kind) == ["ext4", "nfs4", "btrfs", "fuse.sshfs", "xfs"])
    #expect(table.mounts.map(\.place) == ["/", "/mnt/my share", "/data", #"/mnt/my share/in\side"#, "/data"])
    #expect(table.mounts[3].minor == 1_048_577)
  }

  @Test func findsTheMountByItsDeviceOrElseByThePlace() {
    #expect(table.mount(ofDevice: 25, at: "/elsewhere")?.kind == "nfs4")
    #expect(table.mount(ofDevice: 8 << 8 | 17, at: "/")?.kind == "xfs")
    #expect(table.mount(ofDevice: 1 | 1_048_576 << 12, at: "/")?.kind == "fuse.sshfs")
    #expect(table.mount(ofDevice: 99, at: "/data/deep")?.kind == "xfs")
    #expect(table.mount(ofDevice: 99, at: "/database")?.kind == "ext4")
    #expect(MountTable([]).mount(ofDevice: 99, at: "/") == nil)
  }

  @Test func knowsWhereOthersChangeFiles() {
    for name in ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse", "fuse.sshfs", "ceph", "virtiofs"] {
      #expect(FileSystemKind(name: name).isRemote, "\(name)")
    }
    for name in ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", ""] {
      #expect(!FileSystemKind(name: name).isRemote, "\(name)")
    }
    #expect(FileSystemKind(of: "/proc").name == "proc")
    #expect(FileSystemKind(of: "/no such folder").name == "")
  }
}
