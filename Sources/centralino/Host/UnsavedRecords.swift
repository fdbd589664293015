import Time

/// What the store had not taken when the program ended, and what is reported about it. The report must not claim too
/// much, because somebody decides by it whether to look elsewhere for a night's records.
struct UnsavedRecords: Equatable {
    /// What the next start can find again.
    enum Evidence: Equatable {
        case noJournal
        /// Every input of this run is in the journal, or in one of its checkpoints.
        case whole
        /// Some inputs are in neither; the first of them came at this time.
        case lacking(since: UnixTime)
        /// Files of the journal were deleted, moved or replaced, and not by the gateway.
        case filesGone
    }

    var records: Int
    /// Rows of gaps and quarter-hours.
    var rows: Int
    var evidence: Evidence

    var text: String {
        let more = rows > 0 ? " and \(rows) rows of gaps and quarter-hours" : ""
        let subject = "\(records) contact records\(more) could not be stored"
        switch evidence {
        case .noJournal: return "\(subject) and are lost."
        case .whole: return "\(subject); the next start finds them in the journal."
        case .lacking(let since):
            return
                "\(subject). The journal lacks entries since \(since): records of calls that were open then or came later may be lost; the next start finds the others in the journal."
        case .filesGone:
            return
                "\(subject), and may be lost: files of the journal were deleted, moved or replaced. Put them back before the next start, which finds in the journal what is there then."
        }
    }
}
