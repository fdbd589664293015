import Dispatch
import Edges
import EventLoop
import Glibc

/// How much room is left where the store and the journal are kept. Asked off the loop, because a file system of a
/// network may hang.
@LoopActor
final class DiskSpace {
    private let places: [(holds: String, path: String)]
    private let asking = DispatchQueue(label: "disk space", qos: .utility)
    private var nextMicroseconds: Int64 = 0
    private var isAsking = false
    /// As of the last answer; empty before the first.
    private(set) var measured: [HostReport.Disk] = []

    /// `places`: any file or folder on each disk, by what it holds.
    init(_ places: [(holds: String, path: String)]) { self.places = places }

    /// Asks again where the last answer is old; the answer comes later.
    func measure(at uptimeMicroseconds: Int64) {
        guard uptimeMicroseconds >= nextMicroseconds, !isAsking else { return }
        isAsking = true
        nextMicroseconds = uptimeMicroseconds + ProgramLimits.diskSpaceMicroseconds
        asking.async { [places] in
            let disks = places.compactMap { place in
                Self.freeBytes(place.path).map { HostReport.Disk(holds: place.holds, freeBytes: $0) }
            }
            EventLoop.post { [weak self] in
                self?.isAsking = false
                self?.measured = disks
            }
        }
    }

    /// What an ordinary user may still write; nil where nobody can say.
    nonisolated static func freeBytes(_ path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, isOverflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isOverflow ? nil : Int(clamping: bytes)
    }
}
