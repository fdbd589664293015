import Glibc

/// What the kernel reports about this process.
enum ProcessFigures {
    /// Memory in use now, in bytes.
    static var residentBytes: Int? {
        // Size and resident pages, separated by blanks.
        guard let words = firstLine(of: "/proc/self/statm")?.split(separator: " "), words.count > 1,
            let pages = Int(words[1])
        else {
            return nil
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The most memory in use since the program began, in bytes. `getrusage` would include what its parent used.
    static var peakBytes: Int? {
        guard let status = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(status) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), status) != nil {
            // “VmHWM:     24836 kB”
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("VmHWM:") else { continue }
            return text.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
                .flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }

    /// From now on, ``peakBytes`` counts only from this moment.
    static func forgetPeak() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        // “5”: proc(5).
        fputs("5", file)
        fclose(file)
    }

    static var openDescriptors: Int? {
        // Since Linux 6.2 the folder's size is their number. To list ten thousand takes milliseconds, and the report
        // asks once a second.
        var status = stat()
        if stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return Int(status.st_size) }
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // “.”, “..”, and the one that reads them.
        return max(0, count - 3)
    }

    /// How many descriptors may be open.
    static var descriptorLimit: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_cur)
    }

    /// Lets as many descriptors be open as the hard limit allows, up to what this program can use; returns how many.
    /// The soft limit is kept low for programs that cannot handle a number above 1023 (systemd: “File Descriptor
    /// Limits”); ours can.
    static func raiseDescriptorLimit(to most: Int = 65_536) -> Int? {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return nil }
        let wanted = min(limit.rlim_max, rlim_t(most))
        if limit.rlim_cur < wanted {
            limit.rlim_cur = wanted
            _ = setrlimit(resource, &limit)
        }
        return descriptorLimit
    }

    /// Processor time of all threads, user and system.
    static var cpuSeconds: Double? {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func firstLine(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
