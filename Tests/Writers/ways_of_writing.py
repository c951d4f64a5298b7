"""How the bytes of a file come: slowly, under another name, from elsewhere, over what is there, through memory."""

import contextlib
import ctypes
import mmap
import os
import shutil
import subprocess

from writer import PNG_HEAD, PNG_TAIL, chunk, way


# Slowly

@way
def slow_chunks(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "must", path)
    with open(path, "wb", buffering=0) as file:
        for piece in w.pieces(data):
            file.write(piece)
            w.pause(0.05, 0.6)


@way
def a_pause_longer_than_the_settle_time(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "must", path)
    first, second = w.pieces(data, 2)
    with open(path, "wb", buffering=0) as file:
        file.write(first)
        w.pause(1.5, 2.5)
        file.write(second)


@way
def closed_and_gone_on_with_later(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "must", path)
    for piece in w.pieces(data, 3):
        w.put(path, piece, "ab")
        w.pause(1.2, 1.8)


@way
def appended_at_once(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "must", path)
    for piece in w.pieces(data, 4):
        w.put(path, piece, "ab")


@way
def empty_then_filled(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "must", path)
    w.put(path, b"")
    w.pause(1.2, 2)
    w.put(path, data)


@way
def out_of_order_into_a_file_of_full_length(w):
    data = w.image(40_000, "png")
    path = w.path(data)
    w.note(data, "must", path)
    with open(path, "wb", buffering=0) as file:
        file.truncate(len(data))
        for at in (len(data) - 2_000, 0, 20_000):
            file.seek(at)
            file.write(data[at:at + 20_000])
            w.pause(1.1, 1.4)


@way
def limited_curl(w):
    data = w.image(150_000)
    source, path = os.path.join(w.outside, w.fresh()), w.path(data)
    w.note(data, "must", path)
    w.put(source, data)
    subprocess.run(["curl", "-s", "--limit-rate", "150k", "-o", path, b"file://" + source], check=True)


# Under another name first

@way
def renamed_from_a_hidden_name(w):
    data = w.image()
    path = w.path(data)
    folder, name = os.path.split(path)
    w.note(data, "must", path)
    for piece in w.pieces(data):
        w.put(os.path.join(folder, b"." + name), piece, "ab")
        w.pause(0, 0.3)
    os.rename(os.path.join(folder, b"." + name), path)


@way
def renamed_from_a_temporary_name(w):
    data = w.image()
    path = w.path(data)
    temporary = path + w.random.choice((b".part", b".crdownload", b".tmp", b"~"))
    w.note(data, "must", path)
    w.put(temporary, data)
    w.pause(1.2, 2)
    os.rename(temporary, path)


@way
def as_rsync_does(w):
    data = w.image()
    source, path = os.path.join(w.outside, w.fresh()), w.path(data)
    folder, name = os.path.split(path)
    w.note(data, "must", path)
    if shutil.which("rsync"):
        w.put(source, data)
        subprocess.run(["rsync", "-a", "--bwlimit=500", source, path], check=True)
        return
    temporary = os.path.join(folder, b".%s.%06x" % (name, w.random.getrandbits(24)))
    for piece in w.pieces(data):
        w.put(temporary, piece, "ab")
        w.pause(0, 0.3)
    os.utime(temporary, (1_600_000_000, 1_600_000_000))
    os.rename(temporary, path)


@way
def as_syncthing_and_dropbox_do(w):
    for form in (b".syncthing.%s.tmp", b"~syncthing~%s.tmp", b".~%s"):
        data = w.image()
        path = w.path(data)
        folder, name = os.path.split(path)
        w.note(data, "must", path)
        temporary = os.path.join(folder, form % name)
        w.put(temporary, data)
        w.pause(0.5, 1.2)
        os.rename(temporary, path)


@way
def without_a_name_then_linked(w):
    data = w.image()
    path = w.path(data)
    w.note(data, "must", path)
    try:
        file = os.open(os.path.dirname(path), os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError:
        return w.put(path, data)
    os.write(file, data)
    # With a folder's descriptor Python calls linkat, which alone can follow this link.
    place = os.open("/proc/self/fd", os.O_RDONLY)
    os.link(b"%d" % file, path, src_dir_fd=place, follow_symlinks=True)
    os.close(place)
    os.close(file)


# From elsewhere

@way
def moved_in(w):
    data = w.image()
    source, path = os.path.join(w.outside, w.fresh()), w.path(data)
    w.note(data, "must", path)
    w.put(source, data)
    w.move(source, path)


@way
def moved_in_from_another_file_system(w):
    data = w.image()
    source, path = os.path.join(os.fsencode(w.options.elsewhere), w.fresh()), w.path(data)
    w.note(data, "must", path)
    w.put(source, data)
    os.utime(source, (1_500_000_000, 1_500_000_000))
    w.move(source, path)


@way
def copied_with_its_time(w):
    data = w.image()
    source, path = os.path.join(w.outside, w.fresh()), w.path(data)
    w.note(data, "must", path)
    w.put(source, data)
    os.utime(source, (1_400_000_000, 1_400_000_000))
    subprocess.run(["cp", "-p", source, path], check=True)


@way
def copied_with_holes(w):
    data = PNG_HEAD + chunk(b"fiLl", w.random.randbytes(16) + bytes(2_000_000)) + PNG_TAIL
    source, path = os.path.join(w.outside, w.fresh()), w.path(data)
    w.note(data, "must", path)
    w.put(source, data)
    subprocess.run(["cp", "--sparse=always", source, path], check=True)


@way
def unpacked(w):
    folder = w.folder()
    names = []
    for _ in range(3):
        data = w.image()
        names.append(w.fresh(b"packed") + w.extension(data))
        w.note(data, "must", os.path.join(folder, names[-1]))
        w.put(os.path.join(w.outside, names[-1]), data)
        os.utime(os.path.join(w.outside, names[-1]), (1_300_000_000, 1_300_000_000))
    tar = os.path.join(w.outside, b"tar")
    subprocess.run(["tar", "cf", tar, "-C", w.outside, *names], check=True)
    subprocess.run(["tar", "xf", tar, "-C", folder], check=True)


@way
def moved_between_folders(w):
    data = w.image()
    first, second = w.path(data, w.folder(w.roots[0])), w.path(data, w.folder(w.roots[-1]))
    w.note(data, "must", second)
    w.put(first, data)
    w.pause(0, 1.5)
    with contextlib.suppress(FileNotFoundError):
        w.move(first, second)


@way
def a_link_to_a_file_elsewhere(w):
    data = w.image()
    path = w.path(data)
    source = os.path.join(w.outside, w.fresh())
    with contextlib.suppress(OSError):  # where the folder is on another file system
        w.put(source, data)
        os.link(source, path)
        w.note(data, "must", path)


@way
def a_link_to_a_file_of_the_folder(w):
    data = w.image()
    first, second = w.path(data), None
    w.note(data, "must", first)
    w.put(first, data)
    second = w.path(data, os.path.dirname(first))
    w.pause(0, 1.5)
    with contextlib.suppress(FileNotFoundError):
        os.link(first, second)


# Over what is there

@way
def rewritten_at_once(w):
    first, second = w.image(), w.image()
    path = w.path(second)
    w.note(second, "must", path)
    with w.whole(first, path):
        w.put(path, first)
        w.pause(0, 0.3)
        file = open(path, "wb", buffering=0)
    for piece in w.pieces(second, 3):
        file.write(piece)
        w.pause(0, 0.3)
    file.close()


@way
def rewritten_later(w):
    first, second = w.image(), w.image()
    path = w.path(second)
    w.note(first, "may", path)
    w.note(second, "must", path)
    w.put(path, first)
    w.pause(1.5, 4)
    with open(path, "wb", buffering=0) as file:
        for piece in w.pieces(second, 3):
            file.write(piece)
            w.pause(0, 0.3)


@way
def copied_over(w):
    first, second = w.image(), w.image()
    source, path = os.path.join(w.outside, w.fresh()), w.path(second)
    w.put(source, second)
    w.note(first, "may", path)
    w.note(second, "must", path)
    w.put(path, first)
    w.pause(1, 4)
    subprocess.run(["cp", source, path], check=True)


@way
def renamed_over(w):
    first, second = w.image(), w.image()
    path = w.path(second)
    folder, name = os.path.split(path)
    w.note(first, "may", path)
    w.note(second, "must", path)
    w.put(path, first)
    w.pause(0.5, 4)
    w.put(os.path.join(folder, b".new-" + name), second)
    os.rename(os.path.join(folder, b".new-" + name), path)


@way
def bytes_of_the_same_number_in_place(w):
    first = w.image(3_000, "png")
    second = w.edited(first)
    path = w.path(second)
    w.note(second, "must", path)
    with w.whole(first, path):
        w.put(path, first)
        file = w.reopen(path, first)
        file.write(second)
    file.close()


@way
def edited_later_with_its_time_put_back(w):
    first = w.image(3_000, "png")
    second = w.edited(first)
    path = w.path(second)
    w.note(first, "may", path)
    w.note(second, "must", path)
    with open(path, "wb") as file:
        file.write(first)
        file.flush()
        before = os.fstat(file.fileno())
    w.pause(1.5, 4)
    with w.reopen(path, first) as file:
        file.write(second)
        os.utime(file.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))


@way
def appended_to_what_was_whole(w):
    first = w.image()
    second = first + w.random.randbytes(50)
    path = w.path(second)
    w.note(second, "must", path)
    with w.whole(first, path):
        w.put(path, first)
        w.pause(0, 0.2)
        file = w.reopen(path, first)
        file.seek(len(first))
        file.write(second[len(first):])
    file.close()


@way
def two_files_that_change_places(w):
    folder = w.folder()
    first, second = w.image(kind="png"), w.image(kind="png")
    paths = [w.path(first, folder), w.path(second, folder)]
    for data, path in zip((first, second), paths):
        w.note(data, "must", path)
        w.put(path, data)
    w.pause(0, 1.5)
    between = os.path.join(folder, b".between-" + w.fresh())
    for source, target in ((paths[0], between), (paths[1], paths[0]), (between, paths[1])):
        with contextlib.suppress(FileNotFoundError):
            os.rename(source, target)


@way
def a_folder_in_the_place_of_a_file(w):
    first, second = w.image(), w.image()
    path = w.path(first)
    with w.whole(first, path):
        w.put(path, first)
        w.remove(path)
    os.mkdir(path)
    inner = w.path(second, path)
    w.note(second, "must", inner)
    w.put(inner, second)


# By memory

@way
def through_a_mapping(w):
    data = w.image(40_000, "png")
    path = w.path(data)
    w.note(data, "must", path)
    with open(path, "w+b") as file:
        file.truncate(len(data))
        with mmap.mmap(file.fileno(), len(data)) as memory:
            for at in range(0, len(data), 16_384):
                memory[at:at + 16_384] = data[at:at + 16_384]
                memory.flush()
                w.pause(0.5, 1.3)


@way
def through_a_mapping_of_a_closed_file(w):
    data = w.image(40_000, "png")
    path = w.path(data)
    w.note(data, "must", path)
    # Python's own mappings keep a descriptor, as few programs do.
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    with open(path, "w+b") as file:
        file.truncate(len(data))
        start = library.mmap(None, len(data), mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, file.fileno(), 0)
    for at in range(0, len(data), 16_384):
        piece = data[at:at + 16_384]
        ctypes.memmove(start + at, piece, len(piece))
        w.pause(0.5, 1.3)
    library.munmap(ctypes.c_void_p(start), ctypes.c_size_t(len(data)))
