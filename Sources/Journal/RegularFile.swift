import Glibc

enum RegularFile {
    /// A descriptor for reading. What is not a file is refused without waiting: a FIFO of a segment's name would
    /// otherwise keep a start waiting for somebody to write into it.
    static func open(_ path: String) throws(JournalError) -> Int32 {
        let file = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            // A socket, or a device without a driver.
            throw errno == ENXIO ? .notAFile(path: path) : .cannotRead(path: path, code: errno)
        }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw .notAFile(path: path)
        }
        return file
    }
}
