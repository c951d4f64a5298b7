import KeepFiles
import SystemPackage
import Testing

@Suite struct TemporaryNameTests {
  @Test(arguments: [
    ".hidden.png", ".\u{301}a.png", "._photo.png", ".DS_Store", ".nfs000000000123", ".fuse_hidden00000a",
    ".dropbox", ".dropbox.cache", ".~photo.png", ".~lock.photo.png#", ".syncthing.photo.png.tmp",
    ".photo.png.AbC123", ".~tmp~", ".rsync-partial", ".photo.png.swp", ".goutputstream-AB12CD", ".@__thumb",
    "photo.png~", "~", "~$photo.docx", "~syncthing~photo.png.tmp", "~syncthing~photo.png",
    "photo.png.part", "PHOTO.PNG.PART", "photo.png.partial", "photo.png.filepart", "photo.PNG.CrDownload",
    "Unconfirmed 12345.crdownload", "photo.png.download", "photo.png.opdownload", "photo.png.crswap",
    "photo.png.tmp", "photo.png.temp", "clip.mp4.!ut", "clip.mp4.!qB", "clip.mp4.aria2", "clip.mp4.ytdl",
    "photo.png.ocTransferId1234567.part", "#photo.png#", "##", "#1180842", "photo.png.sb-1a2b3c4d-AbCdE9",
    "Thumbs.db", "THUMBS.DB", "ehthumbs.db", "desktop.ini", "Desktop.ini", "Icon\r", "$RECYCLE.BIN",
    "System Volume Information", "@eaDir", "#recycle", "#snapshot", "lost+found",
  ])
  func isUnfinishedOrNoPersonsFile(_ name: String) throws {
    let component = try #require(FilePath.Component(name))
    #expect(TemporaryName.isTemporary(component))
    #expect(FolderListing.isPassedOver(component))
  }

  @Test(arguments: [
    "photo.png", "part", "tmp", "a.part.png", "party", "photo.parts", "photo~1.png", "~photo.png",
    "$photo.png",
    "photo.sync-conflict-20260101-120000-ABCDEFG.png", "photo (conflicted copy 2026-01-01).png",
    "photo_conflict-20260101-120000.png", "#1 photo.png", "#", "#photo.png", "12345", "photo#",
    "photo.png.sb-1a2b3c4d-AbCd", "photo.png.sb-1g2b3c4d-AbCdEf", "photo.sb-1a2b3c4d-AbCdEf.png", "Icon",
    "icon.png",
    "Thumbs.db.png", "@eaDir.png", "recycle", "download", "photo.downloads", "ä.png", "é~a", "写真.png",
    "new\nline.png", "photo.tmp ",
  ])
  func isAPersonsFile(_ name: String) throws {
    let component = try #require(FilePath.Component(name))
    #expect(!TemporaryName.isTemporary(component))
    #expect(!FolderListing.isPassedOver(component))
  }

  @Test func namesAreBytes() throws {
    // Neither begins with a letter.
    let part = try #require(FilePath.Component(platformString: [-1] + ".part".utf8CString))
    let plain = try #require(FilePath.Component(platformString: [-2] + ".png".utf8CString))
    #expect(TemporaryName.isTemporary(part))
    #expect(!TemporaryName.isTemporary(plain))
    // The sign for kelvin is no k, though some lower case of it is.
    let kelvin = try #require(FilePath.Component("$recycle.bin".replacing("c", with: "\u{212A}")))
    #expect(!TemporaryName.isTemporary(kelvin))
  }
}
