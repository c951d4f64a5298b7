"""What files are called and where they lie: copies, odd names, folders that move, and what must not be taken."""

import contextlib
import os
import shutil
import socket

from writer import way


# The same bytes

@way
def copies_at_once(w):
    data = w.image()
    for _ in range(3):
        path = w.path(data)
        w.put(path, data)
    w.note(data, "must", path)


@way
def a_copy_later(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "must", path)
    w.put(path, data)
    w.pause(2, 4)
    w.put(w.path(data), data)


@way
def renamed_and_touched(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "must", path)
    w.put(path, data)
    for _ in range(3):
        w.pause(0.3, 1.5)
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)
            os.rename(path, path := w.path(data, os.path.dirname(path)))
            os.chmod(path, 0o640)


# Names

NAMES = [
    "caf\u00e9", "cafe\u0301", "\U0001f60a\U0001f3f3\ufe0f\u200d\U0001f308", "\u0645\u0631\u062d\u0628\u0627 \u202egnp", "\u4f60\u597d",
    "\u200b", "line\nbreak", "tab\tand\\slash", "'single' \"double\" `back`", "$(touch never); rm -rf *", "-rf", "--set",
    "100% #1?&=+", "[a-z]*?", "{sha256}", " leading and trailing ", "two..dots", "a" * 180, "\u4e16" * 60, "\x01\x7f\x1b[31mred",
    "con", "name: value",
]


@way
def names_of_all_kinds(w):
    folder = w.folder()
    for name in w.random.sample(NAMES, 4):
        data = w.image()
        path = os.path.join(folder, name.encode() + b" " + w.fresh(b"n") + w.extension(data))
        w.note(data, "must", path)
        w.put(path, data)


@way
def names_that_begin_so(w):
    folder = os.path.join(w.folder(), w.random.choice((b"-r", b"a\nb", b"\xff\xfe", "\u00e9t\u00e9".encode(), b"$HOME")))
    os.makedirs(folder, exist_ok=True)
    for name in (b"-x", b"--", b"\\", b"%s"):
        data = w.image()
        path = os.path.join(folder, name + w.fresh(b"") + w.extension(data))
        w.note(data, "must", path)
        w.put(path, data)


@way
def names_that_are_no_text(w):
    for name in (b"caf\xe9 \xff", b"\xc3\x28", b"\xed\xa0\x80"):
        data = w.image()
        path = os.path.join(w.folder(), name + w.fresh(b"-") + w.extension(data))
        w.note(data, "must", path)
        w.put(path, data)


@way
def the_longest_name(w):
    data = w.image()
    path = w.path(data)
    folder, name = os.path.split(path)
    path = os.path.join(folder, b"x" * (255 - len(name)) + name)
    w.note(data, "must", path)
    w.put(path, data)


# Folders

@way
def new_folders_with_their_files_at_once(w):
    folder = os.path.join(w.folder(), w.fresh(b"new"), b"b", b"c", b"d")
    os.makedirs(folder)
    for place in (folder, os.path.dirname(folder), folder):
        data = w.image()
        path = w.path(data, place)
        w.note(data, "must", path)
        w.put(path, data)


@way
def a_tree_that_is_moved_in(w):
    tree = os.path.join(w.outside, w.fresh(b"tree"))
    target = os.path.join(w.folder(), os.path.basename(tree))
    for below in (b"", b"x", b"x/y"):
        os.makedirs(os.path.join(tree, below), exist_ok=True)
        data = w.image()
        path = w.path(data, os.path.join(tree, below))
        w.note(data, "must", path.replace(tree, target))
        w.put(path, data)
    w.move(tree, target)


@way
def a_folder_that_is_renamed_while_it_is_filled(w):
    folder = os.path.join(w.folder(), w.fresh(b"before"))
    os.makedirs(os.path.join(folder, b"sub"))
    for step in range(3):
        data, other = w.image(), w.image()
        file = open(w.path(data, os.path.join(folder, b"sub")), "wb", buffering=0)
        first, second = w.pieces(data, 2)
        file.write(first)
        path = w.path(other, folder)
        w.note(other, "must", path)
        w.put(path, other)
        w.pause(0, 0.8)
        target = os.path.join(os.path.dirname(folder), w.fresh(b"after"))
        os.rename(folder, target)
        folder = target
        file.write(second)
        file.close()
        w.note(data, "must", folder)
        os.makedirs(os.path.join(folder, b"sub"), exist_ok=True)


@way
def a_folder_that_is_moved_out_and_in_again(w):
    folder, away = os.path.join(w.folder(), w.fresh(b"roving")), os.path.join(w.outside, w.fresh(b"away"))
    os.makedirs(folder)
    for place in (folder, away):
        data = w.image()
        path = w.path(data, place)
        w.note(data, "must", path)
        w.put(path, data)
        w.pause(0, 1)
        if place == folder:
            w.move(folder, away)
    w.move(away, folder)


@way
def folders_that_come_and_go(w):
    place = w.folder()
    for _ in range(20):
        folder = os.path.join(place, w.fresh(b"fleeting"))
        os.makedirs(os.path.join(folder, b"x"))
        w.made -= 1
        shutil.rmtree(folder)
    os.makedirs(os.path.join(folder, b"x"))
    data = w.image()
    path = w.path(data, os.path.join(folder, b"x"))
    w.note(data, "must", path)
    w.put(path, data)


@way
def many_at_once(w):
    folder = w.folder()
    for _ in range(8):
        data = w.image(200)
        path = w.path(data, folder)
        w.note(data, "must", path)
        w.put(path, data)


# What must not be taken

@way
def removed_at_once(w):
    data = w.image()
    path = w.path(data)
    with w.whole(data, path):
        w.put(path, data)
        w.pause(0, 0.3)
        w.remove(path)


@way
def removed_later(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "may", path)
    w.put(path, data)
    w.pause(1, 3)
    w.remove(path)


@way
def hidden_for_good(w):
    folder = os.path.join(w.folder(), b".thumbnails")
    os.makedirs(folder, exist_ok=True)
    for place in (folder, os.path.dirname(folder)):
        data = w.image()
        path = w.path(data, place, b".hidden" if place != folder else b"thumbnail")
        w.note(data, "never", path, stays=True)
        w.put(path, data)


@way
def temporary_for_good(w):
    for name in (b"%s.part", b"%s.crdownload", b"%s.tmp", b"%s~", b".%s.aB3xY9", b"~syncthing~%s.tmp"):
        data = w.image()
        folder, name = os.path.split(os.path.join(w.folder(), name % (w.fresh() + w.extension(data))))
        path = os.path.join(folder, name)
        w.note(data, "never", path, stays=True)
        w.put(path, data)


@way
def unfinished_for_good(w):
    for data in (w.image(3_000, "png"), w.image(3_000, "jpg"), w.image(3_000, "gif")):
        half = data[:-w.random.randint(2, 1_500)]
        path = w.path(data)
        w.note(half, "never", path, stays=True)
        w.put(path, half)


@way
def no_files_at_all(w):
    folder, name = w.folder(), w.fresh(b"odd")
    for ending, make in ((b".fifo.png", os.mkfifo), (b".folder.png", os.mkdir)):
        make(os.path.join(folder, name + ending))
    with contextlib.suppress(OSError):  # the path may be too long for one
        socket.socket(socket.AF_UNIX).bind(os.path.join(folder, name + b".socket.png"))
    os.symlink(b"/nowhere", os.path.join(folder, name + b".dangling.png"))
    os.symlink(b"..", os.path.join(folder, name + b".loop"))


@way
def symbolic_links(w):
    data, other = w.image(), w.image()
    place = os.path.join(w.outside, w.fresh(b"linked"))
    os.mkdir(place)
    folder = w.folder()
    for content, name in ((data, b"one.png"), (other, b"two.png")):
        w.put(os.path.join(place, name), content)
        w.note(content, "never", os.path.join(place, name))
    os.symlink(os.path.join(place, b"one.png"), os.path.join(folder, w.fresh(b"link") + b".png"))
    os.symlink(place, os.path.join(folder, w.fresh(b"link")))
