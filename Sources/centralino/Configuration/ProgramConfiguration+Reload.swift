/// What of a configuration that was read again only a start takes over, beside what the gateway itself says
/// (`Configuration.reloaded(from:)`): places, and what is connected to other systems.
extension ProgramConfiguration {
    /// The names of tables and keys that differ in `new`, and wait.
    func waiting(for new: ProgramConfiguration) -> [String] {
        var waiting: [String] = []
        if storePath != new.storePath { waiting.append("[store] path") }
        if retention != new.retention { waiting.append("[store] keep_records_months, keep_intervals_months, hold") }
        if auditMonths != new.auditMonths { waiting.append("[audit]") }
        if certificates != new.certificates { waiting.append("certificate_file, key_file (another path)") }
        if journalDirectory != new.journalDirectory { waiting.append("[journal] directory") }
        if journal != new.journal { waiting.append("[journal]") }
        if internalPlan != new.internalPlan || trunkRule != new.trunkRule { waiting.append("[numbers]") }
        // Their names are the gateway's.
        if deliveries != new.deliveries, deliveries.map(\.name) == new.deliveries.map(\.name) {
            waiting.append("[[deliveries]]")
        }
        return waiting
    }
}
