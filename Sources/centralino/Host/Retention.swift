import Dispatch
import EventLoop
import Store
import Time

/// Once a day, at a quiet hour, has the store forget what is too old. A gateway that was off at that hour does it after
/// its start. It runs beside the loop, in short transactions.
@LoopActor
final class Retention {
    private let store: Store
    private let rules: RetentionRules
    private let zone: TimeZoneRule
    private let queue = DispatchQueue(label: "retention", qos: .utility)
    private let wanted = Wanted()
    private lazy var timer = Timer { [unowned self] in look() }
    private var isWorking = false
    private var isStopped = false

    /// How often it is asked whether it is due: a clock may be set, and a machine sleep.
    private nonisolated static let lookMicroseconds: Int64 = 600_000_000
    /// A start has better things to do first.
    private nonisolated static let firstLookMicroseconds: Int64 = 60_000_000

    init(_ store: Store, _ rules: RetentionRules, zone: TimeZoneRule) {
        self.store = store
        self.rules = rules
        self.zone = zone
    }

    func start() { timer.start(afterMicroseconds: Self.firstLookMicroseconds) }

    /// The part that is being done is finished; the next run goes on behind it.
    func stop() {
        isStopped = true
        wanted.end()
        timer.cancel()
    }

    private func look() {
        guard !isStopped else { return }
        timer.start(afterMicroseconds: Self.lookMicroseconds)
        guard !isWorking else { return }
        isWorking = true
        let (store, rules, zone, wanted) = (store, rules, zone, wanted)
        let now = UnixTime(microseconds: EventLoop.dateMicroseconds)
        queue.async {
            do throws(StoreError) {
                let last = try store.lastRetention().map { UnixTime(microseconds: $0) }
                if now >= RetentionRules.due(after: last, zone) {
                    try Self.forget(store, rules, zone, at: now) { wanted.lasts }
                }
            } catch {
                Log.write(
                    .error, "store", "\(error) What is too old is not forgotten yet; it is tried again in ten minutes.")
            }
            EventLoop.post { [self] in isWorking = false }
        }
    }

    /// Everything that is due, with the lines that prove it.
    nonisolated static func forget(
        _ store: Store, _ rules: RetentionRules, _ zone: TimeZoneRule, at now: UnixTime,
        while isWanted: () -> Bool = { true }
    ) throws(StoreError) {
        if rules.isOnHold {
            Log.write(
                .warning, "store",
                "A legal hold ([store] hold) is configured: nothing is forgotten or deleted. Remove it when its reason has gone."
            )
        } else {
            let records = rules.recordsBefore(at: now, zone)
            let count = try store.forgetPersons(
                before: records.microseconds, at: now.microseconds, isWanted: isWanted)
            if count > 0 {
                Log.write(
                    .info, "store",
                    "\(count) contact records from before \(zone.label(records)) have no number, no name and no party any more ([store] keep_records_months = \(rules.recordsMonths))."
                )
            }
            let intervals = rules.intervalsBefore(at: now, zone)
            let rows = try store.forgetIntervals(
                before: intervals.microseconds, at: now.microseconds, isWanted: isWanted)
            if rows > 0 {
                Log.write(
                    .info, "store",
                    "\(rows) rows of quarter-hours from before \(zone.label(intervals)) were deleted ([store] keep_intervals_months = \(rules.intervalsMonths))."
                )
            }
            if isWanted() { try store.forgetErasures(at: now.microseconds) }
        }
        if isWanted() { try store.noteRetention(at: now.microseconds) }
    }
}
